//! The server: peer table, rooms, accounts, presence. PURE: no socket, clock, thread, file or entropy of its own.

mod command;
mod config;
mod job;
mod notice;

pub use command::Command;
pub use config::Config;
pub use job::{Done, Job};
pub use notice::{Notice, Status};

use std::collections::VecDeque;

use chinwag_proto::endpoint::{self, Endpoint, KeyPair};
use chinwag_proto::link::{Lookup, Role, Source};
use chinwag_proto::rng::Rng;
use chinwag_proto::time::Now;
use chinwag_proto::wire::id::{InstanceId, PresenceVersion, RoomId};

use crate::node::{Input, Node, Output};
use crate::store::Snapshot;

/// A server, from datagram to log.
pub struct Server {
    endpoint: Endpoint,
    config: Config,
    snapshot: Snapshot,
    notices: VecDeque<Notice>,
}

impl Server {
    /// A server with this identity that goes on from what a store holds.
    #[must_use]
    pub fn new(config: Config, identity: KeyPair, snapshot: Snapshot, seed: [u8; 32]) -> Self {
        let mut rng = Rng::from_seed(seed);
        let instance = InstanceId(rng.fork("instance").u64());
        let endpoint = Endpoint::new(
            endpoint::Config {
                role: Role::Server,
                instance,
                join_key: config.join_key,
                ping_interval: config.ping_interval,
                ack_delay: config.ack_delay,
                speculative: config.speculative,
                sessions_max: config.sessions_max,
            },
            identity,
            rng.fork("endpoint"),
        );
        Self { endpoint, config, snapshot, notices: VecDeque::new() }
    }
}

impl Node for Server {
    type Command = Command;
    type Notice = Notice;
    type Job = Job;
    type Done = Done;

    fn handle(&mut self, now: Now, input: Input<'_, Command, Done>) {
        match input {
            Input::Datagram { from, local, bytes } => {
                let _counted = self.endpoint.datagram(now.mono, from, local, bytes, &mut Deaf);
            }
            Input::Timeout => self.endpoint.timeout(now.mono, &mut Deaf),
            Input::Done(_) => {}
            Input::Command(Command::Stop { .. }) => self.notices.push_back(Notice::Stopped),
            Input::Command(Command::Status) => {
                let rooms = self.snapshot.rooms.len();
                self.notices.push_back(Notice::Status(Box::new(Status { rooms, ..Status::default() })));
            }
        }
    }

    fn poll(&mut self, now: Now, buf: &mut [u8]) -> Output<Notice, Job> {
        if let Some(notice) = self.notices.pop_front() {
            return Output::Notice(notice);
        }
        match self.endpoint.poll(now.mono, &mut Deaf, buf, &mut Deaf) {
            Some(transmit) => Output::Transmit(transmit),
            None => Output::Wait(self.endpoint.deadline()),
        }
    }
}

struct Deaf;

impl endpoint::Sink for Deaf {
    fn event(&mut self, _: endpoint::Event<'_>) {}
}

impl Source for Deaf {
    fn entry(&mut self, _: RoomId, _: u64) -> Lookup<'_> {
        Lookup::Absent
    }

    fn presence(
        &mut self,
        _: RoomId,
        _: PresenceVersion,
        _: PresenceVersion,
        _: &mut [u8],
    ) -> Option<(usize, PresenceVersion)> {
        None
    }
}
