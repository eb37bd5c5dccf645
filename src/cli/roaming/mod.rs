//! Other servers of the subnet while a chat is up: what is said of them, and how a chat goes there.
//!
//! Nobody is believed: a server is spoken of once something with its key has answered, and a chat goes by itself only to one
//! that has proved its key, by the handshake of a session that stands before anything of the old one is given up. The thread
//! of [`Runner`] waits for others; what it has found is an [`Event`] like any other.

mod board;
mod prove;
mod runner;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::mpsc::SyncSender;

use chinwag_proto::wire::id::PublicKey;

use crate::config::Home;
use crate::discovery::{Found, Notice};
use crate::render::render_text;

use super::args;
use super::discover::{Trust, line};
use super::event::Event;
use super::failure::Failure;
use super::serve::Company;
use super::session::{Session, changed_key};
use super::start;
use crate::client::ServerName;

use board::Around;
use runner::Runner;

/// So much of a fingerprint says which server is meant, where several are called alike.
const PRINT_MIN: usize = 5;

/// What a chat is to its server.
pub(super) enum Role {
    /// The server is in this process.
    Host(Hosting),
    /// It is another's.
    Guest {
        /// The chat came there by itself, and so it goes on by itself when that server leaves.
        came_by_itself: bool,
    },
}

/// The server of this process, as a chat beside it sees it.
pub(super) struct Hosting {
    pub(super) key: PublicKey,
    pub(super) company: Company,
    /// Ends it, for that reason.
    pub(super) stop: Box<dyn Fn(String) + Send>,
}

/// What the thread has to say.
pub(super) enum News {
    /// For the user.
    Word(String),
    /// For the user: it was not done.
    Trouble(String),
    /// There is a session with another server.
    Arrived(Box<Arrival>),
}

impl fmt::Debug for News {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(said) | Self::Trouble(said) => f.write_str(said),
            Self::Arrived(arrival) => write!(f, "at {}", arrival.key),
        }
    }
}

/// A session with another server, to go on with.
pub(super) struct Arrival {
    pub(super) session: Session,
    /// What it has told until now.
    pub(super) came: Vec<Event>,
    pub(super) key: PublicKey,
    /// Nobody asked for it.
    pub(super) is_by_itself: bool,
}

/// The face's side of it.
pub(super) struct Elsewhere {
    around: Around,
    home: Home,
}

impl Elsewhere {
    /// Of a chat with the server of that key. Its user does not want to be told of, or taken to, those that were declined.
    pub(super) fn new(
        home: &Home,
        role: Role,
        here: PublicKey,
        declined: BTreeSet<PublicKey>,
    ) -> Result<Self, Failure> {
        let known = home.known_servers().all()?.into_iter().map(|known| known.key).collect();
        Ok(Self { around: Around::new(role, here, known, declined), home: home.clone() })
    }

    /// Takes what a discovery tells, from its thread.
    pub(super) fn hears(&self) -> impl Fn(Notice) + Send + 'static {
        let around = self.around.clone();
        move |notice| around.hears(notice)
    }

    /// The chat has begun, with these arguments.
    pub(super) fn begin(
        &self,
        args: &args::Chat,
        whole_screen: bool,
        events: SyncSender<Event>,
    ) -> Result<(), Failure> {
        let runner = Runner::new(self.around.clone(), &self.home, args.clone(), whole_screen, events);
        std::thread::Builder::new().name("elsewhere".to_owned()).spawn(move || runner.run()).map_err(start::system)?;
        Ok(())
    }

    /// Whether others are at the server of this process, which stands still when it does.
    pub(super) fn serves_others(&self) -> bool {
        self.around.serves_others()
    }

    /// The server is not there any more: others are looked for.
    pub(super) fn report_lost(&self) {
        self.around.look(true);
    }

    /// The server is there.
    pub(super) fn is_up(&self) {
        self.around.look(false);
    }

    /// Goes to the server that is called so, or whose fingerprint begins so. What to say meanwhile, or why not.
    pub(super) fn go(&self, typed: &str) -> Result<String, String> {
        let wanted = ServerName::on_lan(typed.strip_prefix("lan:").unwrap_or(typed));
        let is_print =
            |key: &PublicKey| typed.len() >= PRINT_MIN && key.fingerprint().starts_with(&typed.to_lowercase());
        let all = self.around.all();
        let is_meant = |found: &&Found| ServerName::on_lan(&found.name) == wanted || is_print(found.key());
        let meant: Vec<_> = all.iter().filter(is_meant).collect();
        let shown = render_text(typed);
        match meant.as_slice() {
            [] => Err(format!("no other server {shown} was heard of here; /server lists those that were")),
            [one] => {
                let pins = self.home.known_servers().all().map_err(|error| error.to_string())?;
                if let Trust::Impostor(expected) = Trust::of(one, &pins) {
                    return Err(changed_key(&self.home, &wanted, &expected, one.key()).to_string());
                }
                self.around.go(*one.key());
                Ok(format!("calling {} …", render_text(&one.name)))
            }
            several => {
                let keys: Vec<_> = several.iter().map(|found| found.key().fingerprint()).collect();
                Err(format!("several are called {shown}; /server and a fingerprint says which: {}", keys.join(", ")))
            }
        }
    }

    /// The others, a line each. More may be heard of now that somebody wants to know.
    pub(super) fn lines(&self) -> Vec<String> {
        let pins = self.home.known_servers().all().unwrap_or_default();
        self.around.ask().iter().map(|found| line(found, Trust::of(found, &pins))).collect()
    }

    /// Whether a session that nobody asked for is still wanted: others may have come meanwhile.
    pub(super) fn is_wanted(&self, arrival: &Arrival) -> bool {
        !arrival.is_by_itself || self.around.may_go()
    }

    /// A session is not taken.
    pub(super) fn stays(&self) {
        self.around.is_going(false);
    }

    /// The chat goes on there. A server of this process with nobody in it ends; gives whether there is one that goes on.
    pub(super) fn arrived(&self, called: &ServerName, key: PublicKey, is_by_itself: bool) -> bool {
        let Role::Host(hosting) = self.around.arrived(key, is_by_itself) else { return false };
        let is_empty = hosting.company.len() == 0;
        if is_empty {
            (hosting.stop)(format!("its host has gone to {called}"));
        }
        !is_empty
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        self.around.end();
    }
}
