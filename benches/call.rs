//! Finished calls: one with all its evidence, its report as JSON, and an archive by threads.

mod common;

use common::calls;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use hackles::{Analyzer, CallReport, Transcript, batch};
use rayon::ThreadPoolBuilder;

fn benches(c: &mut Criterion) {
    let analyzer = Analyzer::builtin();
    let archive = calls();
    let calls: Vec<Transcript> = archive.iter().take(24).cloned().collect();
    let reports: Vec<CallReport> = calls.iter().map(|call| analyzer.score(call)).collect();
    let count = |r: &CallReport| r.call.signals.values().map(|s| s.count as usize).sum::<usize>();
    let fired: usize = reports.iter().map(count).sum();
    assert!(fired > 100, "{fired} signals fire in {} calls", calls.len());

    let mut group = c.benchmark_group("call");
    group.throughput(Throughput::Elements(calls.len() as u64));
    group.bench_function("scored with all evidence", |b| {
        b.iter(|| calls.iter().map(|c| analyzer.score(c).call.turns).sum::<u32>());
    });
    group.bench_function("report as JSON", |b| {
        let json = |r| serde_json::to_string(r).expect("plain").len();
        b.iter(|| reports.iter().map(json).sum::<usize>());
    });
    group.finish();

    let mut group = c.benchmark_group("archive");
    group.sample_size(10);
    group.throughput(Throughput::Elements(archive.len() as u64));
    let most = std::thread::available_parallelism().map_or(1, usize::from);
    let alone: Vec<CallReport> = archive.iter().map(|call| analyzer.score(call)).collect();
    for threads in [1, 2, 4, 8, 16].into_iter().filter(|&n| n <= most) {
        let pool = ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .expect("threads");
        assert_eq!(pool.install(|| batch::score(&analyzer, &archive)), alone);
        group.bench_function(format!("{threads} threads"), |b| {
            b.iter(|| pool.install(|| batch::score(&analyzer, &archive).len()));
        });
    }
    group.finish();
}

criterion_group!(call, benches);
criterion_main!(call);
