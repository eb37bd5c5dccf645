//! A client's loop on its thread; and one that only asks a server for its key.

use std::fmt;
use std::net::{Ipv6Addr, SocketAddr};
use std::time::Duration;

use chinwag_client_core::{self as core, Command, Connection, Notice};
use chinwag_drive::{self as drive, Clock, Handle, Options, Worker, entropy};
use chinwag_net as net;
use chinwag_proto::endpoint::{KeyPair, Target};
use chinwag_proto::weather::Spec;
use chinwag_proto::wire::id::PublicKey;

use super::device::Device;
use super::error::{ConnectError, Silence};
use super::keeper::nothing;
use super::server_name::ServerName;

/// Who is told that nobody has answered yet.
pub(super) struct Unanswered(pub(super) Box<dyn FnMut(&Silence) + Send>);

impl fmt::Debug for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Unanswered(..)")
    }
}

/// Asks a server that nobody trusts yet for its key. It proves to have it by the handshake; nothing else is said to it.
pub(super) fn key_at(
    device: &Device,
    server: &ServerName,
    addrs: &[SocketAddr],
    weather: Option<&Spec>,
    patience: Option<Duration>,
    unanswered: &mut Unanswered,
) -> Result<PublicKey, ConnectError> {
    let (handle, refusals) = spawn(device, core::Config::new(""), weather, nothing())?;
    let target = Target { addrs: addrs.to_vec(), pin: None, join_key: None, enrolled: false };
    let stopped = |_| ConnectError::Stopped(None);
    handle.send(Command::Connect(target)).map_err(stopped)?;
    loop {
        let Notice::Connection(connection) = handle.recv().map_err(stopped)? else { continue };
        match connection {
            Connection::Unpinned { key, .. } => return Ok(key),
            Connection::WrongVersion { theirs } => return Err(ConnectError::Version(theirs)),
            Connection::Trying { attempts, elapsed } => {
                let silence = Silence { attempts, elapsed, addrs: addrs.to_vec(), refused: refusals.all(), why: None };
                if patience.is_some_and(|patience| elapsed >= patience) {
                    return Err(ConnectError::NoAnswer { server: server.to_string(), silence });
                }
                (unanswered.0)(&silence);
            }
            // Nothing else comes of a server that is only asked for its key.
            Connection::WrongKey { .. }
            | Connection::JoinKeyRefused
            | Connection::Up { .. }
            | Connection::LoggedIn { .. }
            | Connection::LoginRefused(_)
            | Connection::Suspect
            | Connection::Alive
            | Connection::Lost { .. }
            | Connection::Ended { .. } => {}
        }
    }
}

type Saver = Box<dyn Worker<core::Save, core::Saved>>;

/// Starts a client.
pub(super) fn spawn(
    device: &Device,
    config: core::Config,
    weather: Option<&Spec>,
    saver: Saver,
) -> Result<(Handle<core::Client>, net::Refusals), ConnectError> {
    let mut rng = entropy::rng().map_err(ConnectError::System)?;
    let node = core::Client::new(config, KeyPair::from_secret(device.secret), rng.bytes());
    let socket = net::bind(SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)))?;
    let refusals = socket.refusals();
    let options = Options { weather: weather.cloned(), ..Options::new(Clock::start()) };
    let handle = drive::spawn(node, socket, saver, options).map_err(ConnectError::System)?;
    Ok((handle, refusals))
}
