//! What a person's machine keeps between runs: keys, known servers, the last server and name.
//!
//! Everything is a small file under a [`Home`], changed by writing a new file and renaming it over the old one under a lock,
//! so that several programs of one home never see, or leave, half of anything. It knows nothing of sockets or machines.

mod banned;
mod error;
pub mod file;
mod invite;
pub mod keys;
mod known;
mod recent;

use std::path::{Path, PathBuf};

use chinwag_proto::wire::id::PublicKey;
#[cfg(feature = "user")]
use etcetera::{AppStrategy, AppStrategyArgs};

pub use banned::Banned;
pub use error::{ConfigError, Trouble};
pub use invite::{Invite, NoInvite};
pub use keys::{KeyFile, join_key, read_join_key};
pub use known::{KnownServer, KnownServers};
pub use recent::{Recent, Used};

/// The folders of one person's chinwag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// The one folder that was asked for.
    asked: Option<PathBuf>,
    config: PathBuf,
    data: PathBuf,
    state: PathBuf,
}

impl Home {
    /// Everything under one folder: `--home` or `CHINWAG_HOME`.
    #[must_use]
    pub fn at(dir: &Path) -> Self {
        Self { asked: Some(dir.to_owned()), config: dir.to_owned(), data: dir.to_owned(), state: dir.to_owned() }
    }

    /// The system's own folders (on Unix those of the XDG base directory specification).
    ///
    /// # Errors
    /// [`ConfigError::NoHome`] where the system does not say where a person's files live.
    #[cfg(feature = "user")]
    pub fn of_user() -> Result<Self, ConfigError> {
        let args =
            AppStrategyArgs { top_level_domain: String::new(), author: String::new(), app_name: "chinwag".into() };
        let dirs = etcetera::choose_app_strategy(args).map_err(|_| ConfigError::NoHome)?;
        let data = dirs.data_dir();
        Ok(Self {
            asked: None,
            config: dirs.config_dir(),
            state: dirs.state_dir().unwrap_or_else(|| data.clone()),
            data,
        })
    }

    /// What to type after `chinwag` so that another command means this home: ` --home DIR`, or nothing.
    #[must_use]
    pub fn flag(&self) -> String {
        self.asked.as_ref().map_or_else(String::new, |dir| match dir.display().to_string() {
            plain if plain.bytes().all(|b| b.is_ascii_alphanumeric() || b"/._-".contains(&b)) => {
                format!(" --home {plain}")
            }
            other => format!(" --home '{}'", other.replace('\'', "'\\''")),
        })
    }

    /// The key that a device is known by.
    #[must_use]
    pub fn device_key(&self) -> KeyFile {
        KeyFile::new(self.data.join("device.key"), "device")
    }

    /// The key that a server is known by.
    #[must_use]
    pub fn server_key(&self) -> KeyFile {
        KeyFile::new(self.data.join("server.key"), "server").marked()
    }

    /// Where a server keeps its store and its admin socket.
    #[must_use]
    pub fn server_data(&self) -> PathBuf {
        self.data.join("server")
    }

    /// The accounts that a server lets in no more.
    #[must_use]
    pub fn banned(&self) -> Banned {
        Banned::new(self.server_data().join("banned"))
    }

    /// A file of a server that its settings may name, and that is here if they name none.
    #[must_use]
    pub fn server_file(&self, name: &str) -> PathBuf {
        self.data.join(name)
    }

    /// The socket by which a running server is administered.
    #[must_use]
    pub fn admin_socket(&self) -> PathBuf {
        self.server_data().join("admin.sock")
    }

    /// The file of settings.
    #[must_use]
    pub fn settings_file(&self) -> PathBuf {
        self.config.join("config.toml")
    }

    /// The pinned keys of servers.
    #[must_use]
    pub fn known_servers(&self) -> KnownServers {
        KnownServers::new(self.config.join("known_servers"))
    }

    /// Servers used, the last one first, each with the name used there.
    #[must_use]
    pub fn recent(&self) -> Recent {
        Recent::new(self.state.join("recent"))
    }

    /// The folder of what this device keeps of the server with this key.
    #[must_use]
    pub fn kept(&self, server: &PublicKey) -> PathBuf {
        self.state.join("servers").join(keys::hex(&server.0[..16]))
    }

    /// The folders of what this device keeps, of each server; none where they can't be read.
    #[must_use]
    pub fn kept_all(&self) -> Vec<PathBuf> {
        let all = std::fs::read_dir(self.state.join("servers")).into_iter().flatten();
        all.flatten().map(|entry| entry.path()).collect()
    }
}
