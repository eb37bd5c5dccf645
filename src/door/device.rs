//! A device: what a person or a program is known by, wherever it connects.

#[cfg(feature = "sqlite")]
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use chinwag_drive::entropy;
use chinwag_home::Home;
use chinwag_proto::wire::id::PublicKey;

use super::error::ConnectError;

/// A device: its key, which servers it trusts, and what it keeps of them. A device that lives in a folder is the same one after
/// every restart, and may be used by several programs at once; one in memory begins anew.
///
/// ```
/// # fn main() -> Result<(), chinwag_client::ConnectError> {
/// use chinwag_client::Device;
///
/// // One for tests; `Device::open("bot.home")` is the same after every restart.
/// let device = Device::in_memory()?;
/// let connect = device.server("lan:lab")?.name("bot");
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Device {
    pub(super) secret: [u8; 32],
    pub(super) place: Place,
}

/// Where a device keeps its things.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// In the folders of a home.
    #[cfg_attr(not(feature = "sqlite"), expect(dead_code, reason = "nothing is kept in folders"))]
    Folder(Home),
    /// The keys of trusted servers, by how they were given; for as long as there is a copy of the device.
    Memory(Arc<Mutex<Vec<(String, PublicKey)>>>),
}

impl Device {
    /// The device in this folder; the first time, one is made there. The folder is for its owner's eyes only.
    ///
    /// # Errors
    /// [`ConnectError::Home`] where the folder can't be used, [`ConnectError::System`] without entropy.
    #[cfg(feature = "sqlite")]
    pub fn open(folder: impl AsRef<Path>) -> Result<Self, ConnectError> {
        Self::of(Home::at(folder.as_ref()))
    }

    /// The device of a home.
    ///
    /// # Errors
    /// As [`Self::open`].
    #[cfg(feature = "sqlite")]
    pub fn of(home: Home) -> Result<Self, ConnectError> {
        let mut rng = entropy::rng().map_err(ConnectError::System)?;
        let secret = home.device_key().secret(|| rng.bytes())?;
        Ok(Self { secret, place: Place::Folder(home) })
    }

    /// A new device that keeps everything in memory: at the end of the program nobody is it any more, and what was said and is
    /// not stored by then is lost.
    ///
    /// # Errors
    /// [`ConnectError::System`] without entropy.
    pub fn in_memory() -> Result<Self, ConnectError> {
        let secret = entropy::seed().map_err(ConnectError::System)?;
        Ok(Self { secret, place: Place::Memory(Arc::default()) })
    }

    /// The home in which the device keeps its things, if it is one in a folder.
    #[must_use]
    pub fn home(&self) -> Option<&Home> {
        match &self.place {
            Place::Folder(home) => Some(home),
            Place::Memory(_) => None,
        }
    }

    /// Whether what is said is kept until it is answered.
    pub(super) const fn keeps(&self) -> bool {
        matches!(self.place, Place::Folder(_)) && cfg!(feature = "sqlite")
    }

    /// The key that is trusted for a server.
    pub(super) fn key_of(&self, server: &str) -> Result<Option<PublicKey>, ConnectError> {
        match &self.place {
            Place::Folder(home) => Ok(home.known_servers().key_of(server)?),
            Place::Memory(known) => {
                let known = known.lock().unwrap_or_else(PoisonError::into_inner);
                Ok(known.iter().find(|(name, _)| name == server).map(|(_, key)| *key))
            }
        }
    }

    /// Trusts a key from now on.
    pub(super) fn trust(&self, server: &str, key: PublicKey) -> Result<(), ConnectError> {
        match &self.place {
            Place::Folder(home) => home.known_servers().pin(server, key)?,
            Place::Memory(known) => {
                let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
                known.retain(|(name, _)| name != server);
                known.push((server.to_owned(), key));
            }
        }
        Ok(())
    }

    /// The name under which a server was used last.
    pub(super) fn name_on(&self, server: &str) -> Result<Option<String>, ConnectError> {
        match &self.place {
            Place::Folder(home) => Ok(home.recent().name_on(server)?),
            Place::Memory(_) => Ok(None),
        }
    }

    /// Remembers under which name a server was used.
    pub(super) fn remember(&self, server: &str, name: &str) -> Result<(), ConnectError> {
        match &self.place {
            Place::Folder(home) => Ok(home.recent().remember(server, name)?),
            Place::Memory(_) => Ok(()),
        }
    }
}
