//! A server that does not run is asked over its store alone: the same machine, without a socket.

use chinwag_proto::endpoint::KeyPair;
use chinwag_proto::rng::Rng;
use chinwag_proto::time::Now;

use super::reply::Reply;
use crate::node::{Input, Node as _, Output};
use crate::passwords::Hasher;
use crate::server::{Command, Config, Done, Job, Notice, Operation, OperatorTag, Server, Verdict};
use crate::store::{Store, StoreError};

/// Asks, and gives the reply when it is durable.
///
/// # Errors
/// The store fails, or is full.
pub fn operate<S: Store>(mut store: S, operation: Operation, now: Now, rng: &mut Rng) -> Result<Reply, StoreError> {
    let snapshot = store.snapshot()?;
    let mut server = Server::new(Config::default(), KeyPair::from_secret(rng.bytes()), snapshot, rng.bytes());
    let hasher = Hasher::dear();
    let mut buf = vec![0; chinwag_proto::limits::DATAGRAM_MAX_LEN];
    server.handle(now, Input::Command(Command::Operate(OperatorTag(0), operation)));
    let mut reply = None;
    loop {
        match server.poll(now, &mut buf) {
            Output::Job(job) => {
                let done = match job {
                    Job::Store(job) => job.run(&mut store),
                    Job::Hash(id, hash) => Done::Hashed(id, hasher.hash(&hash)),
                    Job::Ask(id, _) => Done::Told(id, Verdict::no_program()),
                };
                server.handle(now, Input::Done(done));
            }
            Output::Notice(Notice::StoreFailed(error)) => return Err(error),
            Output::Notice(notice) => reply = reply.or_else(|| Reply::of_notice(notice).map(|(_, reply)| reply)),
            // Nobody is connected.
            Output::Transmit(_) => {}
            Output::Wait(_) => break,
        }
    }
    Ok(reply.unwrap_or(Reply::Done))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chinwag_proto::time::WallTime;
    use chinwag_proto::wire::id::PublicKey;
    use chinwag_proto::wire::message::{Refusal, Secret};

    use crate::store::memory::Memory;
    use crate::store::{NewAccount, Write};

    #[test]
    fn a_password_is_set_without_a_running_server() {
        let mut store = Memory::new([1; 32]);
        let new = NewAccount {
            name: "ann".into(),
            skeleton: "ann".into(),
            device: PublicKey([1; 32]),
            label: String::new(),
            phc: None,
            invite: None,
            is_vouched: false,
            at: WallTime::from_unix_millis(0),
        };
        store.commit(&[Write::Account(new)]).expect("room for it");
        let now = Now { wall: WallTime::from_unix_millis(1), ..Now::default() };
        let mut rng = Rng::from_seed([9; 32]);
        let mut set = |account: &str, password: &str| {
            let (account, password) = (account.to_owned(), Secret::from(password.to_owned()));
            operate(store.clone(), Operation::SetPassword { account, password }, now, &mut rng)
        };
        assert_eq!(set("ann", "correct horse"), Ok(Reply::Done));
        assert_eq!(set("ann", "short"), Ok(Reply::Refused(Refusal::PasswordUnfit)));
        assert_eq!(set("bob", "correct horse"), Ok(Reply::Refused(Refusal::NoSuchAccount)));
    }
}
