//! The local socket of a running server.

use std::collections::BTreeMap;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::actor;
use super::reply::Reply;
use super::request::Request;
use super::status_source::StatusSource;
use super::visitors::{Visit, welcome};
use crate::drive::Commands;
use crate::server::{Command, Notice, OperatorTag};

/// Longest request, in octets.
const REQUEST_MAX_LEN: u64 = 1 << 20;
/// How long a reply may take: hashing a password, or pruning a large room.
const REPLY_WITHIN: Duration = Duration::from_secs(60);
/// How long whoever asks may take to say what.
const ASKED_WITHIN: Duration = Duration::from_secs(2);

/// Where requests come in, some at a time; a reply comes back through [`AdminSocket::notice`].
#[derive(Clone)]
pub struct AdminSocket {
    shared: Arc<Shared>,
}

struct Shared {
    path: PathBuf,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    last: u64,
    replies: BTreeMap<OperatorTag, SyncSender<Reply>>,
}

/// Does what is no question to the server itself, and keeps what its store does not know.
pub type Aside = Box<dyn Fn(&Request) -> Reply + Send + Sync>;

/// Keeps a record of what operators do, and of who only looked (`None`): as which user of the system, and what.
pub type Record = Box<dyn Fn(Option<&str>, Option<&str>) + Send + Sync>;

impl AdminSocket {
    /// Opens the socket at this path, for its owner only. A socket that a dead server left is replaced.
    ///
    /// # Errors
    /// The system refuses the socket.
    pub fn open(
        path: &Path,
        commands: Commands<Command>,
        statuses: StatusSource,
        aside: Aside,
        record: Record,
    ) -> io::Result<Self> {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(path)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
        let shared = Arc::new(Shared { path: path.to_owned(), waiting: Mutex::default() });
        let socket = Self { shared };
        let served = socket.clone();
        thread::Builder::new()
            .name("admin".to_owned())
            .spawn(move || served.serve(&listener, Asked { commands, statuses, aside, record }))?;
        Ok(socket)
    }

    /// Takes a notice of the server: gives it back if it is no reply.
    pub fn notice(&self, notice: Notice) -> Option<Notice> {
        if !notice.is_reply() {
            return Some(notice);
        }
        if let Some((tag, reply)) = Reply::of_notice(notice)
            && let Some(waiting) = self.waiting().replies.remove(&tag)
        {
            // Whoever asked may have gone.
            let _ = waiting.try_send(reply);
        }
        None
    }

    /// Takes the socket away.
    pub fn close(&self) {
        let _ = std::fs::remove_file(&self.shared.path);
    }

    fn serve(self, listener: &UnixListener, asked: Asked) {
        // One who asks may be waiting long: others are answered meanwhile.
        welcome(listener.incoming(), "admin", move |stream, visit| self.serve_one(stream, visit, &asked));
    }

    fn serve_one(&self, mut stream: &UnixStream, visit: &Visit<UnixStream>, asked: &Asked) -> io::Result<()> {
        stream.set_read_timeout(Some(ASKED_WITHIN))?;
        stream.set_write_timeout(Some(ASKED_WITHIN))?;
        let mut line = String::new();
        BufReader::new(stream.take(REQUEST_MAX_LEN)).read_line(&mut line)?;
        let user = actor::peer(stream);
        let reply = match serde_json::from_str::<Request>(&line) {
            Ok(request) => visit.busy(|| {
                let act = request.act();
                let reply = self.reply_to(request, asked);
                if act.is_none() || reply.is_done() {
                    (asked.record)(user.as_deref(), act.as_deref());
                }
                reply
            }),
            Err(error) => Reply::Failed(format!("that is no request of this version: {error}")),
        };
        let reply = serde_json::to_string(&reply)?;
        writeln!(stream, "{reply}")
    }

    fn reply_to(&self, request: Request, asked: &Asked) -> Reply {
        if request == Request::Status {
            let status = asked.statuses.ask(REPLY_WITHIN);
            return status.map_or_else(unanswered, |status| Reply::Status((*status).into()));
        }
        let operation = match request.clone().operation() {
            Err(error) => return Reply::Failed(error.to_string()),
            Ok(None) if request != Request::Peers => return (asked.aside)(&request),
            Ok(operation) => operation,
        };
        let (give, take) = sync_channel(1);
        let tag = {
            let mut waiting = self.waiting();
            waiting.last += 1;
            let tag = OperatorTag(waiting.last);
            waiting.replies.insert(tag, give);
            tag
        };
        let command = operation.map_or(Command::Peers(tag), |operation| Command::Operate(tag, operation));
        if asked.commands.send(command).is_err() {
            return Reply::Failed("the server stops".to_owned());
        }
        match take.recv_timeout(REPLY_WITHIN) {
            // What the store does not know is durable before that is said.
            Ok(Reply::Done) if request.ban().is_some() => (asked.aside)(&request),
            Ok(reply) => reply,
            Err(_) => {
                self.waiting().replies.remove(&tag);
                unanswered()
            }
        }
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.shared.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whom the socket asks.
struct Asked {
    commands: Commands<Command>,
    statuses: StatusSource,
    aside: Aside,
    record: Record,
}

fn unanswered() -> Reply {
    Reply::Failed("the server does not answer".to_owned())
}

/// Asks the server whose socket this is. `None`: none runs.
///
/// # Errors
/// The socket is there and can't be used, or what comes back is no reply.
pub fn ask(path: &Path, request: &Request) -> io::Result<Option<Reply>> {
    let mut stream = match UnixStream::connect(path) {
        Ok(stream) => stream,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    stream.set_read_timeout(Some(REPLY_WITHIN + ASKED_WITHIN))?;
    writeln!(stream, "{}", serde_json::to_string(request)?)?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line)?;
    Ok(Some(serde_json::from_str(&line)?))
}
