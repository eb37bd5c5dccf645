//! Whether something with a server's key is where a beacon says that it is: a handshake as nobody, and goodbye.

use std::convert::Infallible;
use std::net::{Ipv6Addr, SocketAddr};
use std::time::Duration;

use chinwag_proto::endpoint::{KeyPair, Target};
use chinwag_proto::wire::id::PublicKey;

use crate::drive::{self, Clock, Inline, Options, entropy};
use crate::net;
use crate::probe::{Command, Notice, Probe};

use super::super::failure::Failure;
use super::super::start;

/// How long that may take.
const PATIENCE: Duration = Duration::from_millis(1_500);

/// Whether it has proved its key, or wants a join key before it does.
pub(super) fn answers(addrs: &[SocketAddr], key: PublicKey) -> Result<bool, Failure> {
    let mut rng = entropy::rng().map_err(start::system)?;
    let socket = net::bind((Ipv6Addr::UNSPECIFIED, 0).into())?;
    let worker = Box::new(Inline(|never: Infallible| match never {}));
    let node = Probe::new(KeyPair::from_secret(rng.bytes()), rng.bytes());
    let probe = drive::spawn(node, socket, worker, Options::new(Clock::start())).map_err(start::system)?;
    let target = Target { addrs: addrs.to_vec(), pin: Some(key), join_key: None, enrolled: false };
    let _ = probe.send(Command::Try(target));
    let answers = loop {
        match probe.recv_timeout(PATIENCE) {
            Ok(Some(Notice::Up { .. } | Notice::JoinKeyRefused | Notice::WrongVersion { .. })) => break true,
            Ok(Some(Notice::Unanswered { elapsed, .. })) if elapsed < PATIENCE => {}
            Ok(_) | Err(_) => break false,
        }
    };
    let _ = probe.stop();
    Ok(answers)
}
