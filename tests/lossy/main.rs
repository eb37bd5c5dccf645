//! Real processes across networks that really drop packets: every member has every message exactly once, in one order.
//!
//! The weather is in the processes themselves, but for the namespaces, where the kernel drops. `CHINWAG_LONG=1` makes the
//! long run 10,000 messages instead of 2,000 (CI, in release). Every seed is on the processes' standard error.

mod hosts;
mod process;
mod talk;

use std::time::Duration;

use process::{Home, Server};
use talk::Talk;

/// No case takes this long unless something is stuck.
const PATIENCE: Duration = Duration::from_secs(240);

#[test]
fn two_rooms_of_four_have_every_message_once_and_in_one_order() {
    let messages = if std::env::var_os("CHINWAG_LONG").is_some() { 10_000 } else { 2_000 };
    let home = Home::new();
    let server = Server::start(&home, &[]);
    Talk {
        server: server.addr(),
        weather: Some("loss=20%,dup=5%,reorder=10%,delay=10ms±5,corrupt=0.5%"),
        clients: 4,
        rooms: 2,
        messages,
        pace: None,
    }
    .run(&home, PATIENCE);
}

#[test]
fn half_of_all_datagrams_may_be_lost() {
    let home = Home::new();
    let server = Server::start(&home, &[]);
    Talk { server: server.addr(), weather: Some("loss=50%"), clients: 3, rooms: 1, messages: 300, pace: None }
        .run(&home, PATIENCE);
}

#[test]
fn an_outage_of_twenty_seconds_in_the_middle_loses_nothing() {
    let home = Home::new();
    let server = Server::start(&home, &[]);
    // Written from before the outage until after it.
    let pace = Some(Duration::from_millis(200));
    Talk {
        server: server.addr(),
        weather: Some("loss=5%,delay=2ms,outage=4s..24s"),
        clients: 2,
        rooms: 1,
        messages: 300,
        pace,
    }
    .run(&home, PATIENCE);
}

#[test]
fn kernels_that_drop_a_third_of_udp_lose_nothing() {
    let hosts = match hosts::Pair::with_udp_loss(30) {
        Ok(hosts) => hosts,
        Err(why) => {
            println!("skipped: no two hosts with a lossy network can be made here: {why}");
            return;
        }
    };
    let home = Home::new();
    let server = Server::start_at(&home, &hosts.server(), hosts.addr(), &[]);
    Talk { server: server.addr(), weather: None, clients: 3, rooms: 2, messages: 600, pace: None }.run_on(
        &home,
        &hosts.client(),
        PATIENCE,
    );
}
