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
use crate::config::Outcome;
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

/// Does what is no question to the server itself.
pub type LocalHandler = Box<dyn Fn(&Request) -> Reply + Send + Sync>;

/// Keeps what the server's store does not know.
pub struct Files {
    /// Keeps durably that an account is banned, or is no more, and gives whether it was otherwise before; or why it can't.
    pub ban: Box<Ban>,
    /// Takes a note of a user of the system who only looked.
    pub looked: Box<Looked>,
    /// Puts an operator's act on record before it is done: as which user of the system, and what. Gives why it can't.
    pub record: Box<Record>,
}

type Looked = dyn Fn(Option<&str>) + Send + Sync;
type Ban = dyn Fn(&str, bool) -> Result<bool, String> + Send + Sync;
type Record = dyn Fn(Option<&str>, &str) -> Result<Settle, String> + Send + Sync;

/// Notes what came of an act that is on record, or gives why it can't.
pub type Settle = Box<dyn FnOnce(Outcome) -> Result<(), String>>;

impl AdminSocket {
    /// Opens the socket at this path, for its owner only. A socket that a dead server left is replaced.
    ///
    /// # Errors
    /// The system refuses the socket.
    pub fn open(
        path: &Path,
        commands: Commands<Command>,
        statuses: StatusSource,
        handler: LocalHandler,
        files: Files,
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
            .spawn(move || served.serve(&listener, Asked { commands, statuses, handler, files }))?;
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
            Ok(request) => visit.busy(|| self.on_record(&request, user.as_deref(), asked)),
            Err(error) => Reply::Failed(format!("that is no request of this version: {error}")),
        };
        let reply = serde_json::to_string(&reply)?;
        writeln!(stream, "{reply}")
    }

    /// Does what is asked for: an act is on record and done, or it is neither, and the reply says which.
    fn on_record(&self, request: &Request, user: Option<&str>, asked: &Asked) -> Reply {
        let Some(act) = request.act() else {
            (asked.files.looked)(user);
            return self.reply_to(request, asked).unwrap_or_else(unanswered);
        };
        let settle = match (asked.files.record)(user, &act) {
            Ok(settle) => settle,
            Err(why) => return Reply::Failed(why),
        };
        let reply = match request.ban() {
            Some((account, is_banned)) => self.ban(request, (account, is_banned), asked),
            None => self.reply_to(request, asked),
        };
        let outcome = match &reply {
            Some(reply) if reply.is_done() => Outcome::Done,
            Some(_) => Outcome::NotDone,
            None => Outcome::Unknown,
        };
        match settle(outcome) {
            Ok(()) => reply.unwrap_or_else(unanswered),
            Err(why) => Reply::Failed(why),
        }
    }

    /// Bans an account, or lifts that. The file comes first, since it may be that it can't be written; the server, which may know no such
    /// account, comes next.
    fn ban(&self, request: &Request, (account, is_banned): (&str, bool), asked: &Asked) -> Option<Reply> {
        let changed = match (asked.files.ban)(account, is_banned) {
            Ok(changed) => changed,
            Err(why) => return Some(Reply::Failed(why)),
        };
        let reply = self.reply_to(request, asked);
        match reply {
            Some(Reply::Refused(_)) if changed => match (asked.files.ban)(account, !is_banned) {
                Ok(_) => reply,
                Err(why) => Some(Reply::Failed(why)),
            },
            _ => reply,
        }
    }

    /// Asks the server, or whoever knows; `None`: there is no answer, and nobody knows what comes of it.
    fn reply_to(&self, request: &Request, asked: &Asked) -> Option<Reply> {
        if *request == Request::Status {
            return asked.statuses.ask(REPLY_WITHIN).map(|status| Reply::Status((*status).into()));
        }
        let operation = match request.clone().operation() {
            Err(error) => return Some(Reply::Failed(error.to_string())),
            Ok(None) if *request != Request::Peers => return Some((asked.handler)(request)),
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
            return Some(Reply::Failed("the server stops".to_owned()));
        }
        let reply = take.recv_timeout(REPLY_WITHIN).ok();
        if reply.is_none() {
            self.waiting().replies.remove(&tag);
        }
        reply
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.shared.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whom the socket asks.
struct Asked {
    commands: Commands<Command>,
    statuses: StatusSource,
    handler: LocalHandler,
    files: Files,
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
