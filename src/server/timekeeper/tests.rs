//! When the wall clock is believed.

use chinwag_proto::time::{BootId, Uptime};

use super::*;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);
const YEARS: Duration = Duration::from_secs(70 * 365 * 86_400);
/// When a test begins.
const NOON: WallTime = WallTime::from_unix_millis(1_700_000_000_000);

/// A machine with its clocks, and a server on it.
struct Machine {
    keeper: Timekeeper,
    now: Now,
}

impl Machine {
    /// A server on a new store.
    fn new() -> Self {
        let uptime = Uptime { boot: BootId(1), since: Instant::EPOCH + DAY };
        let mut machine = Self {
            keeper: Timekeeper::new(Timekeeping::default(), true),
            now: Now { mono: Instant::EPOCH, wall: NOON, uptime },
        };
        assert_eq!(machine.keeper.look(machine.now), Looked::default(), "any clock will do to begin with");
        machine
    }

    /// Time goes by, and the server looks as often as it does.
    fn pass(&mut self, span: Duration) -> Vec<ClockTurn> {
        let (mut left, mut turns) = (span, Vec::new());
        while left > Duration::ZERO {
            let step = left.min(CLOCK_LOOK_EVERY);
            left -= step;
            self.now.mono += step;
            self.now.uptime.since += step;
            self.now.wall = self.now.wall.plus(step);
            turns.extend(self.keeper.look(self.now).turn);
        }
        turns
    }

    fn forward(&mut self, span: Duration) {
        self.now.wall = self.now.wall.plus(span);
    }

    fn back(&mut self, span: Duration) {
        self.now.wall = self.now.wall.minus(span);
    }

    /// Another process, after so long; `is_booted`: the machine was off.
    fn restart(&mut self, after: Duration, is_booted: bool) {
        let known = self.keeper.unsaved().expect("every look is stored");
        self.now.wall = self.now.wall.plus(after);
        self.now.mono = Instant::EPOCH;
        let up = &mut self.now.uptime;
        *up = if is_booted {
            Uptime { boot: BootId(up.boot.0 + 1), since: Instant::EPOCH + MINUTE }
        } else {
            Uptime { since: up.since + after, ..*up }
        };
        self.keeper = Timekeeper::new(known, false);
    }

    fn look(&mut self) -> Option<ClockTurn> {
        self.keeper.look(self.now).turn
    }

    fn is_sure(&self) -> bool {
        self.keeper.sure(self.now) == Some(self.now.wall)
    }
}

fn is_doubt(turn: Option<ClockTurn>) -> bool {
    matches!(turn, Some(ClockTurn::Doubted { .. }))
}

#[test]
fn a_clock_that_jumps_while_a_server_runs_is_not_believed_at_once_and_is_again_when_it_is_back() {
    for is_ahead in [true, false] {
        let mut machine = Machine::new();
        machine.pass(3 * HOUR);
        if is_ahead {
            machine.forward(2 * HOUR)
        } else {
            machine.back(2 * HOUR)
        }
        assert!(!machine.is_sure(), "also before anybody has looked");
        assert_eq!(machine.keeper.best(machine.now), NOON.plus(3 * HOUR), "by the clock that nobody sets");
        assert!(is_doubt(machine.look()));
        assert_eq!(machine.pass(5 * HOUR), [], "it is said once");
        if is_ahead {
            machine.back(2 * HOUR)
        } else {
            machine.forward(2 * HOUR)
        }
        assert!(machine.is_sure());
        let wall = machine.now.wall;
        let turn = ClockTurn::Believed { wall, agrees: true };
        assert_eq!(machine.keeper.look(machine.now), Looked { turn: Some(turn), is_to_redate: true });
        assert_eq!(machine.pass(HOUR), []);
    }
}

#[test]
fn a_small_correction_is_no_jump_and_many_small_ones_are() {
    let mut machine = Machine::new();
    machine.forward(50 * MINUTE);
    assert_eq!((machine.look(), machine.is_sure()), (None, true));
    assert_eq!(machine.pass(DAY), []);
    machine.forward(50 * MINUTE);
    assert_eq!((machine.look(), machine.is_sure()), (None, true), "an hour a day");
    machine.forward(20 * MINUTE);
    assert!(is_doubt(machine.look()));
}

#[test]
fn a_clock_that_nothing_confirms_is_believed_after_a_day_of_running_without_a_further_jump() {
    let mut machine = Machine::new();
    machine.forward(YEARS);
    assert!(is_doubt(machine.look()));
    assert_eq!(machine.pass(23 * HOUR), []);
    machine.forward(YEARS);
    assert_eq!(machine.pass(23 * HOUR), [], "it begins anew");
    assert!(!machine.is_sure());
    let turns = machine.pass(2 * HOUR);
    assert!(matches!(turns.as_slice(), [ClockTurn::Believed { agrees: false, .. }]), "{turns:?}");
    assert!(machine.is_sure());
}

#[test]
fn a_day_of_running_may_have_nights_in_it() {
    let mut machine = Machine::new();
    for evening in 0..4 {
        machine.pass(7 * HOUR);
        let is_believed = machine.is_sure();
        assert_eq!(is_believed, [true, false, false, false][evening], "evening {evening}");
        machine.restart(17 * HOUR, true);
        assert!(!machine.is_sure(), "nobody knows how long the machine was off");
    }
    machine.pass(4 * HOUR);
    assert!(machine.is_sure(), "3 times 7 hours, and more than 3");
}

#[test]
fn a_clock_that_jumps_while_no_server_runs_is_found_out_if_the_machine_stayed_up() {
    let mut machine = Machine::new();
    machine.restart(30 * DAY, false);
    assert_eq!((machine.look(), machine.is_sure()), (None, true));
    machine.restart(DAY, false);
    machine.forward(2 * HOUR);
    assert!(is_doubt(machine.look()));
}

#[test]
fn a_restart_of_the_machine_within_an_hour_is_no_reason_to_doubt() {
    let mut machine = Machine::new();
    machine.restart(10 * MINUTE, true);
    assert_eq!((machine.look(), machine.is_sure()), (None, true));
    machine.restart(DAY, true);
    assert!(is_doubt(machine.look()));
    machine.restart(MINUTE, true);
    assert!(is_doubt(machine.look()), "each process says it once");
    for at in [0, YEARS.as_millis().try_into().expect("small")] {
        let mut machine = Machine::new();
        machine.restart(MINUTE, true);
        machine.now.wall = WallTime::from_unix_millis(at);
        assert!(is_doubt(machine.look()), "an empty battery");
        assert!(!machine.is_sure());
    }
}

#[test]
fn what_has_ended_stays_so_when_the_clock_is_set_back_and_after_a_restart() {
    let mut machine = Machine::new();
    let tonight = NOON.plus(6 * HOUR);
    assert!(!machine.keeper.check_ended(Some(tonight), machine.now) && !machine.keeper.check_ended(None, machine.now));
    machine.forward(YEARS);
    assert!(machine.keeper.check_ended(Some(tonight), machine.now), "it does not wait");
    machine.back(YEARS);
    assert!(machine.keeper.check_ended(Some(tonight), machine.now));
    assert!(!machine.keeper.check_ended(Some(tonight.plus(HOUR)), machine.now), "nobody saw that end");
    machine.restart(MINUTE, true);
    assert!(machine.keeper.check_ended(Some(tonight), machine.now));
    machine.keeper.confirm(machine.now);
    assert!(!machine.keeper.check_ended(Some(tonight), machine.now), "the operator says which clock was wrong");
}

#[test]
fn what_would_have_ended_by_now_has_though_the_clock_was_set_back_before() {
    let mut machine = Machine::new();
    machine.back(5 * HOUR);
    machine.pass(2 * HOUR);
    assert!(machine.keeper.check_ended(Some(NOON.plus(HOUR)), machine.now));
    assert_eq!(machine.keeper.stamp(machine.now), NOON.plus(2 * HOUR), "nothing is older than it is");
}

#[test]
fn who_confirms_a_clock_is_believed() {
    let mut machine = Machine::new();
    machine.forward(YEARS);
    machine.look();
    machine.keeper.confirm(machine.now);
    assert!(machine.is_sure() && machine.keeper.may_redate(machine.now));
    assert_eq!(machine.pass(3 * HOUR), []);
}

#[test]
fn a_clock_that_was_set_back_is_no_reason_to_take_what_is_later_for_wrong() {
    let mut machine = Machine::new();
    machine.back(YEARS / 2);
    machine.pass(DAY + HOUR);
    assert!(machine.is_sure() && !machine.keeper.may_redate(machine.now));
    machine.restart(MINUTE, false);
    machine.look();
    assert!(machine.is_sure() && !machine.keeper.may_redate(machine.now), "also for the next process");
}

#[test]
fn a_store_that_knows_nothing_of_its_clock_waits() {
    let mut machine = Machine::new();
    machine.keeper = Timekeeper::new(Timekeeping::default(), false);
    assert_eq!(machine.look(), Some(ClockTurn::Doubted { wall: NOON, paced: None }));
    assert!(!machine.is_sure());
    machine.pass(DAY + HOUR);
    assert!(machine.is_sure());
}
