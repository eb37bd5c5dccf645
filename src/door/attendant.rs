//! The thread beside a client's loop: it looks for the server again where it does not answer, remembers what is to be
//! remembered of a connection, puts messages into their rooms' order, and hands events to whoever wants them.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use chinwag_client_core::{self as core, Command, Connection, Notice, Timeline};
use chinwag_drive::{Commands, Handle};
use chinwag_home::ConfigError;
use chinwag_net::Refusals;
use chinwag_proto::endpoint::Target;
use chinwag_proto::wire::frame::CloseCode;
use chinwag_proto::wire::id::RoomSeq;

use super::client::{Client, Events, Shared};
use super::device::Device;
use super::error::ConnectError;
use super::event::{Event, Message, Tag};
use super::keeper::Keeper;
use super::queue::Queue;
use super::search::Search;
use super::server_name::ServerName;

/// What the thread knows.
pub(super) struct Attendant {
    pub(super) device: Device,
    pub(super) server: ServerName,
    pub(super) target: Target,
    /// The key is to be trusted once it is proved.
    pub(super) is_new: bool,
    pub(super) is_by_token: bool,
    /// How long the first login may take.
    pub(super) patience: Option<Duration>,
    pub(super) search: Search<Arc<ConnectError>>,
    pub(super) refusals: Refusals,
    pub(super) keeper: Keeper,
}

impl Attendant {
    /// Begins to connect.
    pub(super) fn begin(self, handle: Handle<core::Client>) -> io::Result<(Client, Events)> {
        let commands = handle.commands();
        let shared = Arc::new(Shared::new());
        let queue = Queue::default();
        let events = Events::new(queue.clone(), commands.clone());
        let running = Running {
            attendant: self,
            commands: commands.clone(),
            shared: Arc::clone(&shared),
            queue: queue.clone(),
            timelines: BTreeMap::new(),
            was_up: false,
        };
        let thread = thread::Builder::new().name("client".to_owned()).spawn(move || running.run(handle))?;
        Ok((Client::new(commands, shared, queue, thread), events))
    }
}

/// What runs on the thread.
struct Running {
    attendant: Attendant,
    commands: Commands<Command>,
    shared: Arc<Shared>,
    queue: Queue,
    /// What waits for something earlier, by room.
    timelines: BTreeMap<String, Timeline<Message>>,
    was_up: bool,
}

impl Running {
    fn run(mut self, handle: Handle<core::Client>) {
        self.command(Command::Connect(self.attendant.target.clone()));
        self.look(0);
        let ended = loop {
            let Ok(notice) = handle.recv() else { break None };
            match self.notice(notice) {
                Ok(true) => {}
                Ok(false) => break None,
                Err(error) => break Some(error),
            }
        };
        let stopped = handle.stop().err().map(|error| error.to_string());
        self.shared.stopped();
        self.tell(Event::Ended(ended.unwrap_or(ConnectError::Stopped(stopped))));
        self.queue.end();
    }

    fn command(&self, command: Command) {
        // A loop that has ended says so by its last notice.
        let _ = self.commands.send(command);
    }

    /// Nobody has answered for so many attempts: the server may be elsewhere.
    fn look(&self, attempts: u32) {
        let commands = self.commands.clone();
        self.attendant.search.trying(attempts, move |addrs| {
            // A loop that has ended needs no address.
            let _ = commands.send(Command::Reach(addrs));
        });
    }

    fn tell(&self, event: Event) {
        self.queue.push(event);
    }

    /// Whether it goes on; or why it can't.
    fn notice(&mut self, notice: Notice) -> Result<bool, ConnectError> {
        match notice {
            Notice::Connection(connection) => self.connection(connection)?,
            Notice::Entry { name, number, contiguous_upto, own, is_ignored, entry, room: _ } => {
                let message = Message::new(name.clone(), number, entry, own, is_ignored);
                let in_order: Vec<_> =
                    self.timelines.entry(name).or_default().push(number, contiguous_upto, message).collect();
                self.messages(in_order);
            }
            Notice::HistoryReset { name, back_to } => {
                let left: Vec<_> = self.timelines.entry(name.clone()).or_default().flush().collect();
                self.messages(left);
                self.tell(Event::Reset { room: name, back_to });
            }
            Notice::Stored { tag, number, room: _ } => {
                self.shared.posted(tag, Ok(number));
                self.tell(Event::Stored { tag: Tag(tag), number });
            }
            Notice::Refused { tag, reason } => {
                self.shared.posted(tag, Err(reason));
                self.tell(Event::Refused { tag: Tag(tag), reason });
            }
            Notice::Answered { tag, result } => self.shared.answered(tag, result),
            Notice::NotKept { tag } => self.tell(Event::NotKept { tag: Tag(tag) }),
            Notice::Kept { room, body, answer } => self.tell(Event::Kept { room, body, answer }),
            Notice::QuotaNear { whose, used, of } => self.tell(Event::QuotaNear { whose, used, of }),
            Notice::Room { name: room, info } => self.tell(Event::Room { room, info }),
            Notice::Invited { name: room } => self.tell(Event::Invited { room }),
            Notice::Out { name: room } => {
                self.timelines.remove(&room);
                self.tell(Event::Out { room });
            }
            Notice::Joined { name: room, head, skipped, room: _, after: _ } => {
                self.tell(Event::Joined { room, head, skipped });
            }
            Notice::Denied { request, reason } => self.tell(Event::Denied { request, reason }),
            Notice::Unreadable { name: room, first, last } => self.tell(Event::Unreadable { room, first, last }),
            Notice::Presence { room, who, before, now, status } => {
                self.tell(Event::Presence { room, who, before, now, status });
            }
            Notice::Roster { room, who } => self.tell(Event::Roster { room, who }),
            Notice::Typing { room, who, is_typing } => self.tell(Event::Typing { room, who, is_typing }),
            Notice::Delivered { room, number, reach } => self.tell(Event::Delivered { room, number, reach }),
            Notice::Read { room, upto } => self.tell(Event::Read { room, upto }),
            Notice::Link(quality) => self.tell(Event::Link(quality)),
            // It goes out when it can, as its poster knows.
            Notice::Queued { .. } => {}
            Notice::Stopped => return Ok(false),
        }
        Ok(true)
    }

    fn messages(&self, in_order: Vec<(RoomSeq, Message)>) {
        in_order.into_iter().for_each(|(_, message)| self.tell(Event::Message(message)));
    }

    fn connection(&mut self, connection: Connection) -> Result<(), ConnectError> {
        let server = || self.attendant.server.to_string();
        match connection {
            Connection::Trying { attempts, elapsed } => {
                self.look(attempts);
                let search = &self.attendant.search;
                if !self.was_up && self.attendant.patience.is_some_and(|patience| elapsed >= patience) {
                    return Err(ConnectError::NoAnswer {
                        server: server(),
                        addrs: search.addrs(),
                        attempts,
                        elapsed,
                        refused: self.attendant.refusals.all(),
                        why: search.failure(),
                    });
                }
            }
            Connection::Up { addr, key } => {
                self.attendant.search.proved(addr);
                if std::mem::take(&mut self.attendant.is_new) {
                    unwritten(self.attendant.device.trust(self.attendant.server.as_str(), key))?;
                }
            }
            Connection::LoggedIn { name, server } => {
                if !self.attendant.is_by_token {
                    unwritten(self.attendant.device.remember(self.attendant.server.as_str(), &name))?;
                }
                self.attendant.target.enrolled = true;
                let left_behind = self.attendant.keeper.adopt()?;
                if !left_behind.is_empty() {
                    self.command(Command::Adopt(left_behind));
                }
                self.was_up = true;
                self.tell(Event::Connected { name, server });
            }
            Connection::Suspect => self.tell(Event::Disconnected { why: "the server is silent".to_owned() }),
            Connection::Alive => {}
            Connection::Lost { why } => self.tell(Event::Disconnected { why }),
            Connection::Ended { code: CloseCode::Shutdown, reason } => self.tell(Event::Disconnected { why: reason }),
            Connection::Ended { code, reason } => return Err(ConnectError::Ended { code, reason }),
            Connection::WrongKey { expected, seen } => {
                if !self.attendant.search.forget() {
                    return Err(ConnectError::KeyChanged { server: server(), expected, seen });
                }
                // Names move: another server may have the address that this one had. Nothing was said to it.
                self.command(Command::Connect(Target { addrs: Vec::new(), ..self.attendant.target.clone() }));
                self.look(0);
            }
            Connection::Unpinned { key, .. } => return Err(ConnectError::Untrusted { server: server(), key }),
            Connection::WrongVersion { theirs } => return Err(ConnectError::Version(theirs)),
            Connection::JoinKeyRefused
                if self.attendant.target.enrolled && self.attendant.target.join_key.is_some() =>
            {
                // The server has forgotten this device; as a new one it may still come in.
                self.attendant.target.enrolled = false;
                let target = Target { addrs: self.attendant.search.addrs(), ..self.attendant.target.clone() };
                self.command(Command::Connect(target));
            }
            Connection::JoinKeyRefused => {
                return Err(ConnectError::JoinKey { given: self.attendant.target.join_key.is_some() });
            }
            Connection::LoginRefused(reason) => return Err(ConnectError::Login(reason)),
        }
        Ok(())
    }
}

/// A disk without room ends no session: what could not be written is said in the log, and nothing else is lost by it. Whatever
/// else is wrong with a file is given as it is.
fn unwritten(written: Result<(), ConnectError>) -> Result<(), ConnectError> {
    if let Err(ConnectError::Home(error @ ConfigError::Write { .. })) = written {
        log::warn!("{error}");
        return Ok(());
    }
    written
}
