//! A hundred seeds of the simulator, in parts that run at the same time; and the proof that a seed is a run.

use chinwag::sim::machines::Shipped;
use chinwag::sim::run_seed;
use chinwag::sim::trace::Trace;

fn seeds_keep_every_promise(seeds: std::ops::Range<u64>) {
    let mut broken = Vec::new();
    for seed in seeds {
        let outcome = run_seed(seed, &Shipped, Trace::default());
        for finding in outcome.findings {
            broken.push(format!("{finding}; see: chinwag sim --seed {seed} --trace"));
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn seeds_0_to_24() {
    seeds_keep_every_promise(0..25);
}

#[test]
fn seeds_25_to_49() {
    seeds_keep_every_promise(25..50);
}

#[test]
fn seeds_50_to_74() {
    seeds_keep_every_promise(50..75);
}

#[test]
fn seeds_75_to_99() {
    seeds_keep_every_promise(75..100);
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    let [once, again, another] = [5, 5, 6].map(|seed| run_seed(seed, &Shipped, Trace::default()));
    assert_eq!((once.hash, once.datagrams), (again.hash, again.datagrams));
    assert_ne!(once.hash, another.hash);
}

#[test]
fn a_trace_that_is_read_has_the_hash_of_one_that_is_not() {
    let mut lines = 0;
    let read = run_seed(5, &Shipped, Trace::to(Box::new(|_| lines += 1)));
    assert_eq!(read.hash, run_seed(5, &Shipped, Trace::default()).hash);
    assert!(lines > 1_000, "{lines} lines");
}
