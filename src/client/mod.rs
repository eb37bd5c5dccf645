//! The client: outbox, timelines, roster, and what a user interface needs of them. PURE: no socket, clock, thread, file or
//! entropy of its own.

mod command;
mod config;
mod notice;
mod save;

pub use command::{Command, Start};
pub use config::Config;
pub use notice::{Connection, Notice};
pub use save::{Save, Saved, SavedCursor};

use std::collections::VecDeque;
use std::time::Duration;

use chinwag_proto::endpoint::{self, Endpoint, KeyPair};
use chinwag_proto::limits::PING_INTERVAL_MS;
use chinwag_proto::link::{Lookup, Role, Source};
use chinwag_proto::rng::Rng;
use chinwag_proto::time::Now;
use chinwag_proto::wire::id::{InstanceId, PresenceVersion, RoomId};

use crate::node::{Input, Node, Output};

/// A client, from key press to datagram.
pub struct Client {
    endpoint: Endpoint,
    config: Config,
    notices: VecDeque<Notice>,
}

impl Client {
    /// A client with this device's identity.
    #[must_use]
    pub fn new(config: Config, identity: KeyPair, seed: [u8; 32]) -> Self {
        let mut rng = Rng::from_seed(seed);
        let instance = InstanceId(rng.fork("instance").u64());
        let endpoint = Endpoint::new(
            endpoint::Config {
                role: Role::Client,
                instance,
                join_key: None,
                ping_interval: Duration::from_millis(PING_INTERVAL_MS),
                ack_delay: Duration::ZERO,
                speculative: config.speculative,
                sessions_max: 1,
            },
            identity,
            rng.fork("endpoint"),
        );
        Self { endpoint, config, notices: VecDeque::new() }
    }
}

impl Node for Client {
    type Command = Command;
    type Notice = Notice;
    type Job = Save;
    type Done = Saved;

    fn handle(&mut self, now: Now, input: Input<'_, Command, Saved>) {
        match input {
            Input::Datagram { from, local, bytes } => {
                let _counted = self.endpoint.datagram(now.mono, from, local, bytes, &mut Deaf);
            }
            Input::Timeout => self.endpoint.timeout(now.mono, &mut Deaf),
            Input::Done(Saved) => {}
            Input::Command(Command::Connect(target)) => self.endpoint.connect(now.mono, target),
            Input::Command(Command::Quit) => {
                self.endpoint.disconnect(now.mono, &self.config.name);
                self.notices.push_back(Notice::Stopped);
            }
            Input::Command(_) => {}
        }
    }

    fn poll(&mut self, now: Now, buf: &mut [u8]) -> Output<Notice, Save> {
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
