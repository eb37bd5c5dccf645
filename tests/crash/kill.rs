//! `kill -9` at random moments, under load, and in the middle of a start.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use chinwag::client_core::Notice;
use chinwag::drive::Clock;
use chinwag::store::sqlite::{Exported, FILE, Reader};
use chinwag_proto::rng::Rng;
use chinwag_proto::time::Instant;

use crate::ledger::{Ledger, name};
use crate::people::{Heard, Person, next};
use crate::seed;
use crate::server::{Server, Site};

/// Who talks.
const PEOPLE: usize = 4;
const ROOMS: [&str; 3] = ["room0", "room1", "room2"];
/// Messages without an answer that each of them has at a time.
const UNDER_WAY: u64 = 12;
/// Messages that are acknowledged before a server is killed, at most.
const STORED_MAX: u64 = 300;
/// A server that was killed is open again within this time, and has something stored for a newcomer (which takes an account, a
/// room and a message, each synced) within it nine times out of ten: the machine may be busy with something else.
const OPEN_MAX: Duration = Duration::from_secs(2);

#[test]
fn a_server_killed_at_any_moment_loses_nothing_and_doubles_nothing() {
    let cycles = if seed::is_long() { 200 } else { 20 };
    let mut run = Run::new(seed::rng("kill"));
    let mut server = run.site.start();
    run.gather();
    let (mut opened, mut answered) = (Vec::new(), Vec::new());
    for cycle in 1..=cycles {
        run.talk_for_a_while();
        expect_silence(&server.kill());
        if run.rng.chance(0.25) {
            run.kill_in_a_start();
        }
        let (started, open, answer) = run.start_again(cycle);
        server = started;
        assert!(open <= OPEN_MAX, "cycle {cycle}: open after {open:?}");
        let checked = Clock::start();
        run.check_store();
        println!(
            "cycle {cycle}: {} said, open after {open:?}, a newcomer answered after {answer:?}, checked in {:?}",
            run.ledger.said(),
            checked.mono().since(Instant::EPOCH)
        );
        opened.push(open);
        answered.push(answer);
    }
    run.finish();
    expect_silence(&server.kill());
    opened.sort_unstable();
    answered.sort_unstable();
    let (slowest, nine_of_ten) = (opened[opened.len() - 1], answered[answered.len() * 9 / 10 - 1]);
    println!(
        "{cycles} kills, {} messages; open again after {slowest:?} at most, a newcomer answered after {nine_of_ten:?} \
         nine times out of ten",
        run.ledger.said()
    );
    assert!(nine_of_ten <= OPEN_MAX, "nine of ten newcomers are answered after {nine_of_ten:?}");
}

/// A server that is killed knows nothing of it, and has nothing to complain of.
fn expect_silence(said: &str) {
    assert_eq!(said, "", "it said something");
}

struct Run {
    rng: Rng,
    _scratch: tempfile::TempDir,
    site: Site,
    ledger: Ledger,
    people: Vec<Person>,
    /// How many messages each has said.
    said: Vec<u64>,
    heard: Receiver<Heard>,
    ears: Sender<Heard>,
}

impl Run {
    fn new(mut rng: Rng) -> Self {
        let scratch = tempfile::tempdir().expect("a folder");
        let site = Site::new(scratch.path(), rng.bytes());
        let (ears, heard) = channel();
        let (ledger, people, said) = (Ledger::default(), Vec::new(), vec![0; PEOPLE]);
        Self { rng, _scratch: scratch, site, ledger, people, said, heard, ears }
    }

    /// Everyone comes in and begins to talk.
    fn gather(&mut self) {
        for who in 0..PEOPLE {
            let person = Person::new(&self.site, &name(who), who, &mut self.rng, &self.ears);
            ROOMS.iter().for_each(|room| person.join(room));
            self.people.push(person);
            (0..UNDER_WAY).for_each(|_| self.say(who));
        }
    }

    fn say(&mut self, who: usize) {
        let tag = self.said[who];
        self.said[who] += 1;
        let room = ROOMS[(tag % ROOMS.len() as u64) as usize];
        let text = self.ledger.say((who, tag), room);
        self.people[who].say(tag, room, text);
    }

    fn hear(&mut self, (who, notice): Heard, goes_on: bool) -> bool {
        let is_stored = self.ledger.hear(who, &notice);
        if is_stored && goes_on {
            self.say(who);
        }
        is_stored
    }

    /// Until some messages are acknowledged, and a moment more.
    fn talk_for_a_while(&mut self) {
        let mut left = 1 + self.rng.below(STORED_MAX);
        while left > 0 {
            let heard = next(&self.heard);
            left -= u64::from(self.hear(heard, true));
        }
        let moment = Duration::from_micros(self.rng.below(5_000));
        self.listen_for(moment);
    }

    fn listen_for(&mut self, time: Duration) {
        let clock = Clock::start();
        let end = clock.mono() + time;
        while let Ok(heard) = self.heard.recv_timeout(end.since(clock.mono())) {
            self.hear(heard, true);
        }
    }

    /// Starts it and kills it before it can have done much.
    fn kill_in_a_start(&mut self) {
        let server = self.site.launch();
        let moment = Duration::from_micros(self.rng.below(30_000));
        self.listen_for(moment);
        expect_silence(&server.kill());
    }

    /// How long it takes until it is open, and until someone who was not connected has something stored.
    fn start_again(&mut self, cycle: u64) -> (Server, Duration, Duration) {
        let clock = Clock::start();
        let server = self.site.start();
        let open = clock.mono().since(Instant::EPOCH);
        let (ears, heard) = channel();
        let visitor = Person::new(&self.site, &format!("visitor{cycle}"), 0, &mut self.rng, &ears);
        visitor.join("door");
        visitor.say(cycle, "door", "is anyone there?".to_owned());
        loop {
            if let (_, Notice::Stored { number, .. }) = next(&heard) {
                assert_eq!(number.0, cycle, "each visitor says one thing");
                return (server, open, clock.mono().since(Instant::EPOCH));
            }
        }
    }

    /// The file is sound, and everything is in it.
    fn check_store(&self) {
        let reader = Reader::open(&self.site.data().join(FILE)).expect("the store can be read");
        assert_eq!(reader.verify().expect("readable"), [""; 0], "the store is sound");
        let mut export = Vec::new();
        let mut take = |exported: Exported<'_>| {
            if let Exported::Entry { room, number, entry } = exported {
                let text = entry.and_then(|entry| entry.body.text()).expect("a text");
                export.push((room.to_owned(), number.0, text.to_owned()));
            }
            Ok(())
        };
        reader.export(&mut take).expect("readable");
        self.ledger.check(&export);
    }

    /// All that was said is answered, everybody has it, and so has someone who comes only now.
    fn finish(&mut self) {
        let late = PEOPLE;
        let reader = Person::new(&self.site, "late", late, &mut self.rng, &self.ears);
        ROOMS.iter().for_each(|room| reader.join(room));
        while self.ledger.unanswered() > 0 || (0..=late).any(|who| !self.ledger.has_all(who)) {
            let heard = next(&self.heard);
            self.hear(heard, false);
        }
        self.check_store();
        let all: BTreeMap<_, _> = self.said.iter().enumerate().collect();
        assert_eq!(self.ledger.said() as u64, all.values().copied().sum::<u64>(), "all that was said is in the ledger");
    }
}
