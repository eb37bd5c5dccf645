//! `chinwag doctor`: what is wrong, by looking at one thing after the other, from this machine outwards.

mod args;
mod firewall;
mod here;
mod lengths;
mod measured;
mod refusal;
mod report;
mod there;
mod way;

pub(super) use args::Doctor;

use crate::config::Home;
use crate::drive::Clock;

use super::failure::{Exit, Failure};
use firewall::Firewall;
use here::Asks;
use report::{Report, Verdict};

/// A clock that shows less was never set: this program is younger.
const YOUNGEST_MS: u64 = 1_700_000_000_000;

pub(super) fn run(home: &Home, args: &Doctor) -> Result<(), Failure> {
    let (mut report, clock) = (Report::new(args.json), Clock::start());
    let report = &mut report;
    let interfaces = here::interfaces(report);
    let firewall = Firewall::of_machine();
    here::port(report, home, &interfaces)?;
    if clock.now().wall.as_unix_millis() < YOUNGEST_MS {
        report.warning(
            "clock",
            "this machine's clock was never set: times will look wrong",
            "timedatectl set-ntp true",
        );
    }
    let asks = here::groups(report, &interfaces, &firewall, &clock)?;
    let found = here::discovery(report, asks, &firewall, &clock)?;
    if let Some(server) = &args.server
        && let Some(reached) = way::look(report, home, server, &firewall, args)?
        && asks == Asks::Some
    {
        here::announced(report, &interfaces, &found, &firewall, reached);
    }
    match report.worst() {
        Verdict::Problem => Err(Failure::new(Exit::General, "")),
        Verdict::Ok | Verdict::Warning => Ok(()),
    }
}
