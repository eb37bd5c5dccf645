//! Real processes across networks that really drop packets: every member has every message exactly once, in one order.
//!
//! The weather is in the processes themselves, but for the namespaces, where the kernel drops. `CHINWAG_LONG=1` makes the
//! long run 10,000 messages instead of 2,000 (CI, in release). Every seed is on the processes' standard error.

#[expect(dead_code, reason = "no cable is pulled here")]
#[path = "../support/hosts.rs"]
mod hosts;
#[expect(dead_code, reason = "nobody types here")]
#[path = "../support/process.rs"]
mod process;
mod talk;

use std::time::Duration;

use hosts::Subnet;
use process::{Process, Scratch, Server};
use talk::Talk;

/// No case takes this long unless something is stuck.
const PATIENCE: Duration = Duration::from_secs(240);

#[test]
fn two_rooms_of_four_have_every_message_once_and_in_one_order() {
    let messages = if std::env::var_os("CHINWAG_LONG").is_some() { 10_000 } else { 2_000 };
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    Talk {
        server: &server.addr,
        weather: Some("loss=20%,dup=5%,reorder=10%,delay=10ms±5,corrupt=0.5%"),
        clients: 4,
        rooms: 2,
        messages,
        pace: None,
    }
    .run(&scratch, PATIENCE);
}

#[test]
fn half_of_all_datagrams_may_be_lost() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    Talk { server: &server.addr, weather: Some("loss=50%"), clients: 3, rooms: 1, messages: 300, pace: None }
        .run(&scratch, PATIENCE);
}

#[test]
fn an_outage_of_twenty_seconds_in_the_middle_loses_nothing() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    // Written from before the outage until after it.
    let pace = Some(Duration::from_millis(200));
    Talk {
        server: &server.addr,
        weather: Some("loss=5%,delay=2ms,outage=4s..24s"),
        clients: 2,
        rooms: 1,
        messages: 300,
        pace,
    }
    .run(&scratch, PATIENCE);
}

#[test]
fn kernels_that_drop_a_third_of_udp_lose_nothing() {
    let Some(subnet) = Subnet::new(2) else { return };
    let drop_a_third = "nft 'add table inet loss; add chain inet loss in { type filter hook input priority 0; }; \
                        add rule inet loss in meta l4proto udp numgen random mod 100 < 30 drop'";
    for host in [1, 2] {
        if let Err(why) = subnet.shell(host, drop_a_third) {
            println!("skipped: no lossy network can be made here ({why})");
            return;
        }
    }
    let scratch = Scratch::new();
    let mut command = subnet.on(1);
    command.args(["serve", "--listen", "10.70.0.1:0"]).env("CHINWAG_HOME", scratch.home("server"));
    let server = Server::of(Process::start(command));
    Talk { server: &server.addr, weather: None, clients: 3, rooms: 2, messages: 600, pace: None }.run_on(
        Some(&subnet),
        &scratch,
        PATIENCE,
    );
}
