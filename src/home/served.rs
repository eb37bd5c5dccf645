//! `server.served`: the key of the server that people have accounts on. It lies beside the key and not beside the store, so that
//! a store that was lost is missed.

use std::path::PathBuf;

use chinwag_proto::wire::id::PublicKey;

use super::file::{self, Lock};
use super::{ConfigError, keys};

/// The file that says whose store is to be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    path: PathBuf,
}

impl Served {
    pub(crate) const fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Whether people have had accounts on the server with this key.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn has(&self, key: &PublicKey) -> Result<bool, ConfigError> {
        let text = file::read(&self.path)?.unwrap_or_default();
        Ok(text.lines().any(|line| line == keys::hex(&key.0)))
    }

    /// People have accounts on it from now on.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn note(&self, key: &PublicKey) -> Result<(), ConfigError> {
        if self.has(key)? {
            return Ok(());
        }
        let _lock = Lock::of(&self.path)?;
        let key = keys::hex(&key.0);
        file::replace(&self.path, &format!("# The server with this key has accounts; its store belongs to it\n{key}\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_key_is_another_server() {
        let dir = tempfile::tempdir().expect("a folder");
        let served = Served::new(dir.path().join("server.served"));
        let (one, two) = (PublicKey([1; 32]), PublicKey([2; 32]));
        assert!(!served.has(&one).expect("none"));
        served.note(&one).expect("written");
        assert!(served.has(&one).expect("read") && !served.has(&two).expect("read"));
        served.note(&two).expect("written");
        assert!(!served.has(&one).expect("read") && served.has(&two).expect("read"));
    }
}
