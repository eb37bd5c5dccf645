//! What a device keeps of one account on one server, in its folder or nowhere.

use std::collections::{BTreeMap, BTreeSet};

use chinwag_client_core::{Config, Draft, Save, Saved, SavedPost};
use chinwag_drive::{Inline, Worker};
#[cfg(feature = "sqlite")]
use chinwag_drive::{Threaded, entropy};
#[cfg(feature = "sqlite")]
use chinwag_home::Home;
#[cfg(feature = "sqlite")]
use chinwag_keep::{Database, Keep as _, saving};
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

    /// Begins a client where this device left off; and what else is remembered of the account.
    pub(super) fn fill(&mut self, config: Config) -> Result<(Config, Kept), ConnectError> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Folder(database) => {
                let kept = database.load()?;
                let (outbox, not_adopted) = passing(database.adopt().map_err(ConnectError::from))?;
                // It is tried again after the login, and told then.
                not_adopted.iter().for_each(|error| log::warn!("{error}"));
                let remembered = Kept {
                    ignored: kept.ignored.clone(),
                    muted: kept.muted,
                    settings: kept.settings,
                    outbox: outbox.len(),
                };
                let config = Config {
                    cursors: kept.cursors,
                    sent: kept.sent,
                    ignored: kept.ignored,
                    leaving: kept.leaving,
                    keeps_outbox: true,
                    outbox,
                    ..config
                };
                Ok((config, remembered))
            }
            Self::Nowhere => Ok((config, Kept::default())),
        }
    }

    /// What was half typed, by room (folded). What can't be taken over for want of room is no less kept for that.
    pub(super) fn drafts(&mut self) -> Result<BTreeMap<String, Draft>, ConnectError> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Folder(database) => Ok(passing(database.drafts().map_err(ConnectError::from))?.0),
            Self::Nowhere => Ok(BTreeMap::new()),
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
            Self::Folder(database) => Ok(database.adopt()?),
            Self::Nowhere => Ok(Vec::new()),
        }
    }
}

/// What this device remembers of an account, as it was when the session began.
///
/// ```no_run
/// # fn page(client: &chinwag_client::Client, page: chinwag_client::Page) {
/// // What the user ignores is not shown. (Names are folded: in lower case.)
/// let ignored = &client.kept().ignored;
/// for (number, entry) in page.entries.iter().filter(|(_, entry)| !ignored.contains(&entry.name.to_lowercase())) {
///     println!("{} {}", number.0, entry.name);
/// }
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Names (folded) of accounts that are ignored.
    pub ignored: BTreeSet<String>,
    /// Rooms (folded) that are muted.
    pub muted: BTreeSet<String>,
    /// What the user has set, by name.
    pub settings: BTreeMap<String, String>,
    /// Messages of earlier programs that are sent now, and were not answered before.
    pub outbox: usize,
}

/// What can't be taken over for want of room is no less kept for that, and tried again after the next login.
pub(super) fn passing<T: Default>(adopted: Result<T, ConnectError>) -> Result<(T, Option<ConnectError>), ConnectError> {
    match adopted {
        Err(error @ ConnectError::Keep(_)) if !error.is_damage() => Ok((T::default(), Some(error))),
        adopted => Ok((adopted?, None)),
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
