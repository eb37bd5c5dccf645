//! The admin socket of a server, where there is one.

#[cfg(unix)]
pub(super) use with_socket::Desk;
#[cfg(not(unix))]
pub(super) use without_socket::Desk;

#[cfg(unix)]
mod with_socket {
    use std::sync::{Arc, Mutex, OnceLock, PoisonError};

    use crate::admin::{self, Board, Reach, Reply, Request};
    use crate::cli::admin::{copy, keep_ban, record};
    use crate::cli::serve::reload::Reload;
    use crate::cli::tell;
    use crate::config::Home;
    use crate::drive::Commands;
    use crate::server::{Command, Notice};
    use crate::store::sqlite::Reader;

    /// The socket.
    pub(in crate::cli::serve) struct Desk(Option<admin::Desk>);

    impl Desk {
        pub(in crate::cli::serve) fn open(
            home: &Home,
            commands: &Commands<Command>,
            board: &Board,
            reader: Reader,
            reload: Arc<OnceLock<Reload>>,
            reach: Reach,
        ) -> Self {
            let (path, home, reader) = (home.admin_socket(), home.clone(), Mutex::new(reader));
            let recorded = home.clone();
            let aside = Box::new(move |request: &Request| {
                if let Request::Backup { to } = request {
                    copy(&reader.lock().unwrap_or_else(PoisonError::into_inner), to)
                } else if *request == Request::Reach {
                    Reply::Reach(reach.clone())
                } else if *request == Request::Reload {
                    reload.get().map_or_else(no_settings, Reload::reply)
                } else {
                    keep_ban(&home, request)
                }
            });
            let record = Box::new(move |act: Option<&str>| record(&recorded, act));
            match admin::Desk::open(&path, commands.clone(), board.clone(), aside, record) {
                Ok(desk) => Self(Some(desk)),
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
                Some(desk) => desk.notice(notice),
                None => Some(notice),
            }
        }

        pub(in crate::cli::serve) fn close(&self) {
            self.0.iter().for_each(admin::Desk::close);
        }
    }

    fn no_settings() -> Reply {
        Reply::Failed("this server was started by a chat, without settings of its own".to_owned())
    }
}

#[cfg(not(unix))]
mod without_socket {
    use std::sync::{Arc, OnceLock};

    use crate::admin::{Board, Reach};
    use crate::cli::serve::reload::Reload;
    use crate::config::Home;
    use crate::drive::Commands;
    use crate::server::{Command, Notice};
    use crate::store::sqlite::Reader;

    /// There are no such sockets here.
    pub(in crate::cli::serve) struct Desk;

    impl Desk {
        pub(in crate::cli::serve) fn open(
            _: &Home,
            _: &Commands<Command>,
            _: &Board,
            _: Reader,
            _: Arc<OnceLock<Reload>>,
            _: Reach,
        ) -> Self {
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
