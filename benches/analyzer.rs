//! What stands before the first chunk: files to a lexicon, a lexicon to an analyzer.

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use hackles::{Analyzer, Lexicon};

fn benches(c: &mut Criterion) {
    let lexicon = Lexicon::builtin();
    let size = Analyzer::builtin().size();
    assert!(
        lexicon.entries() > 1000 && size.phrases == lexicon.phrases(),
        "{size:?}"
    );
    println!("{size:?}");

    let mut group = c.benchmark_group("analyzer");
    group.sample_size(10);
    group.bench_function("read the built-in files", |b| {
        b.iter(|| Lexicon::builtin().entries())
    });
    group.bench_function("compile", |b| {
        b.iter_batched(
            || lexicon.clone(),
            |lexicon| Analyzer::new(lexicon).expect("compiles"),
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

criterion_group!(analyzer, benches);
criterion_main!(analyzer);
