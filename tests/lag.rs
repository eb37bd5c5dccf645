//! Somebody who reads no more costs a cursor: while one member of a room falls behind by as many messages as you like, nothing
//! grows, the others get everything, and when it reads again it gets all of it.
//!
//! The machines run in this process and in virtual time; the log is in SQLite, whose memory is not counted here. With
//! `CHINWAG_LONG` set it is half a million messages.

#[path = "support/room.rs"]
mod room;

use std::alloc::System;

use chinwag::client_core::Command;
use chinwag::server;
use chinwag::store::sqlite::{Durability, Sqlite};
use chinwag_proto::wire::id::RoomSeq;
use chinwag_simnet::links::Cut;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

use room::{ROOM, Room, host};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Messages of the writer that the reader does not have yet, at most: it keeps up.
const WINDOW: u64 = 200;
/// Messages until every table and ring has the size that it keeps.
const WARM_UP: u64 = 5_000;
/// What may come with the lag.
const GROWTH_MAX: isize = 1 << 20;
/// Members: one writes, one reads, one stops.
const WRITER: usize = 0;
const READER: usize = 1;
const STOPPED: usize = 2;

/// What happens next; whoever got something shows it.
fn step(room: &mut Room<Sqlite>) {
    let before = room.members.clone();
    room.step();
    for (member, before) in before.iter().enumerate() {
        if room.members[member].upto > before.upto {
            let upto = RoomSeq(room.members[member].upto);
            room.command(member, Command::Shown { room: ROOM.to_owned(), upto });
        }
    }
}

/// The writer goes on until it has said so many, and the reader has them.
fn say_until(room: &mut Room<Sqlite>, messages: u64) {
    while room.members[READER].upto < messages {
        while room.said() < messages && room.said() - room.members[READER].upto < WINDOW {
            let number = room.said() + 1;
            let text = format!(
                "message {number} of a hundred octets or so, which is what people write when they chat all day"
            );
            room.say(WRITER, text);
        }
        step(room);
    }
}

#[test]
fn a_reader_that_stopped_costs_a_cursor() {
    let messages: u64 = if std::env::var_os("CHINWAG_LONG").is_some() { 500_000 } else { 50_000 };
    let home = tempfile::tempdir().expect("a directory");
    let store = Sqlite::open(home.path(), Durability::Os, [1; 32]).expect("a store");
    let config = server::Config { messages_per_s: None, ..server::Config::default() };
    let mut room = Room::new(store, config, 3);
    say_until(&mut room, WARM_UP);
    while room.members[STOPPED].upto < WARM_UP {
        step(&mut room);
    }
    let region = Region::new(ALLOCATOR);
    let stopped_at = room.network.now();
    room.network.set_cut(host(STOPPED), Cut { up: true, down: true });
    say_until(&mut room, WARM_UP + messages);
    let change = region.change();
    let growth = change.bytes_allocated.cast_signed() - change.bytes_deallocated.cast_signed();
    let lagged = room.network.now().micros_since(stopped_at) / 1_000;
    assert_eq!(room.members[STOPPED].upto, WARM_UP);
    assert!(growth < GROWTH_MAX, "{growth} octets more after {messages} messages, in {lagged} ms");
    // It reads on, and gets all of it; older entries then come through a cache of a fixed size, which all share.
    room.network.set_cut(host(STOPPED), Cut::default());
    while room.members[STOPPED].upto < WARM_UP + messages {
        step(&mut room);
    }
    println!("a reader {messages} messages behind: {growth} octets more, in {lagged} ms of virtual time");
}
