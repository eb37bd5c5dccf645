//! Messages through two linked sessions in memory, sealed and acknowledged: how many a second.

use divan::{Bencher, counter::ItemsCount};

use crate::pair::Pair;

/// All that is said at once travels together.
#[divan::bench(args = [1, 40])]
fn messages_of_100_bytes(bencher: Bencher<'_, '_>, at_once: u64) {
    let mut pair = Pair::new(100);
    bencher.counter(ItemsCount::new(at_once)).bench_local(|| pair.say(at_once));
    assert!(pair.messages() > 0 && pair.datagrams() > 0 && pair.retransmitted() == 0);
}
