//! Chats that roam: seeds that keep every promise, and bugs around the machine that the checkers must find.

use std::collections::BTreeSet;

use chinwag::node::{Input, Node, Output};
use chinwag::proto::time::Now;
use chinwag::roaming::{Command, Config, Done, Job, Notice, Pin, Roaming, Role};
use chinwag::sim::check::Promise;
use chinwag::sim::machines::{Machines, RoamingNode, Shipped};
use chinwag::sim::roaming::{Situation, run_seed};
use chinwag::sim::trace::Trace;

#[test]
fn chats_that_roam_keep_every_promise_and_get_into_every_situation() {
    let (mut broken, mut situations) = (Vec::new(), BTreeSet::new());
    for seed in 0..105 {
        let outcome = run_seed(seed, &Shipped, Trace::default());
        broken.extend(outcome.findings.into_iter().map(|finding| format!("seed {seed}: {finding}")));
        situations.extend(outcome.situations);
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
    let missing: Vec<_> = Situation::ALL.into_iter().filter(|situation| !situations.contains(situation)).collect();
    assert!(missing.is_empty(), "no seed got to {missing:?}");
}

#[test]
fn the_same_seed_roams_the_same_way() {
    let [once, again, another] = [5, 5, 12].map(|seed| run_seed(seed, &Shipped, Trace::default()).hash);
    assert_eq!(once, again);
    assert_ne!(once, another);
}

/// Changes what comes to a machine, or drops it.
type Tamper = fn(&mut Tampered, Input<'_, Command, Done>, Now);

struct Bug(fn(Config) -> Config, Tamper);

struct Tampered {
    inner: Roaming,
    tamper: Tamper,
    pins: Vec<Pin>,
}

impl Machines for Bug {
    fn roaming(&self, config: Config) -> Box<RoamingNode> {
        let pins = config.pins.clone();
        Box::new(Tampered { inner: Roaming::new((self.0)(config)), tamper: self.1, pins })
    }
}

impl Node for Tampered {
    type Command = Command;
    type Notice = Notice;
    type Job = Job;
    type Done = Done;

    fn handle(&mut self, now: Now, input: Input<'_, Command, Done>) {
        (self.tamper)(self, input, now);
    }

    fn poll(&mut self, now: Now, buf: &mut [u8]) -> Output<Notice, Job> {
        self.inner.poll(now, buf)
    }
}

/// Some seed must show the bug, as a breach of this promise.
#[track_caller]
fn is_found(bug: &Bug, promise: Promise) {
    let shows = |seed| run_seed(seed, bug, Trace::default()).findings.iter().any(|found| found.promise == promise);
    assert!((0..70).any(shows), "70 seeds and nobody noticed");
}

#[test]
fn a_chat_that_forgets_its_history_is_found() {
    let forgetful = |config: Config| match config.role {
        Role::Host { .. } => Config { role: Role::Host { has_history: false }, ..config },
        Role::Guest { .. } => config,
    };
    is_found(&Bug(forgetful, |bug, input, now| bug.inner.handle(now, input)), Promise::NothingLeftBehind);
}

#[test]
fn a_host_that_leaves_its_guests_behind_is_found() {
    let rude: Tamper = |bug, input, now| {
        if !matches!(input, Input::Command(Command::Company(_))) {
            bug.inner.handle(now, input);
        }
    };
    is_found(&Bug(|config| config, rude), Promise::NothingLeftBehind);
}

#[test]
fn a_chat_that_goes_while_something_is_on_its_way_is_found() {
    let hasty: Tamper = |bug, input, now| {
        let is_settled = matches!(input, Input::Command(Command::Settled(_)));
        bug.inner.handle(now, if is_settled { Input::Command(Command::Settled(true)) } else { input });
    };
    is_found(&Bug(|config| config, hasty), Promise::NothingLeftBehind);
}

#[test]
fn a_guest_that_is_never_content_is_found() {
    let restless: Tamper = |bug, input, now| {
        let is_content = matches!(input, Input::Command(Command::Up | Command::TakenOver));
        bug.inner.handle(now, input);
        if is_content {
            bug.inner.handle(now, Input::Command(Command::Lost));
        }
    };
    is_found(&Bug(|config| config, restless), Promise::NoOscillation);
}

#[test]
fn a_chat_that_believes_beacons_is_found() {
    let gullible: Tamper = |bug, input, now| {
        let input =
            if let Input::Done(Done::Proved(key, _)) = input { Input::Done(Done::Proved(key, true)) } else { input };
        bug.inner.handle(now, input);
    };
    is_found(&Bug(|config| config, gullible), Promise::NobodyIsBelieved);
}

#[test]
fn a_chat_that_calls_whatever_a_forger_names_is_found() {
    let tireless: Tamper = |bug, input, now| {
        if let Input::Command(Command::Heard(found)) = &input {
            bug.pins.push(Pin { called: found.name.clone(), key: *found.key() });
            bug.inner.handle(now, Input::Command(Command::Pins(bug.pins.clone())));
        }
        bug.inner.handle(now, input);
    };
    is_found(&Bug(|config| config, tireless), Promise::BoundedHandshakes);
}

#[test]
fn a_host_that_never_gives_way_is_found() {
    let stubborn = |config: Config| match config.role {
        Role::Host { .. } => Config { role: Role::Host { has_history: true }, ..config },
        Role::Guest { .. } => config,
    };
    is_found(&Bug(stubborn, |bug, input, now| bug.inner.handle(now, input)), Promise::Together);
}
