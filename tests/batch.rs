//! Calls scored in parallel give the reports of calls scored one by one, in their order, for any number of threads.
#![cfg(feature = "rayon")]

mod common;

use common::*;
use hackles::batch;

#[test]
fn threads_do_not_show() {
    let analyzer = analyzer(&[&signal(
        "anger",
        "customer",
        "(ridiculous|furious|angry)",
        3.0,
        "",
    )]);
    let words = [
        "i am",
        "so",
        "angry",
        "calm",
        "furious",
        "ok",
        "you know",
        "ridiculous.",
    ];
    let mut random = Random::new(7);
    let mut one = || {
        (0..random.below(12))
            .map(|_| words[random.below(words.len())])
            .collect::<Vec<_>>()
            .join(" ")
    };
    let calls: Vec<_> = (0..200)
        .map(|_| call(&[&format!("customer: {}", one()), &format!("agent: {}", one())]))
        .collect();
    let serial: Vec<_> = calls.iter().map(|c| analyzer.score(c)).collect();
    for threads in [1, 2, 7] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .expect("threads");
        assert_eq!(
            pool.install(|| batch::score(&analyzer, &calls)),
            serial,
            "{threads} threads"
        );
    }
}
