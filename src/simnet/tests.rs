//! Machines that only send and read, on a network.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};

use chinwag_node::{Input, Node, Output};
use chinwag_proto::endpoint::Transmit;
use chinwag_proto::limits::DATAGRAM_MAX_LEN;
use chinwag_proto::time::{Instant, Now};

use crate::either::Either;
use crate::links::{Cut, HostId};
use crate::network::Network;
use crate::process::Effect;

/// Sends what it is told to, has each datagram that it gets looked at, and says what was seen.
#[derive(Default)]
struct Reader {
    out: VecDeque<(SocketAddr, Vec<u8>)>,
    work: VecDeque<String>,
    seen: VecDeque<String>,
    /// What it names as its own address.
    own: Option<IpAddr>,
}

impl Node for Reader {
    type Command = (SocketAddr, &'static str);
    type Notice = String;
    type Job = String;
    type Done = String;

    fn handle(&mut self, now: Now, input: Input<'_, Self::Command, String>) {
        match input {
            Input::Datagram { from, bytes, .. } => {
                self.work.push_back(format!("{} {from} {}", now.mono, String::from_utf8_lossy(bytes)));
            }
            Input::Command((to, text)) => self.out.push_back((to, text.into())),
            Input::Done(done) => self.seen.push_back(done),
            Input::Timeout => {}
        }
    }

    fn poll(&mut self, _: Now, buf: &mut [u8]) -> Output<String, String> {
        assert!(buf.len() >= DATAGRAM_MAX_LEN);
        if let Some((to, bytes)) = self.out.pop_front() {
            buf[..bytes.len()].copy_from_slice(&bytes);
            return Output::Transmit(Transmit { to, from: self.own, len: bytes.len() });
        }
        let work = self.work.pop_front().map(Output::Job);
        work.or_else(|| self.seen.pop_front().map(Output::Notice)).unwrap_or(Output::Wait(None))
    }
}

fn addr(host: u8) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, host], 9))
}

fn at(ms: u64) -> Instant {
    Instant::from_micros(ms * 1_000)
}

fn network(hosts: u8) -> Network<Reader> {
    network_in("delay=10ms", 1, hosts)
}

fn network_in(weather: &str, seed: u64, hosts: u8) -> Network<Reader> {
    let mut network = Network::new(seed);
    for host in 0..hosts {
        let host = network.add(addr(host));
        network.set_weather(host, &weather.parse().expect("weather"));
        network.start(host, Box::default());
    }
    network
}

/// What is said by then, where each look takes 1 ms.
fn said(network: &mut Network<Reader>, ms: u64) -> Vec<(usize, String)> {
    let mut said = Vec::new();
    while let Some((host, effect)) = network.next(at(ms)) {
        match effect {
            Effect::Job(job) => network.done(host, 1_000, job),
            Effect::Notice(notice) => said.push((host.0, notice)),
            Effect::Send { .. } => panic!("nobody asked"),
        }
    }
    said
}

#[test]
fn a_datagram_crosses_two_links_and_a_job_comes_back() {
    let mut network = network(2);
    network.command(HostId(0), (addr(1), "hi"));
    assert!(said(&mut network, 20).is_empty());
    assert_eq!(network.now(), at(20));
    assert_eq!(said(&mut network, 30), [(1, "20.000ms 10.0.0.0:9 hi".into())]);
    assert_eq!((network.now(), network.deadline()), (at(30), None));
}

#[test]
fn every_member_of_a_group_has_a_copy_the_sender_too_and_none_that_is_cut_off() {
    let mut network = network(3);
    let group = SocketAddr::from(([239, 0, 0, 1], 9));
    (0..3).for_each(|host| network.attach(HostId(host), group));
    network.set_cut(HostId(1), Cut { up: false, down: true });
    network.command(HostId(0), (group, "all"));
    assert_eq!(said(&mut network, 50).iter().map(|(host, _)| *host).collect::<Vec<_>>(), [0, 2]);
}

#[test]
fn what_is_under_way_misses_a_host_that_moves_and_a_process_that_is_another() {
    let mut network = network(2);
    network.command(HostId(0), (addr(1), "too late"));
    assert!(said(&mut network, 15).is_empty());
    network.roam(HostId(1), addr(7));
    assert!(said(&mut network, 50).is_empty());
    network.command(HostId(0), (addr(7), "looked at"));
    let (host, job) = network.next(at(70)).expect("a look");
    let Effect::Job(job) = job else { panic!("a look: {job:?}") };
    network.done(host, 1_000, job.clone());
    network.start(HostId(1), Box::default());
    assert!(said(&mut network, 90).is_empty(), "its process is gone");
    network.done(host, 1_000, job);
    assert_eq!(said(&mut network, 100).len(), 1);
}

#[test]
fn a_host_sends_from_the_address_that_its_machine_names_while_it_has_that() {
    let mut network = network(2);
    let second = addr(7);
    network.attach(HostId(0), second);
    network.node_mut(HostId(0)).expect("it runs").own = Some(second.ip());
    network.command(HostId(0), (addr(1), "a"));
    assert_eq!(said(&mut network, 100), [(1, "20.000ms 10.0.0.7:9 a".into())]);
    network.detach(second);
    network.command(HostId(0), (addr(1), "b"));
    assert_eq!(said(&mut network, 200), [(1, "120.000ms 10.0.0.0:9 b".into())]);
    network.set_source(|addr, _| SocketAddr::new(addr.ip(), 77));
    network.command(HostId(0), (addr(1), "c"));
    assert_eq!(said(&mut network, 300), [(1, "220.000ms 10.0.0.0:77 c".into())]);
}

#[test]
fn the_same_seed_gives_the_same_run_and_another_one_another() {
    let [once, again, another] = [5, 5, 6].map(|seed| {
        let mut network = network_in("loss=30%,dup=10%,delay=10ms±5ms", seed, 2);
        (0..100).for_each(|_| network.command(HostId(0), (addr(1), "hi")));
        said(&mut network, 1_000)
    });
    assert!(once == again && once != another, "{once:?} {again:?} {another:?}");
}

#[test]
fn what_a_machine_sends_is_told_to_whoever_wants_it() {
    let mut network = network(1);
    network.tell_datagrams();
    network.command(HostId(0), (addr(5), "hi"));
    let sent = Effect::Send { to: addr(5), from: None, bytes: b"hi".to_vec() };
    assert_eq!(network.next(at(1)), Some((HostId(0), sent)));
}

#[test]
fn two_types_of_machines_share_a_network() {
    let mut network: Network<Either<Reader, Other>> = Network::new(1);
    let (reader, other) = (network.add(addr(0)), network.add(addr(1)));
    network.start(reader, Box::new(Either::A(Reader::default())));
    network.start(other, Box::new(Either::B(Other(Reader::default()))));
    network.command(reader, Either::A((addr(1), "to b")));
    network.command(other, Either::B((addr(0), "to a")));
    let jobs =
        [0; 2].map(|_| network.next(at(5)).map(|(host, effect)| (host, matches!(effect, Effect::Job(Either::B(_))))));
    assert_eq!(jobs.map(|job| job.expect("a job")), [(other, true), (reader, false)]);
}

/// Another type.
struct Other(Reader);

impl Node for Other {
    type Command = (SocketAddr, &'static str);
    type Notice = String;
    type Job = String;
    type Done = String;

    fn handle(&mut self, now: Now, input: Input<'_, Self::Command, String>) {
        self.0.handle(now, input);
    }

    fn poll(&mut self, now: Now, buf: &mut [u8]) -> Output<String, String> {
        self.0.poll(now, buf)
    }
}
