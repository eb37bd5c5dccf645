//! A server whose key is there and whose store is not: whoever came first would own it, under the name that all others trust.

use crate::cli::failure::{Exit, Failure};
use crate::config::{Home, KeyFile};
use crate::server::Notice;
use crate::store::sqlite::FILE;

/// Remembers, outside of the store, that there is something in it.
pub(super) struct StoreWatch {
    key: KeyFile,
    /// The key is in use, or was before this server had it.
    is_noted: bool,
    is_new_wanted: bool,
}

impl StoreWatch {
    /// Before the store is opened, which would make one. Refuses if one was lost, unless a new one is wanted.
    pub(super) fn begin(home: &Home, is_new_wanted: bool) -> Result<Self, Failure> {
        let key = home.server_key();
        let is_noted = !key.is_unused()? && !is_new_wanted;
        let watch = Self { key, is_noted, is_new_wanted };
        // To open an empty file would make a store of it.
        let has_store = std::fs::metadata(home.server_data().join(FILE)).is_ok_and(|file| file.len() > 0);
        watch.is_there(home, has_store)?;
        if is_new_wanted && has_store {
            log::warn!(
                "--new-store: there is a store, and it stays; start without that, or one that is lost goes unnoticed"
            );
        }
        Ok(watch)
    }

    /// The store was opened, and has accounts or none.
    pub(super) fn opened(&mut self, home: &Home, has_accounts: bool) -> Result<(), Failure> {
        self.is_there(home, has_accounts)?;
        if has_accounts {
            self.note();
        } else if self.is_new_wanted {
            // The next start needs not be told once more that nothing is missed.
            self.key.note_unused()?;
        }
        Ok(())
    }

    /// Somebody has an account, once the first has logged in.
    pub(super) fn notice(&mut self, notice: &Notice) {
        if let Notice::LoggedIn { .. } = notice {
            self.note();
        }
    }

    fn is_there(&self, home: &Home, is_there: bool) -> Result<(), Failure> {
        if is_there || !self.is_noted {
            return Ok(());
        }
        Err(Failure::new(Exit::Configuration, sentence(home)))
    }

    fn note(&mut self) {
        if std::mem::replace(&mut self.is_noted, true) {
            return;
        }
        if let Err(error) = self.key.note_use() {
            log::warn!("{error}; if the store is lost, the next start will not miss it");
        }
    }
}

/// Why nothing is done with an empty store of a server that has served.
pub(in crate::cli) fn sentence(home: &Home) -> String {
    let (data, flag) = (home.server_data(), home.flag());
    format!(
        "this server has served before, or its key was brought here, and there is nothing of that in {0}: whoever came \
         first would own it. Bring a backup back (move what is left of {0} away, then `chinwag admin{flag} restore DIR`), or begin an empty one: \
         `chinwag{flag} serve --new-store`",
        data.display(),
    )
}
