//! The checker finds what it is there to find, and nothing else.

use chinwag_proto::time::WallTime;
use chinwag_proto::wire::id::{AccountId, ClientMsgId, LogId, PublicKey};
use chinwag_proto::wire::message::{Body, Wire as _};

use super::*;
use chinwag_store::{self as store, Append, Change, Outcome, Write};

const ROOM: RoomId = RoomId(1);
const ME: HostId = HostId(1);
const OTHER: HostId = HostId(2);

fn cursor() -> SavedCursor {
    let (name, marks) = (String::new(), chinwag_client_core::Marks::default());
    SavedCursor { name, log: LogId(0), upto: RoomSeq(0), marks, is_put_back: false }
}

/// A log of six entries, and a client that looks at it.
struct Scene {
    truth: Truth,
    transcript: Transcript,
    findings: Findings,
}

impl Scene {
    fn new() -> Self {
        let mut scene =
            Self { truth: Truth::default(), transcript: Transcript::new(ME), findings: Findings::default() };
        (1..=6).for_each(|n| scene.store(n, n, false));
        scene.transcript.start([]);
        scene
    }

    fn entry(n: u32) -> Entry {
        let text = Said { by: OTHER, life: 1, n }.text(20);
        Entry {
            at: WallTime::from_unix_millis(u64::from(n)),
            author: AccountId(2),
            name: String::from("user1"),
            body: Body::Text(text),
        }
    }

    /// The store takes the other's message `n` as `number`.
    fn store(&mut self, n: u32, number: u32, repeated: bool) {
        let (device, id) = (PublicKey([1; 32]), ClientMsgId { start: 1, counter: u64::from(n) });
        let write = Write::Append(Append {
            room: ROOM,
            author: AccountId(1),
            origin: store::Origin { device, id, hash: [0; 32] },
            at: WallTime::from_unix_millis(0),
            entry: Self::entry(n).encode(),
            change: Change::None,
            unless_repeated: None,
        });
        let outcome =
            Outcome::Appended { number: RoomSeq(u64::from(number)), repeated, removed: Vec::new(), freed: Vec::new() };
        self.truth.applied(&vec![(write, outcome)], &mut self.findings);
    }

    fn join(&mut self, after: u64, skipped: u64) -> Resumed {
        let join = Join { room: ROOM, name: "#room0", after: RoomSeq(after), head: RoomSeq(6), skipped };
        self.transcript.joined(&join, &self.truth, &mut self.findings)
    }

    fn show(&mut self, n: u32, upto: u64) {
        let number = RoomSeq(u64::from(n));
        let Self { truth, transcript, findings } = self;
        let entry = Self::entry(n);
        let shown = Shown { room: ROOM, name: "#room0", number, upto: RoomSeq(upto), entry: &entry };
        transcript.shows(&shown, truth, findings);
    }

    fn record(&mut self, upto: u64) {
        let cursor = SavedCursor { name: String::from("#room0"), log: LogId(1), upto: RoomSeq(upto), ..cursor() };
        self.transcript.recorded(&cursor, &mut self.findings);
    }

    fn finish(mut self) -> Vec<Promise> {
        let log = LogKey { store: 0, room: ROOM };
        self.transcript.must_be_complete([(log, "#room0")], &self.truth, &mut self.findings);
        self.findings.into_list().into_iter().map(|finding| finding.promise).collect()
    }
}

#[test]
fn a_life_out_of_order_and_another_one_from_the_record_are_fine() {
    let mut scene = Scene::new();
    assert_eq!(scene.join(0, 0), Resumed { from: None, behind: 6 });
    for (n, upto) in [(1, 1), (3, 1), (2, 3), (4, 4)] {
        scene.show(n, upto);
    }
    scene.record(3);
    assert_eq!(scene.transcript.start([]).len(), 1);
    assert_eq!(scene.join(3, 0).from, Some(Origin::Disk));
    for n in 4..=6 {
        scene.show(n, u64::from(n));
    }
    assert_eq!(scene.join(6, 0).from, Some(Origin::ThisLife));
    assert_eq!(scene.finish(), []);
}

#[test]
fn what_is_missing_is_missed() {
    let mut scene = Scene::new();
    scene.join(4, 0);
    scene.show(6, 4);
    assert_eq!(scene.finish(), [Promise::CatchUp]);

    let mut scene = Scene::new();
    scene.transcript.say(1);
    scene.join(6, 0);
    assert_eq!(scene.finish(), [Promise::CatchUp], "no answer");
}

#[test]
fn showing_twice_or_below_the_cursor_is_a_breach() {
    let mut scene = Scene::new();
    scene.join(4, 0);
    for n in [5, 6, 5, 4] {
        scene.show(n, 4);
    }
    assert_eq!(scene.finish(), [Promise::ExactlyOnce, Promise::ExactlyOnce]);
}

#[test]
fn a_gap_that_is_denied_is_a_breach() {
    let mut scene = Scene::new();
    scene.join(3, 0);
    scene.show(5, 5);
    scene.show(4, 5);
    scene.show(6, 6);
    assert_eq!(scene.finish(), [Promise::OneOrder]);
}

#[test]
fn a_hole_needs_a_word() {
    let mut scene = Scene::new();
    scene.join(0, 0);
    scene.show(1, 1);
    scene.record(1);
    scene.transcript.start([]);
    scene.join(5, 4);
    scene.show(6, 6);
    assert_eq!(scene.finish(), []);

    let mut scene = Scene::new();
    scene.join(0, 0);
    scene.record(0);
    scene.join(6, 0);
    assert_eq!(scene.finish(), [Promise::CatchUp, Promise::CatchUp]);
}

#[test]
fn a_record_ahead_of_the_screen_is_a_breach() {
    let mut scene = Scene::new();
    scene.join(5, 0);
    scene.record(6);
    scene.show(6, 6);
    assert_eq!(scene.finish(), [Promise::ShownThenRecorded]);
}

#[test]
fn what_the_store_does_not_have_may_not_be_shown() {
    let mut scene = Scene::new();
    scene.join(6, 0);
    scene.show(7, 7);
    assert_eq!(scene.finish(), [Promise::VisibleDurable]);
}

#[test]
fn a_log_with_a_message_twice_or_out_of_its_senders_order_is_a_breach() {
    let mut scene = Scene::new();
    scene.store(6, 6, true);
    assert_eq!(scene.truth.repeated, 1, "that is what ids are for");
    scene.store(6, 7, false);
    scene.join(7, 0);
    assert_eq!(scene.finish(), [Promise::ExactlyOnce, Promise::OneOrder, Promise::OneOrder]);
}

#[test]
fn a_record_is_held_against_the_log_that_it_is_of() {
    let record = |scene: &mut Scene, log, upto| {
        let cursor = SavedCursor { name: String::from("#room0"), log: LogId(log), upto: RoomSeq(upto), ..cursor() };
        scene.transcript.recorded(&cursor, &mut scene.findings);
        std::mem::take(&mut scene.findings).into_list().len()
    };
    let mut scene = Scene::new();
    scene.transcript.learned("#room0", LogId(1));
    scene.join(3, 0);
    scene.transcript.history_reset("#room0", None);
    scene.transcript.learned("#room0", LogId(2));
    scene.join(0, 0);
    assert_eq!(record(&mut scene, 1, 3), 0, "it was under way when the history was reset");
    assert_eq!(record(&mut scene, 1, 4), 1, "more than was ever shown of it");
    assert_eq!(record(&mut scene, 7, 1), 1, "of a log that nobody knows");
    assert_eq!(record(&mut scene, 2, 1), 1, "more than was shown of the present one");
}
