//! `known_servers`: the pinned keys of servers, one line each, `HOST:PORT KEY FINGERPRINT`. Comments and blank lines stay.

use std::path::{Path, PathBuf};

use chinwag_proto::wire::id::PublicKey;

use super::file::{self, Lock};
use super::keys::{hex, unhex};
use super::{ConfigError, Trouble};

/// The file of pinned keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownServers {
    path: PathBuf,
}

/// One line of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownServer {
    /// As typed by the person, with the port.
    pub server: String,
    /// The server's key.
    pub key: PublicKey,
}

impl KnownServers {
    pub(crate) const fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The key pinned for a server (`HOST:PORT`).
    ///
    /// # Errors
    /// The file can't be read, or a line of it makes no sense: a pin is never overlooked silently.
    pub fn key_of(&self, server: &str) -> Result<Option<PublicKey>, ConfigError> {
        Ok(self.all()?.into_iter().find(|known| known.server == server).map(|known| known.key))
    }

    /// All pins.
    ///
    /// # Errors
    /// As [`Self::key_of`].
    pub fn all(&self) -> Result<Vec<KnownServer>, ConfigError> {
        let text = file::read(&self.path)?.unwrap_or_default();
        let mut known = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let entry = parse(line);
            let corrupt = |trouble| ConfigError::Corrupt { path: self.path.clone(), line: number + 1, trouble };
            known.extend(entry.map_err(corrupt)?);
        }
        Ok(known)
    }

    /// Pins a key for a server, instead of the one pinned before.
    ///
    /// # Errors
    /// The file can't be read or written, or makes no sense.
    pub fn pin(&self, server: &str, key: PublicKey) -> Result<(), ConfigError> {
        let line = format!("{server} {} {}\n", hex(&key.0), key.fingerprint());
        self.change(server, &line)?;
        Ok(())
    }

    /// Forgets the pin of a server. Whether there was one.
    ///
    /// # Errors
    /// As [`Self::pin`].
    pub fn forget(&self, server: &str) -> Result<bool, ConfigError> {
        self.change(server, "")
    }

    /// Replaces the lines of `server` by `with`, at the place of the first or at the end.
    fn change(&self, server: &str, with: &str) -> Result<bool, ConfigError> {
        let _lock = Lock::of(&self.path)?;
        self.all()?;
        let text = file::read(&self.path)?
            .unwrap_or_else(|| "# Servers that this device trusts: HOST:PORT KEY FINGERPRINT\n".into());
        let mut out = String::with_capacity(text.len() + with.len());
        let mut found = false;
        for line in text.lines() {
            if line.split_whitespace().next() != Some(server) {
                out.extend([line, "\n"]);
            } else if !std::mem::replace(&mut found, true) {
                out.push_str(with);
            }
        }
        if !found {
            out.push_str(with);
        }
        file::replace(&self.path, &out)?;
        Ok(found)
    }
}

/// One line: a pin, nothing (a comment), or trouble.
fn parse(line: &str) -> Result<Option<KnownServer>, Trouble> {
    let mut words = line.split_whitespace();
    let Some(server) = words.next().filter(|word| !word.starts_with('#')) else { return Ok(None) };
    let key = words.next().and_then(unhex).map(PublicKey).ok_or(Trouble::KnownServer)?;
    match words.next() {
        Some(print) if print != key.fingerprint() => Err(Trouble::Fingerprint),
        _ => Ok(Some(KnownServer { server: server.to_owned(), key })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: PublicKey = PublicKey([1; 32]);
    const TWO: PublicKey = PublicKey([2; 32]);

    fn file() -> (tempfile::TempDir, KnownServers) {
        let dir = tempfile::tempdir().expect("a folder");
        let known = KnownServers::new(dir.path().join("known_servers"));
        (dir, known)
    }

    #[test]
    fn a_pin_is_found_changed_and_forgotten() {
        let (_dir, known) = file();
        assert_eq!(known.key_of("lab:24469").expect("no file is no pin"), None);
        known.pin("lab:24469", ONE).expect("pinned");
        known.pin("[::1]:7", TWO).expect("pinned");
        known.pin("lab:24469", TWO).expect("changed");
        assert_eq!(known.key_of("lab:24469").expect("read"), Some(TWO));
        assert_eq!(known.all().expect("read").len(), 2);
        assert!(known.forget("lab:24469").expect("forgotten"));
        assert!(!known.forget("lab:24469").expect("was gone"));
        assert_eq!(known.key_of("[::1]:7").expect("read"), Some(TWO));
    }

    #[test]
    fn what_a_person_wrote_stays() {
        let (_dir, known) = file();
        std::fs::write(known.path(), "# mine\n\nlab:1 oops\n").expect("written");
        let error = known.pin("x:1", ONE).expect_err("a broken line").to_string();
        assert!(error.contains("known_servers, line 3"), "{error}");
        assert_eq!(std::fs::read_to_string(known.path()).expect("there"), "# mine\n\nlab:1 oops\n");

        std::fs::write(known.path(), "# mine\n\n").expect("written");
        known.pin("x:1", ONE).expect("pinned");
        assert!(std::fs::read_to_string(known.path()).expect("there").starts_with("# mine\n\nx:1 0101"));
    }

    #[test]
    fn a_fingerprint_that_does_not_belong_is_not_believed() {
        let (_dir, known) = file();
        std::fs::write(known.path(), format!("lab:1 {} {}\n", hex(&ONE.0), TWO.fingerprint())).expect("written");
        assert!(known.key_of("lab:1").is_err());
    }

    #[test]
    fn pins_of_many_programs_at_once_are_all_kept() {
        let (_dir, known) = file();
        std::thread::scope(|scope| {
            for n in 0..8 {
                let known = &known;
                scope.spawn(move || known.pin(&format!("host{n}:1"), ONE).expect("pinned"));
            }
        });
        assert_eq!(known.all().expect("read").len(), 8);
    }
}
