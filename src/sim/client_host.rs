//! A client's host: its process, its addresses, what its disk holds, and the person or program in front of it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use chinwag_proto::endpoint::{KeyPair, Target};
use chinwag_proto::rng::Rng;
use chinwag_proto::time::Instant;
use chinwag_proto::wire::id::{PublicKey, RoomId};
use chinwag_proto::wire::message::{Facts, Post, Presence, Wire as _};

use super::check::Findings;
use super::check::text::Said;
use super::check::transcript::Transcript;
use super::machines::{ClientNode, Machines};
use super::network::HostId;
use super::plan::ClientPlan;
use super::server_host;
use chinwag_client_core::{self as client, Command, Entering, Save, SavedPost, Start};
use chinwag_keep::{Keep as _, Memory};
use chinwag_simnet::process::{Clock, Process};

/// Tags of pins are above those of what is said.
pub(super) const PIN_TAGS: u64 = 1 << 63;

/// A client, running or not.
pub(super) struct ClientHost {
    pub(super) id: HostId,
    pub(super) plan: ClientPlan,
    pub(super) name: String,
    pub(super) process: Option<Process<ClientNode>>,
    pub(super) run_at: Option<Instant>,
    pub(super) link_at: Option<Instant>,
    pub(super) asleep_until: Instant,
    pub(super) addr: SocketAddr,
    pub(super) transcript: Transcript,
    /// Rooms that it follows whenever it runs.
    pub(super) wanted: BTreeSet<usize>,
    /// Rooms that it follows from outside whenever it runs.
    pub(super) followed: BTreeSet<usize>,
    pub(super) quitting: bool,
    /// Things said in this life.
    pub(super) said: u32,
    /// Pins tried in all lives.
    pub(super) pinned: u64,
    /// What its disk holds beside cursors: what was said and has no answer.
    keep: Memory,
    pub(super) records: BTreeMap<u64, Save>,
    pub(super) records_started: u64,
    pub(super) wall_zero_ms: u64,
    pub(super) seen: Seen,
    moves: u16,
    /// The server's key is known here.
    pub(super) pin: Option<PublicKey>,
    /// This device was let in before.
    pub(super) enrolled: bool,
    secret: [u8; 32],
    rng: Rng,
}

/// What an observer notes of a client's life, to tell the situations apart.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Its session stands, as far as it says.
    pub(super) up: bool,
    /// A reset reached it and it has not begun a handshake since.
    pub(super) reset: bool,
    /// Its address changed and it has not begun a handshake since.
    pub(super) moved: bool,
    /// Far behind in these rooms, until it shows the entry with this number.
    pub(super) catching_up: BTreeMap<RoomId, u64>,
    /// The rosters that it showed when it was asked.
    pub(super) rosters: BTreeMap<String, Vec<(String, Presence)>>,
    /// What it shows to hold in rooms, by room.
    pub(super) facts: BTreeMap<String, Facts>,
    /// Datagrams from and to it since the network healed and calmed.
    pub(super) idle_datagrams: u64,
}

impl ClientHost {
    pub(super) fn new(
        id: HostId,
        plan: ClientPlan,
        device: (String, [u8; 32]),
        neighbour: IpAddr,
        mut rng: Rng,
    ) -> Self {
        let (name, secret) = device;
        Self {
            id,
            name,
            process: None,
            run_at: None,
            link_at: None,
            asleep_until: Instant::EPOCH,
            addr: SocketAddr::new(neighbour, 40_000 + u16::try_from(id.0).expect("few clients")),
            transcript: Transcript::new(id),
            wanted: BTreeSet::new(),
            followed: BTreeSet::new(),
            quitting: false,
            said: 0,
            pinned: 0,
            keep: Memory::default(),
            records: BTreeMap::new(),
            records_started: 0,
            wall_zero_ms: 1_700_000_000_000 + rng.below(1_000_000_000),
            seen: Seen::default(),
            moves: 0,
            pin: None,
            enrolled: false,
            secret,
            plan,
            rng,
        }
    }

    /// The address of a client's host, before it moves.
    pub(super) fn first_ip(id: HostId, ipv6: bool) -> IpAddr {
        let n = u8::try_from(id.0).expect("few clients");
        if ipv6 {
            IpAddr::V6(Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 1, u16::from(n)))
        } else {
            IpAddr::V4(Ipv4Addr::new(10, 0, 1, n))
        }
    }

    /// It runs and means to stay.
    pub(super) fn is_there(&self) -> bool {
        self.process.is_some() && !self.quitting
    }

    /// The next address: another one altogether, or only another port, as behind a translator that forgot.
    pub(super) fn next_addr(&mut self) -> SocketAddr {
        self.moves += 1;
        if self.rng.chance(0.4) {
            return SocketAddr::new(self.addr.ip(), 50_000 + self.moves * 16 + u16::try_from(self.id.0).expect("few"));
        }
        let n = u8::try_from(self.id.0).expect("few clients");
        let ip = match self.addr.ip() {
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::new(10, 0, 1 + self.moves.to_le_bytes()[0], n)),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 1 + self.moves, u16::from(n))),
        };
        SocketAddr::new(ip, self.addr.port())
    }

    /// Starts its process, and asks of it what its user would.
    pub(super) fn start(&mut self, machines: &dyn Machines, target: Target) {
        let outbox = self.keep.outbox().to_vec();
        let cursors = self.transcript.start(outbox.iter().filter_map(said));
        let kept = self.keep.load().unwrap_or_default();
        let (leaving, sent) = (kept.leaving, kept.sent);
        let config = client::Config {
            cursors,
            sent,
            outbox,
            leaving,
            keeps_outbox: true,
            ..client::Config::new(self.name.clone())
        };
        let node = machines.client(config, KeyPair::from_secret(self.secret), self.rng.bytes());
        let mono_ahead_us = self.rng.below(1 << 40);
        let clock = Clock { mono_ahead_us, wall_zero_ms: self.wall_zero_ms, ..Clock::default() };
        let mut process = Process::new(node, self.plan.schedule, clock);
        process.command(Command::Connect(target));
        self.said = 0;
        self.quitting = false;
        self.asleep_until = Instant::EPOCH;
        self.seen = Seen::default();
        self.process = Some(process);
        for room in self.wanted.clone() {
            self.join(room);
        }
        for room in self.followed.clone() {
            self.follow(room);
        }
    }

    /// Whom it connects to.
    pub(super) fn target(&self, server: PublicKey, join_key: Option<[u8; 32]>) -> Target {
        let addr = server_host::ADDRESSES[usize::from(self.plan.ipv6)];
        let pin = self.pin.or((!self.plan.trusts).then_some(server));
        Target { addrs: vec![addr], pin, join_key, enrolled: self.enrolled }
    }

    /// Enters a room, now if it runs.
    pub(super) fn join(&mut self, room: usize) {
        self.wanted.insert(room);
        let (room, start) = self.start_of(room);
        if let Some(process) = &mut self.process {
            process.command(Command::join(room, start));
        }
    }

    /// Follows a room from outside, now if it runs.
    pub(super) fn follow(&mut self, room: usize) {
        self.followed.insert(room);
        let (room, start) = self.start_of(room);
        if let Some(process) = &mut self.process {
            process.command(Command::Join { room, entering: Entering::Outside, start });
        }
    }

    /// A room's name, and where it is to begin.
    fn start_of(&self, room: usize) -> (String, Start) {
        let name = room_name(room);
        let resume = Start::Resume { recent: RECENT, behind_max: self.plan.behind_max };
        let start = if self.plan.from_start && !self.transcript.has_recorded(&name) { Start::All } else { resume };
        (name, start)
    }

    /// A record of it is durable.
    pub(super) fn recorded(&mut self, save: &Save, findings: &mut Findings) {
        for cursor in &save.cursors {
            self.transcript.recorded(cursor, findings);
        }
        // In memory nothing fails.
        let _ = self.keep.save(save);
    }

    /// The process is gone. Its records under way are durable already, or never.
    pub(super) fn end(&mut self) -> Vec<Save> {
        self.process = None;
        self.quitting = false;
        let under_way = std::mem::take(&mut self.records);
        under_way.into_values().take_while(|_| self.rng.chance(0.5)).collect()
    }
}

/// Which of the things that were said here a post is.
fn said(post: &SavedPost) -> Option<Said> {
    let post = Post::decode(&post.post).ok()?;
    post.body.text()?.parse().ok()
}

/// A room's name as it is shown.
pub(super) fn room_name(room: usize) -> String {
    format!("#room{room}")
}

const RECENT: u64 = 200;
