//! Texts that are as bad as can be, each at three lengths: a byte costs the same at all of them.

mod common;

use common::{pathological, worst_texts};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use hackles::{Analyzer, Chunk, Options};

fn benches(c: &mut Criterion) {
    let (analyzer, pathological) = (Analyzer::builtin(), pathological());
    let mut group = c.benchmark_group("worst");
    group.sample_size(10);
    for bytes in [8, 16, 32].map(|kilobytes| kilobytes * 1024) {
        for (name, text) in worst_texts(bytes) {
            let analyzer = match name {
                "pathological phrases" => &pathological,
                _ => &analyzer,
            };
            let found = analyzer.probe().count(None, &text);
            let silent = matches!(name, "one long word" | "nothing but fillers");
            assert!(silent || found > bytes / 100, "{name}: {found} phrases");
            group.throughput(Throughput::Bytes(text.len() as u64));
            group.bench_function(BenchmarkId::new(name, bytes), |b| {
                b.iter(|| {
                    let mut session = analyzer.session(Options::default());
                    session.push(&Chunk::whole("u", "agent", &text), &mut Vec::new());
                });
            });
        }
    }
    group.finish();
}

criterion_group!(worst, benches);
criterion_main!(worst);
