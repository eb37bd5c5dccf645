//! No heap allocation for a datagram in steady state: from a room's log through link, session and endpoint to the peer,
//! acknowledgements included. This test has no harness: a harness's own thread allocates, at times in the middle of what is counted.

#[path = "support/pair.rs"]
mod pair;

use std::alloc::System;
use std::io::Write;

use pair::Pair;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() {
    a_datagram_in_steady_state_allocates_nothing();
    let mut out = std::io::stdout().lock();
    writeln!(out, "test a_datagram_in_steady_state_allocates_nothing ... ok").expect("somebody reads");
}

fn a_datagram_in_steady_state_allocates_nothing() {
    let mut pair = Pair::new(100);
    // Every table and ring gets the size that it keeps.
    for _ in 0..200 {
        pair.say(1);
        pair.say(40);
    }
    let (messages, datagrams) = (pair.messages(), pair.datagrams());
    let region = Region::new(ALLOCATOR);
    for _ in 0..500 {
        pair.say(1);
        pair.say(40);
    }
    let change = region.change();
    assert_eq!(pair.messages() - messages, 500 * 41);
    assert!(pair.datagrams() - datagrams >= 1_500, "they were really sent: {}", pair.datagrams() - datagrams);
    assert_eq!(pair.retransmitted(), 0);
    assert_eq!(
        (change.allocations, change.reallocations),
        (0, 0),
        "in {} datagrams: {change:?}",
        pair.datagrams() - datagrams
    );
}
