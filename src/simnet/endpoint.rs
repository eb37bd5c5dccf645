//! An endpoint as a machine: sessions without chat, for tests, benchmarks and examples of the protocol alone.

use std::convert::Infallible;

use chinwag_node::{Input, Node, Output};
use chinwag_proto::endpoint::{Endpoint, Sink, Target};
use chinwag_proto::link::Source;
use chinwag_proto::time::Now;

/// An endpoint with its user: who has what its links are to send, and who hears what it tells. A command connects it.
pub struct EndpointNode<S, K> {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// Where its links find what they are to send.
    pub source: S,
    /// Who hears of its sessions.
    pub sink: K,
}

impl<S: Source, K: Sink> Node for EndpointNode<S, K> {
    type Command = Target;
    type Notice = Infallible;
    type Job = Infallible;
    type Done = Infallible;

    fn handle(&mut self, now: Now, input: Input<'_, Target, Infallible>) {
        match input {
            Input::Datagram { from, local, bytes } => {
                // What is dropped is counted in the endpoint; nothing more is to be done about it.
                let _dropped = self.endpoint.datagram(now.mono, from, local, bytes, &mut self.sink);
            }
            Input::Timeout => self.endpoint.timeout(now.mono, &mut self.sink),
            Input::Command(target) => self.endpoint.connect(now.mono, target),
            Input::Done(never) => match never {},
        }
    }

    fn poll(&mut self, now: Now, buf: &mut [u8]) -> Output<Infallible, Infallible> {
        match self.endpoint.poll(now.mono, &mut self.source, buf, &mut self.sink) {
            Some(transmit) => Output::Transmit(transmit),
            None => Output::Wait(self.endpoint.deadline()),
        }
    }
}
