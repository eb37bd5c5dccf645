//! What a device keeps of one account on one server, in its folder or nowhere.

use chinwag_client_core::{Config, Save, Saved, SavedPost};
use chinwag_drive::{Inline, Worker};
#[cfg(feature = "sqlite")]
use chinwag_drive::{Threaded, entropy};
#[cfg(feature = "sqlite")]
use chinwag_home::Home;
#[cfg(feature = "sqlite")]
use chinwag_keep::{Database, Keep as _, KeepError, saving};
use chinwag_proto::wire::id::PublicKey;

use super::device::{Device, Place};
use super::error::ConnectError;

/// Where a client's cursors and its outbox are kept.
pub(super) enum Keeper {
    #[cfg(feature = "sqlite")]
    Folder(Database),
    Nowhere,
}

impl Keeper {
    /// What the device keeps of this account.
    pub(super) fn open(device: &Device, server: &PublicKey, account: &str) -> Result<Self, ConnectError> {
        match &device.place {
            #[cfg(feature = "sqlite")]
            Place::Folder(home) => database(home, server, account).map(Self::Folder),
            #[cfg(not(feature = "sqlite"))]
            Place::Folder(_) => Ok(Self::Nowhere),
            Place::Memory(_) => {
                let _ = (server, account);
                Ok(Self::Nowhere)
            }
        }
    }

    /// Begins a client where this device left off.
    pub(super) fn fill(&mut self, config: Config) -> Result<Config, ConnectError> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Folder(database) => {
                let kept = database.load()?;
                let outbox = passing(database.adopt())?;
                Ok(Config {
                    cursors: kept.cursors,
                    sent: kept.sent,
                    ignored: kept.ignored,
                    leaving: kept.leaving,
                    keeps_outbox: true,
                    outbox,
                    ..config
                })
            }
            Self::Nowhere => Ok(config),
        }
    }

    /// Who does the client's saves.
    pub(super) fn worker(&mut self) -> Result<Box<dyn Worker<Save, Saved>>, ConnectError> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Folder(database) => Ok(Box::new(Threaded::new(saving(database.second()?)))),
            Self::Nowhere => Ok(nothing()),
        }
    }

    /// What programs of this device have left behind that ended since this one began.
    pub(super) fn adopt(&mut self) -> Result<Vec<SavedPost>, ConnectError> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Folder(database) => passing(database.adopt()),
            Self::Nowhere => Ok(Vec::new()),
        }
    }
}

/// What can't be taken over for want of room is no less kept for that, and tried again after the next login.
#[cfg(feature = "sqlite")]
fn passing(adopted: Result<Vec<SavedPost>, KeepError>) -> Result<Vec<SavedPost>, ConnectError> {
    match adopted {
        Err(error) if !error.is_damage() => {
            log::warn!("{error}");
            Ok(Vec::new())
        }
        adopted => Ok(adopted?),
    }
}

/// Nothing is kept.
pub(super) fn nothing() -> Box<dyn Worker<Save, Saved>> {
    Box::new(Inline(|_| Saved::Kept))
}

#[cfg(feature = "sqlite")]
fn database(home: &Home, server: &PublicKey, account: &str) -> Result<Database, ConnectError> {
    let program = entropy::rng().map_err(ConnectError::System)?.u64();
    Ok(Database::open(&home.kept(server), account, program)?)
}
