//! `recent`: the servers that were used, the last one first, each with the name used there: `HOST:PORT NAME`.

use std::path::PathBuf;

use super::file::{self, Lock};
use super::{ConfigError, Trouble};

/// Servers kept at most.
const KEPT_MAX: usize = 50;

/// The file of servers used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recent {
    path: PathBuf,
}

/// One line of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Used {
    /// As typed by the person, with the port.
    pub server: String,
    /// The account there.
    pub name: String,
}

impl Recent {
    pub(crate) const fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// All of them, the last one first.
    ///
    /// # Errors
    /// The file can't be read or makes no sense.
    pub fn all(&self) -> Result<Vec<Used>, ConfigError> {
        let text = file::read(&self.path)?.unwrap_or_default();
        let parse = |(number, line): (usize, &str)| {
            let corrupt =
                || ConfigError::Corrupt { path: self.path.clone(), line: number + 1, trouble: Trouble::Recent };
            let (server, name) = line.split_once(' ').ok_or_else(corrupt)?;
            Ok(Used { server: server.to_owned(), name: name.to_owned() })
        };
        text.lines().enumerate().map(parse).collect()
    }

    /// The name that was used on a server.
    ///
    /// # Errors
    /// As [`Self::all`].
    pub fn name_on(&self, server: &str) -> Result<Option<String>, ConfigError> {
        Ok(self.all()?.into_iter().find(|used| used.server == server).map(|used| used.name))
    }

    /// Remembers that this server was used under this name, now.
    ///
    /// # Errors
    /// The file can't be read or written, or makes no sense.
    pub fn remember(&self, server: &str, name: &str) -> Result<(), ConfigError> {
        let _lock = Lock::of(&self.path)?;
        let mut all = self.all()?;
        if all.first().is_some_and(|used| used.server == server && used.name == name) {
            return Ok(());
        }
        all.retain(|used| used.server != server);
        all.insert(0, Used { server: server.to_owned(), name: name.to_owned() });
        all.truncate(KEPT_MAX);
        let text: String = all.iter().map(|used| format!("{} {}\n", used.server, used.name)).collect();
        file::replace(&self.path, &text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_one_used_comes_first_and_names_may_have_spaces() {
        let dir = tempfile::tempdir().expect("a folder");
        let recent = Recent::new(dir.path().join("recent"));
        assert_eq!(recent.all().expect("no file is none"), []);
        recent.remember("a:1", "ann").expect("kept");
        recent.remember("b:2", "bob the builder").expect("kept");
        recent.remember("a:1", "anna").expect("kept");
        let used = |server: &str, name: &str| Used { server: server.into(), name: name.into() };
        assert_eq!(recent.all().expect("read"), [used("a:1", "anna"), used("b:2", "bob the builder")]);
        assert_eq!(recent.name_on("b:2").expect("read").as_deref(), Some("bob the builder"));
    }
}
