//! Planted bugs: each breaks one promise on purpose, around machines that keep it, and the checkers must say so. A checker
//! that finds nothing here would find nothing anywhere.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use chinwag::client_core::{self as client, Notice};
use chinwag::node::{Input, Node, Output, Transmit};
use chinwag::proto::endpoint::KeyPair;
use chinwag::proto::time::Now;
use chinwag::proto::wire::datagram::Kind;
use chinwag::proto::wire::message::{Access, Refusal};
use chinwag::server::{self, Done, Job, Server, StoreJob};
use chinwag::sim::check::Promise;
use chinwag::sim::disk::Medium;
use chinwag::sim::machines::{ClientNode, Machines, ServerNode, Shipped};
use chinwag::sim::plan::{Plan, Step, Theme};
use chinwag::sim::run_seed;
use chinwag::sim::trace::Trace;
use chinwag::store::memory::Memory;
use chinwag::store::{Change, Epochs, Outcome, Page, Query, Range, Read, Results, Snapshot, Store, StoreError, Write};

/// Some seed must show the bug, as a breach of one of these promises.
fn is_found(machines: &dyn Machines, promises: &[Promise]) {
    for seed in 0..40 {
        let outcome = run_seed(seed, machines, Trace::default());
        if outcome.findings.iter().any(|finding| promises.contains(&finding.promise)) {
            return;
        }
    }
    panic!("40 seeds and nobody noticed");
}

// --- clients ---------------------------------------------------------------------------------------------------------

type ClientOutput = Output<Notice, client::Save>;
/// Gives what comes out in place of a job or a notice.
type Tamper = fn(&mut u64, ClientOutput, &mut VecDeque<ClientOutput>);

/// Clients whose outputs are tampered with.
struct TamperedClients(Tamper);

impl Machines for TamperedClients {
    fn client(&self, config: client::Config, identity: KeyPair, seed: [u8; 32]) -> Box<ClientNode> {
        let inner = client::Client::new(config, identity, seed);
        Box::new(TamperedClient { inner, tamper: self.0, count: 0, pending: VecDeque::new() })
    }
}

struct TamperedClient {
    inner: client::Client,
    tamper: Tamper,
    count: u64,
    pending: VecDeque<ClientOutput>,
}

impl Node for TamperedClient {
    type Command = client::Command;
    type Notice = Notice;
    type Job = client::Save;
    type Done = client::Saved;

    fn handle(&mut self, now: Now, input: Input<'_, client::Command, client::Saved>) {
        self.inner.handle(now, input);
    }

    fn poll(&mut self, now: Now, buf: &mut [u8]) -> ClientOutput {
        loop {
            if let Some(output) = self.pending.pop_front() {
                return output;
            }
            match self.inner.poll(now, buf) {
                Output::Wait(deadline) => return Output::Wait(deadline),
                output @ Output::Transmit(_) => return output,
                output @ (Output::Job(_) | Output::Notice(_)) => {
                    (self.tamper)(&mut self.count, output, &mut self.pending);
                }
            }
        }
    }
}

/// Counts entries, and is true for every fiftieth.
fn counts_to_a_fiftieth(count: &mut u64, output: &ClientOutput) -> bool {
    *count += u64::from(matches!(output, Output::Notice(Notice::Entry { .. })));
    matches!(output, Output::Notice(Notice::Entry { .. })) && count.is_multiple_of(50)
}

#[test]
fn an_entry_shown_twice_is_found() {
    let twice: Tamper = |count, output, out| {
        if let Output::Notice(notice) = &output
            && counts_to_a_fiftieth(count, &output)
        {
            out.push_back(Output::Notice(notice.clone()));
        }
        out.push_back(output);
    };
    is_found(&TamperedClients(twice), &[Promise::ExactlyOnce]);
}

#[test]
fn an_entry_never_shown_is_found() {
    let never: Tamper = |count, output, out| {
        if !counts_to_a_fiftieth(count, &output) {
            out.push_back(output);
        }
    };
    is_found(&TamperedClients(never), &[Promise::CatchUp]);
}

#[test]
fn an_entry_under_another_number_is_found() {
    let shifted: Tamper = |count, mut output, out| {
        if counts_to_a_fiftieth(count, &output)
            && let Output::Notice(Notice::Entry { number, .. }) = &mut output
            && number.0 > 1
        {
            number.0 -= 1;
        }
        out.push_back(output);
    };
    is_found(&TamperedClients(shifted), &[Promise::OneOrder]);
}

#[test]
fn a_message_without_an_answer_is_found() {
    let silent: Tamper = |_, output, out| {
        if !matches!(output, Output::Notice(Notice::Stored { .. })) {
            out.push_back(output);
        }
    };
    is_found(&TamperedClients(silent), &[Promise::CatchUp]);
}

#[test]
fn a_record_ahead_of_the_screen_is_found() {
    let hasty: Tamper = |_, mut output, out| {
        if let Output::Job(save) = &mut output {
            save.cursors.iter_mut().for_each(|cursor| cursor.upto.0 += 1);
        }
        out.push_back(output);
    };
    is_found(&TamperedClients(hasty), &[Promise::ShownThenRecorded]);
}

#[test]
fn a_roster_without_someone_is_found() {
    let forgetful: Tamper = |_, mut output, out| {
        if let Output::Notice(Notice::Roster { who, .. }) = &mut output {
            who.pop();
        }
        out.push_back(output);
    };
    is_found(&TamperedClients(forgetful), &[Promise::Presence]);
}

// --- disks -----------------------------------------------------------------------------------------------------------

/// A disk that says durable when it means soon: the last batch is lost in a crash.
struct LyingDisk {
    seen: Memory,
    durable: Memory,
    last: Vec<Write>,
}

impl Medium for LyingDisk {
    fn store(&mut self) -> &mut dyn Store {
        self
    }

    fn crash(&mut self) {
        self.seen = self.durable.clone();
        self.last.clear();
    }
}

impl Store for LyingDisk {
    fn snapshot(&mut self) -> Result<Snapshot, StoreError> {
        self.seen.snapshot()
    }

    fn commit(&mut self, batch: &[Write]) -> Result<Vec<Outcome>, StoreError> {
        self.durable.commit(&self.last)?;
        self.last = batch.to_vec();
        self.seen.commit(batch)
    }
}

impl Read for LyingDisk {
    fn load(&mut self, range: Range) -> Result<Page, StoreError> {
        self.seen.load(range)
    }

    fn query(&mut self, query: &Query) -> Result<Results, StoreError> {
        self.seen.query(query)
    }
}

struct LyingDisks;

impl Machines for LyingDisks {
    fn medium(&self, seed: [u8; 32]) -> Box<dyn Medium> {
        let (seen, durable) = (Memory::new(seed), Memory::new(seed));
        Box::new(LyingDisk { seen, durable, last: Vec::new() })
    }
}

#[test]
fn an_acknowledged_message_lost_in_a_crash_is_found() {
    is_found(&LyingDisks, &[Promise::Acknowledged]);
}

#[test]
fn a_shown_message_lost_in_a_crash_is_found() {
    is_found(&LyingDisks, &[Promise::VisibleDurable]);
}

// --- servers ---------------------------------------------------------------------------------------------------------

/// Servers that take a commit for done when it begins: they know what the store will answer.
struct HastyServers(Shared);

type Shared = Arc<Mutex<Option<Memory>>>;

impl Machines for HastyServers {
    fn server(&self, config: server::Config, identity: KeyPair, snapshot: Snapshot, seed: [u8; 32]) -> Box<ServerNode> {
        let foreseen = WatchedDisk(Arc::clone(&self.0)).with(|memory| memory.clone());
        Box::new(HastyServer { inner: Server::new(config, identity, snapshot, seed), foreseen })
    }

    fn medium(&self, seed: [u8; 32]) -> Box<dyn Medium> {
        *self.0.lock().expect("one thread") = Some(Memory::new(seed));
        Box::new(WatchedDisk(Arc::clone(&self.0)))
    }
}

struct WatchedDisk(Shared);

impl WatchedDisk {
    fn with<T>(&self, act: impl FnOnce(&mut Memory) -> T) -> T {
        act(self.0.lock().expect("one thread").as_mut().expect("made with the disk"))
    }
}

impl Medium for WatchedDisk {
    fn store(&mut self) -> &mut dyn Store {
        self
    }

    fn crash(&mut self) {}
}

impl Store for WatchedDisk {
    fn snapshot(&mut self) -> Result<Snapshot, StoreError> {
        self.with(Store::snapshot)
    }

    fn commit(&mut self, batch: &[Write]) -> Result<Vec<Outcome>, StoreError> {
        self.with(|memory| memory.commit(batch))
    }
}

impl Read for WatchedDisk {
    fn load(&mut self, range: Range) -> Result<Page, StoreError> {
        self.with(|memory| memory.load(range))
    }

    fn query(&mut self, query: &Query) -> Result<Results, StoreError> {
        self.with(|memory| memory.query(query))
    }
}

struct HastyServer {
    inner: Server,
    foreseen: Memory,
}

impl Node for HastyServer {
    type Command = server::Command;
    type Notice = server::Notice;
    type Job = Job;
    type Done = Done;

    fn handle(&mut self, now: Now, input: Input<'_, server::Command, Done>) {
        if !matches!(input, Input::Done(Done::Committed(_))) {
            self.inner.handle(now, input);
        }
    }

    fn poll(&mut self, now: Now, buf: &mut [u8]) -> Output<server::Notice, Job> {
        let output = self.inner.poll(now, buf);
        if let Output::Job(Job::Store(StoreJob::Commit(batch))) = &output {
            let foreseen = self.foreseen.commit(batch);
            self.inner.handle(now, Input::Done(Done::Committed(foreseen)));
        }
        output
    }
}

#[test]
fn an_answer_before_the_commit_is_found() {
    is_found(&HastyServers(Arc::default()), &[Promise::Acknowledged, Promise::VisibleDurable]);
}

/// Servers that do not see that a room was shut: they go on sending it to whoever follows it from outside.
struct Inattentive;

impl Machines for Inattentive {
    fn server(&self, config: server::Config, identity: KeyPair, snapshot: Snapshot, seed: [u8; 32]) -> Box<ServerNode> {
        Box::new(InattentiveServer { inner: Server::new(config, identity, snapshot, seed), shut: Vec::new() })
    }
}

struct InattentiveServer {
    inner: Server,
    /// Which writes of the batch under way shut a room.
    shut: Vec<bool>,
}

impl Node for InattentiveServer {
    type Command = server::Command;
    type Notice = server::Notice;
    type Job = Job;
    type Done = Done;

    fn handle(&mut self, now: Now, input: Input<'_, server::Command, Done>) {
        let mut input = input;
        if let Input::Done(Done::Committed(Ok(outcomes))) = &mut input {
            for (outcome, _) in outcomes.iter_mut().zip(&self.shut).filter(|(_, shut)| **shut) {
                *outcome = Outcome::Refused(Refusal::Limit);
            }
        }
        self.inner.handle(now, input);
    }

    fn poll(&mut self, now: Now, buf: &mut [u8]) -> Output<server::Notice, Job> {
        let output = self.inner.poll(now, buf);
        if let Output::Job(Job::Store(StoreJob::Commit(batch))) = &output {
            let shuts = |write: &Write| {
                let Write::Append(append) = write else { return false };
                matches!(append.change, Change::Open(Access::Private, _) | Change::Ban(..))
            };
            self.shut = batch.iter().map(shuts).collect();
        }
        output
    }
}

#[test]
fn what_is_sent_to_whoever_may_not_read_it_is_found() {
    is_found(&Inattentive, &[Promise::OnlyReads]);
}

/// Clients that enter what they are to follow from outside.
struct Greedy;

impl Machines for Greedy {
    fn client(&self, config: client::Config, identity: KeyPair, seed: [u8; 32]) -> Box<ClientNode> {
        Box::new(GreedyClient(client::Client::new(config, identity, seed)))
    }
}

struct GreedyClient(client::Client);

impl Node for GreedyClient {
    type Command = client::Command;
    type Notice = Notice;
    type Job = client::Save;
    type Done = client::Saved;

    fn handle(&mut self, now: Now, input: Input<'_, client::Command, client::Saved>) {
        if let Input::Command(client::Command::Join { room, entering: client::Entering::Outside, start }) = input {
            self.0.handle(now, Input::Command(client::Command::join(room, start)));
        } else {
            self.0.handle(now, input);
        }
    }

    fn poll(&mut self, now: Now, buf: &mut [u8]) -> ClientOutput {
        self.0.poll(now, buf)
    }
}

#[test]
fn who_becomes_a_member_by_reading_is_found() {
    is_found(&Greedy, &[Promise::OnlyReads]);
}

/// Servers that answer every `Hello` with more than it brought.
struct Amplifiers;

impl Machines for Amplifiers {
    fn server(&self, config: server::Config, identity: KeyPair, snapshot: Snapshot, seed: [u8; 32]) -> Box<ServerNode> {
        Box::new(Amplifier { inner: Server::new(config, identity, snapshot, seed), extra: Vec::new() })
    }
}

struct Amplifier {
    inner: Server,
    extra: Vec<SocketAddr>,
}

impl Node for Amplifier {
    type Command = server::Command;
    type Notice = server::Notice;
    type Job = Job;
    type Done = Done;

    fn handle(&mut self, now: Now, input: Input<'_, server::Command, Done>) {
        if let Input::Datagram { from, bytes, .. } = &input
            && Kind::of(bytes) == Ok(Kind::Hello)
        {
            self.extra.push(*from);
        }
        self.inner.handle(now, input);
    }

    fn poll(&mut self, now: Now, buf: &mut [u8]) -> Output<server::Notice, Job> {
        match self.extra.pop() {
            Some(to) => Output::Transmit(Transmit { to, from: None, len: 300 }),
            None => self.inner.poll(now, buf),
        }
    }
}

#[test]
fn an_answer_larger_than_its_trigger_is_found() {
    is_found(&Amplifiers, &[Promise::NoAmplification]);
}

/// Servers that believe any clock where something is to be removed for its age.
struct CredulousServers;

impl Machines for CredulousServers {
    fn server(&self, config: server::Config, identity: KeyPair, snapshot: Snapshot, seed: [u8; 32]) -> Box<ServerNode> {
        Box::new(Credulous(Server::new(config, identity, snapshot, seed)))
    }
}

struct Credulous(Server);

impl Node for Credulous {
    type Command = server::Command;
    type Notice = server::Notice;
    type Job = Job;
    type Done = Done;

    fn handle(&mut self, now: Now, input: Input<'_, server::Command, Done>) {
        self.0.handle(now, input);
    }

    fn poll(&mut self, now: Now, buf: &mut [u8]) -> Output<server::Notice, Job> {
        let mut output = self.0.poll(now, buf);
        if let Output::Job(Job::Store(StoreJob::Commit(batch))) = &mut output {
            for write in batch {
                if let Write::Prune { at, .. } = write {
                    *at = Some(now.wall);
                }
            }
        }
        output
    }
}

#[test]
fn a_message_that_is_removed_by_a_clock_that_jumped_is_found() {
    let jumps = |seed: &u64| Plan::new(*seed).steps.iter().any(|(_, step)| matches!(step, Step::Prune(_)));
    let seeds: Vec<_> = (0..200).filter(jumps).collect();
    let is_early = |machines: &dyn Machines, seed| {
        let outcome = run_seed(seed, machines, Trace::default());
        outcome.findings.iter().any(|finding| finding.promise == Promise::KeptForItsTime)
    };
    assert!(seeds.iter().any(|&seed| is_early(&CredulousServers, seed)), "{} seeds and nobody noticed", seeds.len());
    assert!(!seeds.iter().any(|&seed| is_early(&Shipped, seed)), "where it is doubted, nothing goes early");
}

/// Servers that know nothing of epochs: to them, a log that is long enough is the one that a device saw.
struct TrustingServers;

impl Machines for TrustingServers {
    fn server(&self, config: server::Config, identity: KeyPair, snapshot: Snapshot, seed: [u8; 32]) -> Box<ServerNode> {
        let snapshot = Snapshot { epochs: Epochs::default(), ..snapshot };
        Box::new(Server::new(config, identity, snapshot, seed))
    }
}

#[test]
fn a_store_that_went_back_without_a_word_is_found() {
    let goes_back = |seed: &u64| Plan::new(*seed).theme == Theme::PutBack;
    let seeds: Vec<_> = (0..400).filter(goes_back).collect();
    let is_missed = |machines: &dyn Machines, seed| {
        let outcome = run_seed(seed, machines, Trace::default());
        outcome.findings.iter().any(|finding| finding.promise == Promise::CatchUp)
    };
    assert!(seeds.iter().any(|&seed| is_missed(&TrustingServers, seed)), "{} seeds and nobody noticed", seeds.len());
    assert!(!seeds.iter().any(|&seed| is_missed(&Shipped, seed)), "where it is told, nobody misses anything");
}
