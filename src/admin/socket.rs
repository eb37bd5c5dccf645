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

use super::reply::Reply;
use super::request::Request;
use crate::drive::Commands;
use crate::server::{Command, Notice, OperatorTag};

/// Longest request, in octets.
const REQUEST_MAX_LEN: u64 = 1 << 20;
/// How long a reply may take: hashing a password, or pruning a large room.
const REPLY_WITHIN: Duration = Duration::from_secs(60);
/// How long whoever asks may take to say what.
const ASKED_WITHIN: Duration = Duration::from_secs(10);

/// Where requests come in. Requests are served one connection at a time; a reply comes back through [`Desk::notice`].
#[derive(Clone)]
pub struct Desk {
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
    status: Vec<SyncSender<Reply>>,
}

/// Does what is no question to the server itself.
pub type Aside = Box<dyn Fn(&Request) -> Reply + Send>;

impl Desk {
    /// Opens the socket at this path, for its owner only. A socket that a dead server left is replaced.
    ///
    /// # Errors
    /// The system refuses the socket.
    pub fn open(path: &Path, commands: Commands<Command>, aside: Aside) -> io::Result<Self> {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(path)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
        let shared = Arc::new(Shared { path: path.to_owned(), waiting: Mutex::default() });
        let desk = Self { shared };
        let served = desk.clone();
        thread::Builder::new().name("admin".to_owned()).spawn(move || served.serve(&listener, &commands, &aside))?;
        Ok(desk)
    }

    /// Takes a notice of the server: gives it back if it is no reply.
    pub fn notice(&self, notice: Notice) -> Option<Notice> {
        if let Notice::Status(status) = &notice {
            let waiting = std::mem::take(&mut self.waiting().status);
            for reply in waiting {
                let _ = reply.try_send(Reply::Status((**status).clone().into()));
            }
            return Some(notice);
        }
        let is_reply = matches!(
            notice,
            Notice::Answered(..) | Notice::Peers(..) | Notice::Accounts(..) | Notice::Rooms(..) | Notice::Tokens(..)
        );
        if !is_reply {
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

    fn serve(&self, listener: &UnixListener, commands: &Commands<Command>, aside: &Aside) {
        for stream in listener.incoming() {
            let served = stream.and_then(|stream| self.serve_one(&stream, commands, aside));
            if let Err(error) = served {
                log::debug!("admin socket: {error}");
            }
        }
    }

    fn serve_one(&self, mut stream: &UnixStream, commands: &Commands<Command>, aside: &Aside) -> io::Result<()> {
        stream.set_read_timeout(Some(ASKED_WITHIN))?;
        let mut line = String::new();
        BufReader::new(stream.take(REQUEST_MAX_LEN)).read_line(&mut line)?;
        let reply = match serde_json::from_str::<Request>(&line) {
            Ok(request) => self.reply_to(request, commands, aside),
            Err(error) => Reply::Failed(format!("that is no request of this version: {error}")),
        };
        let reply = serde_json::to_string(&reply)?;
        writeln!(stream, "{reply}")
    }

    fn reply_to(&self, request: Request, commands: &Commands<Command>, aside: &Aside) -> Reply {
        let (give, take) = sync_channel(1);
        let mut asked = None;
        let command = if request == Request::Status {
            self.waiting().status.push(give);
            Command::Status
        } else {
            let operation = match request.clone().operation() {
                Err(error) => return Reply::Failed(error.to_string()),
                Ok(None) if request != Request::Peers => return aside(&request),
                Ok(operation) => operation,
            };
            let mut waiting = self.waiting();
            waiting.last += 1;
            let tag = OperatorTag(waiting.last);
            waiting.replies.insert(tag, give);
            asked = Some(tag);
            operation.map_or(Command::Peers(tag), |operation| Command::Operate(tag, operation))
        };
        if commands.send(command).is_err() {
            return Reply::Failed("the server stops".to_owned());
        }
        take.recv_timeout(REPLY_WITHIN).unwrap_or_else(|_| {
            asked.and_then(|tag| self.waiting().replies.remove(&tag));
            Reply::Failed("the server does not answer".to_owned())
        })
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.shared.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
