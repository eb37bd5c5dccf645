//! Two servers with one key: a copy that runs beside what it was copied from.

use super::lan::{Lan, advertisement};
use crate::{Command, Notice};

fn twins(lan: &Lan, host: usize) -> usize {
    lan.notices[host].iter().filter(|(_, notice)| matches!(notice, Notice::Twin(_))).count()
}

#[test]
fn both_hear_of_each_other_once_and_whoever_looks_sees_that_there_are_two() {
    let mut lan = Lan::new(3, 7);
    lan.command(0, Command::Announce(advertisement(5)));
    lan.run_ms(5_000);
    lan.command(1, Command::Announce(advertisement(5)));
    lan.run_ms(5_000);
    assert_eq!((twins(&lan, 0), twins(&lan, 1)), (1, 1));
    lan.command(2, Command::Seek);
    lan.run_ms(10_000);
    let found = lan.found(2);
    assert_eq!(found.len(), 1);
    assert!(found.values().all(|found| found.has_twin));
    assert_eq!((twins(&lan, 0), twins(&lan, 1)), (1, 1), "said once");
}

#[test]
fn a_server_that_starts_anew_is_no_twin() {
    let mut lan = Lan::new(2, 8);
    lan.command(1, Command::Seek);
    for _ in 0..4 {
        lan.command(0, Command::Announce(advertisement(5)));
        lan.run_ms(5_000);
        lan.command(0, Command::Stop);
        lan.run_ms(5_000);
        assert_eq!(twins(&lan, 0), 0);
    }
    lan.command(0, Command::Announce(advertisement(5)));
    lan.run_ms(5_000);
    let found = lan.found(1);
    assert!(found.len() == 1 && found.values().all(|found| !found.has_twin));
}
