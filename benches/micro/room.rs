//! A server and a roomful of clients, all machines and no sockets: what a message to the room costs, clients included.

use chinwag::server;
use chinwag::store::memory::Memory;
use divan::{Bencher, counter::ItemsCount};

use crate::roomful::Room;

#[divan::bench(args = [10, 100])]
fn a_message_to_all_members(bencher: Bencher<'_, '_>, members: u8) {
    let mut room = Room::new(Memory::new([1; 32]), server::Config::default(), members);
    bencher.counter(ItemsCount::new(members)).bench_local(move || {
        room.say(0, "x".repeat(100));
        let all = room.said() * u64::from(members);
        room.run_until(|room| room.delivered >= all);
    });
}
