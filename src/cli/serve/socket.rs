//! The admin socket of a server, where there is one.

#[cfg(unix)]
pub(super) use with_socket::Socket;
#[cfg(not(unix))]
pub(super) use without_socket::Socket;

use std::sync::{Arc, OnceLock};

use super::reload::Reload;
use crate::admin::ContactInfo;
use crate::auth::Program;
use crate::store::sqlite::Reader;

/// What is known beside the server.
#[cfg_attr(not(unix), expect(dead_code, reason = "there is nobody to be told"))]
pub(super) struct Local {
    pub(super) reader: Reader,
    pub(super) reload: Arc<OnceLock<Reload>>,
    pub(super) contact: ContactInfo,
    pub(super) program: Option<Program>,
}

#[cfg(unix)]
mod with_socket {
    use std::sync::{Mutex, PoisonError};

    use super::super::super::output::tell;
    use super::Local;
    use crate::admin::{self, Reply, Request, StatusSource};
    use crate::cli::admin::{Recorded, copy, looked, set_ban};
    use crate::cli::serve::reload::Reload;
    use crate::config::{Home, Spare};
    use crate::drive::Commands;
    use crate::server::{Ask, Command, Notice};

    /// The socket.
    pub(in crate::cli::serve) struct Socket(Option<admin::AdminSocket>);

    impl Socket {
        pub(in crate::cli::serve) fn open(
            home: &Home,
            commands: &Commands<Command>,
            statuses: &StatusSource,
            local: Local,
        ) -> Self {
            let Local { reader, reload, contact, program } = local;
            let (path, home, reader) = (home.admin_socket(), home.clone(), Mutex::new(reader));
            let recorded = home.clone();
            let handler = Box::new(move |request: &Request| {
                if let Request::Backup { to } = request {
                    copy(&reader.lock().unwrap_or_else(PoisonError::into_inner), to)
                } else if *request == Request::ContactInfo {
                    Reply::ContactInfo(contact.clone())
                } else if *request == Request::Reload {
                    reload.get().map_or_else(no_settings, Reload::reply)
                } else if let Request::AuthTest { name, password } = request {
                    let ask = Ask { name: name.clone(), password: password.clone() };
                    program.as_ref().map_or_else(no_program, |program| Reply::Verdict(program.ask(&ask).into()))
                } else {
                    Reply::Failed("that is nothing a server is asked for".to_owned())
                }
            });
            Spare::of(&recorded).hold();
            let bans = recorded.clone();
            let files = admin::Files {
                ban: Box::new(move |account, is_banned| set_ban(&bans, account, is_banned)),
                looked: Box::new(looked),
                record: Box::new(move |by, act| {
                    let begun = Recorded::begin(&recorded, by, act)?;
                    Ok(Box::new(move |outcome| begun.settle(outcome)))
                }),
            };
            match admin::AdminSocket::open(&path, commands.clone(), statuses.clone(), handler, files) {
                Ok(socket) => Self(Some(socket)),
                Err(error) => {
                    let path = path.display();
                    tell(&format!("no admin socket at {path}: {error}; `chinwag admin` can't ask this server"));
                    Self(None)
                }
            }
        }

        pub(in crate::cli::serve) fn closed() -> Self {
            Self(None)
        }

        pub(in crate::cli::serve) fn notice(&self, notice: Notice) -> Option<Notice> {
            match &self.0 {
                Some(socket) => socket.notice(notice),
                None => Some(notice),
            }
        }

        pub(in crate::cli::serve) fn close(&self) {
            self.0.iter().for_each(admin::AdminSocket::close);
        }
    }

    fn no_program() -> Reply {
        Reply::Failed("this server has no auth command: see `chinwag serve --help`".to_owned())
    }

    fn no_settings() -> Reply {
        Reply::Failed("this server was started by a chat, without settings of its own".to_owned())
    }
}

#[cfg(not(unix))]
mod without_socket {
    use super::Local;
    use crate::admin::StatusSource;
    use crate::config::Home;
    use crate::drive::Commands;
    use crate::server::{Command, Notice};

    /// There are no such sockets here.
    pub(in crate::cli::serve) struct Socket;

    impl Socket {
        pub(in crate::cli::serve) fn open(_: &Home, _: &Commands<Command>, _: &StatusSource, _: Local) -> Self {
            Self
        }

        pub(in crate::cli::serve) fn closed() -> Self {
            Self
        }

        pub(in crate::cli::serve) fn notice(&self, notice: Notice) -> Option<Notice> {
            Some(notice)
        }

        pub(in crate::cli::serve) fn close(&self) {}
    }
}
