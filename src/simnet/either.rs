//! Two types of machines on one network: a server and its clients, say.

use chinwag_node::{Input, Node, Output};
use chinwag_proto::time::Now;

/// One machine or the other; or what goes to it, or comes from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Either<A, B> {
    /// The one.
    A(A),
    /// The other.
    B(B),
}

impl<A: Node, B: Node> Node for Either<A, B> {
    type Command = Either<A::Command, B::Command>;
    type Notice = Either<A::Notice, B::Notice>;
    type Job = Either<A::Job, B::Job>;
    type Done = Either<A::Done, B::Done>;

    /// # Panics
    /// If a command or a completion is one for the other type of machine: the caller has mistaken the host.
    fn handle(&mut self, now: Now, input: Input<'_, Self::Command, Self::Done>) {
        const MISTAKEN: &str = "this is for the other type of machine";
        match self {
            Self::A(node) => node.handle(now, narrow(input, |c| c.a().expect(MISTAKEN), |d| d.a().expect(MISTAKEN))),
            Self::B(node) => node.handle(now, narrow(input, |c| c.b().expect(MISTAKEN), |d| d.b().expect(MISTAKEN))),
        }
    }

    fn poll(&mut self, now: Now, buf: &mut [u8]) -> Output<Self::Notice, Self::Job> {
        match self {
            Self::A(node) => widen(node.poll(now, buf), Either::A, Either::A),
            Self::B(node) => widen(node.poll(now, buf), Either::B, Either::B),
        }
    }
}

impl<A, B> Either<A, B> {
    /// The one, if it is that.
    pub fn a(self) -> Option<A> {
        match self {
            Self::A(a) => Some(a),
            Self::B(_) => None,
        }
    }

    /// The other, if it is that.
    pub fn b(self) -> Option<B> {
        match self {
            Self::A(_) => None,
            Self::B(b) => Some(b),
        }
    }
}

fn narrow<C, D, C2, D2>(
    input: Input<'_, C, D>,
    command: impl Fn(C) -> C2,
    done: impl Fn(D) -> D2,
) -> Input<'_, C2, D2> {
    match input {
        Input::Datagram { from, local, bytes } => Input::Datagram { from, local, bytes },
        Input::Timeout => Input::Timeout,
        Input::Done(d) => Input::Done(done(d)),
        Input::Command(c) => Input::Command(command(c)),
    }
}

fn widen<N, J, N2, J2>(output: Output<N, J>, notice: impl Fn(N) -> N2, job: impl Fn(J) -> J2) -> Output<N2, J2> {
    match output {
        Output::Transmit(transmit) => Output::Transmit(transmit),
        Output::Job(j) => Output::Job(job(j)),
        Output::Notice(n) => Output::Notice(notice(n)),
        Output::Wait(deadline) => Output::Wait(deadline),
    }
}
