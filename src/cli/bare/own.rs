//! The server in this process, which hosts where nobody else does.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::mpsc::sync_channel;
use std::thread::JoinHandle;

use chinwag_proto::endpoint::KeyPair;
use chinwag_proto::limits::CHAT_PORT;
use chinwag_proto::rng::Rng;
use chinwag_proto::wire::datagram::BeaconFlags;
use chinwag_proto::wire::id::PublicKey;

use crate::config::Home;
use crate::discovery::Notice;
use crate::drive::Commands;
use crate::server;

use super::super::args;
use super::super::failure::{Exit, Failure};
use super::super::output::{ask, tell};
use super::super::roaming::Hosting;
use super::super::serve::{Company, Hosted, Wanted};
use super::super::signals::watch_signals;
use super::person::{Person, answer, is_at_terminal};
use crate::client::machine_name;
use crate::client::{ServerName, name_of};

/// The server in this process.
pub(super) struct Own {
    pub(super) server: ServerName,
    pub(super) called: String,
    pub(super) key: PublicKey,
    pub(super) addr: SocketAddr,
    commands: Commands<server::Command>,
    company: Company,
    ready: Option<Hosted>,
    thread: Option<JoinHandle<Result<(), Failure>>>,
}

impl Own {
    /// A server that is ready, and that nobody is told of yet.
    pub(super) fn start(home: &Home, person: &Person, rng: &mut Rng) -> Result<Box<Self>, Failure> {
        let called = own_name(home, person, rng)?;
        let wanted = |port| Wanted {
            listen: SocketAddr::from((Ipv6Addr::UNSPECIFIED, port)),
            config: server::Config { name: called.clone(), ..server::Config::default() },
            durability: args::Durability::Fsync,
            is_new: false,
            program: None,
            weather: None,
        };
        let hosted = match Hosted::start(home, wanted(CHAT_PORT), rng) {
            Err(failure) if failure.exit == Exit::Connect => Hosted::start(home, wanted(0), rng)?,
            hosted => hosted?,
        };
        let ip = if hosted.addr().is_ipv6() { Ipv6Addr::LOCALHOST.into() } else { IpAddr::V4(Ipv4Addr::LOCALHOST) };
        let key = hosted.key();
        Ok(Box::new(Self {
            server: name_of(home, &key, &called)?,
            called,
            key,
            addr: SocketAddr::new(ip, hosted.addr().port()),
            commands: hosted.commands(),
            company: hosted.company(),
            ready: Some(hosted),
            thread: None,
        }))
    }

    /// What a chat beside it knows of it.
    pub(super) fn hosting(&self, has_history: bool) -> Hosting {
        let commands = self.commands.clone();
        let stop = Box::new(move |reason| {
            // One that has ended wants nothing more.
            let _ = commands.send(server::Command::Stop { reason });
        });
        Hosting { key: self.key, has_history, company: self.company.clone(), stop }
    }

    /// Says on the subnet that it is here, and serves. What is heard of others goes to `heard`; `expected` are heard in any
    /// crowd.
    pub(super) fn announce(
        &mut self,
        expected: &[PublicKey],
        heard: impl Fn(Notice) + Send + 'static,
    ) -> Result<(), Failure> {
        let Some(mut hosted) = self.ready.take() else { return Ok(()) };
        hosted.announce(BeaconFlags::CASUAL, heard);
        hosted.seek(expected);
        let thread = std::thread::Builder::new().name("server".to_owned()).spawn(move || hosted.serve(None));
        self.thread = Some(thread.map_err(Failure::system)?);
        Ok(())
    }

    /// The chat has ended: goes on serving, if others are here and the person wants that. It may have ended before, when the
    /// chat went elsewhere.
    pub(super) fn end(self, name: &str) -> Result<(), Failure> {
        let is_over = self.thread.as_ref().is_some_and(JoinHandle::is_finished);
        let others = if is_over { 0 } else { self.company.others(name) };
        if others > 0 && is_at_terminal() {
            let who = if others == 1 { "somebody else is".to_owned() } else { format!("{others} others are") };
            ask(&format!("{who} here. Go on serving without the chat? [Y/n] "));
            let typed = answer()?.unwrap_or_else(|| "n".to_owned()).to_lowercase();
            if !typed.starts_with('n') {
                return self.serve_on();
            }
        }
        self.stop()
    }

    /// Serves until it is interrupted.
    fn serve_on(self) -> Result<(), Failure> {
        tell(
            "serving for those who are here; `chinwag` at another terminal comes back to the chat, Ctrl-C here ends the server",
        );
        let (interrupt, interrupted) = sync_channel(1);
        let _signals = watch_signals(move || interrupt.try_send(()).is_ok()).map_err(Failure::system)?;
        let _ = interrupted.recv();
        self.stop()
    }

    pub(super) fn stop(self) -> Result<(), Failure> {
        let _ = self.commands.send(server::Command::Stop { reason: "its host has left".to_owned() });
        match (self.thread, self.ready) {
            (Some(thread), _) => {
                let panicked = |_| Err(Failure::new(Exit::General, "the server has ended by a panic"));
                thread.join().unwrap_or_else(panicked)
            }
            (None, Some(hosted)) => hosted.serve(None),
            (None, None) => Ok(()),
        }
    }
}

/// What a server of our own is called. Machines are often called alike: whose it is tells them apart, and where that does not
/// either, a number. No pin of another server is replaced.
fn own_name(home: &Home, person: &Person, rng: &mut Rng) -> Result<String, Failure> {
    let key = KeyPair::from_secret(home.server_key().secret(|| rng.bytes())?).public();
    let pins = home.known_servers().all()?;
    let is_free = |called: &String| {
        let name = ServerName::on_lan(called);
        pins.iter().all(|pin| pin.server != name.as_str() || pin.key == key)
    };
    let plain = format!("{}@{}", person.name, machine_name());
    if is_free(&plain) {
        return Ok(plain);
    }
    let numbered = (2_u32..).map(|n| format!("{plain}-{n}")).find(is_free);
    Ok(numbered.unwrap_or(plain))
}
