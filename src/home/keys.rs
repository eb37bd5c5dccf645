//! Key files: one line of 64 hexadecimal digits under a line for people, mode 0600.

use std::path::{Path, PathBuf};

use super::file::{self, Lock};
use super::{ConfigError, Trouble};

/// The line of a key that nobody has an account with. It goes when somebody has one, and a key without it is in use: one from
/// before there was this line, too, and one that was brought here from wherever it had a store.
const UNUSED: &str = "# unused: nobody has had an account with it yet";
/// What comes in its place.
const USED: &str = "# in use: people have accounts with it, and the store that has them belongs to it";

/// A secret key in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFile {
    path: PathBuf,
    whose: &'static str,
    is_marked: bool,
}

impl KeyFile {
    /// The key file at this path; `whose` names it to people.
    #[must_use]
    pub const fn new(path: PathBuf, whose: &'static str) -> Self {
        Self { path, whose, is_marked: false }
    }

    /// The same, for a key that says of itself whether it is in use.
    pub(crate) const fn marked(mut self) -> Self {
        self.is_marked = true;
        self
    }

    /// Whether the file says that nobody has had an account with this key, or there is no key yet.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn is_unused(&self) -> Result<bool, ConfigError> {
        Ok(file::read(&self.path)?.is_none_or(|text| text.lines().any(|line| line == UNUSED)))
    }

    /// Somebody has an account with this key: the file says so from now on. The key stays as it is.
    ///
    /// # Errors
    /// The file can't be read or written.
    pub fn note_use(&self) -> Result<(), ConfigError> {
        let _lock = Lock::of(&self.path)?;
        let Some(text) = file::read(&self.path)? else { return Ok(()) };
        if !text.lines().any(|line| line == UNUSED) {
            return Ok(());
        }
        file::replace(&self.path, &text.replace(UNUSED, USED))
    }

    /// Marks the key as one that nobody has an account with, until somebody has: its owner wants an empty store under it, and has that.
    ///
    /// # Errors
    /// The file can't be read or written.
    pub fn note_unused(&self) -> Result<(), ConfigError> {
        let _lock = Lock::of(&self.path)?;
        let Some(text) = file::read(&self.path)? else { return Ok(()) };
        let lines = text.lines().filter(|line| *line != USED && *line != UNUSED);
        let text: String = std::iter::once(UNUSED).chain(lines).flat_map(|line| [line, "\n"]).collect();
        file::replace(&self.path, &text)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The secret, if there is one.
    ///
    /// # Errors
    /// The file can't be read, or holds something else.
    pub fn stored(&self) -> Result<Option<[u8; 32]>, ConfigError> {
        file::read(&self.path)?.map(|text| parse(&self.path, &text, Trouble::Key)).transpose()
    }

    /// The secret; made by `fresh` and stored, if there is none yet.
    ///
    /// # Errors
    /// The file can't be read, can't be made, or holds something else. It is never overwritten.
    pub fn secret(&self, fresh: impl FnOnce() -> [u8; 32]) -> Result<[u8; 32], ConfigError> {
        let parse = |text: String| parse(&self.path, &text, Trouble::Key);
        if let Some(text) = file::read(&self.path)? {
            self.warn_if_others_can_read();
            return parse(text);
        }
        let _lock = Lock::of(&self.path)?;
        if let Some(text) = file::read(&self.path)? {
            return parse(text);
        }
        let secret = fresh();
        let whose = self.whose;
        let mark = if self.is_marked { format!("{UNUSED}\n") } else { String::new() };
        let key = hex(&secret);
        let text = format!("# chinwag {whose} key: secret; whoever has it can be this {whose}\n{mark}{key}\n");
        file::replace(&self.path, &text)?;
        Ok(secret)
    }

    #[cfg(unix)]
    fn warn_if_others_can_read(&self) {
        let mode = std::fs::metadata(&self.path).map_or(0, |meta| std::os::unix::fs::MetadataExt::mode(&meta));
        if mode & 0o077 != 0 {
            let path = self.path.display();
            log::warn!("{path} can be read by others on this machine; `chmod 600 {path}` keeps it yours");
        }
    }

    #[cfg(not(unix))]
    fn warn_if_others_can_read(&self) {}
}

/// The join key that a device brings: 64 hexadecimal digits in a file.
///
/// # Errors
/// The file can't be read or holds something else.
pub fn read_join_key(path: &Path) -> Result<[u8; 32], ConfigError> {
    let missing = || ConfigError::Read { path: path.to_owned(), source: std::io::ErrorKind::NotFound.into() };
    parse(path, &file::read(path)?.ok_or_else(missing)?, Trouble::JoinKey)
}

/// The join key that a server asks for; made by `fresh` and stored, if there is no such file.
///
/// # Errors
/// As [`read_join_key`], or the file can't be made.
pub fn join_key(path: &Path, fresh: impl FnOnce() -> [u8; 32]) -> Result<[u8; 32], ConfigError> {
    if !path.exists() {
        let _lock = Lock::of(path)?;
        file::replace(path, &join_key_text(&fresh()))?;
        log::info!("made a join key in {}", path.display());
    }
    read_join_key(path)
}

/// The file of a join key.
#[must_use]
pub fn join_key_text(key: &[u8; 32]) -> String {
    format!("# chinwag join key: new devices need it; give it to those who may come in\n{}\n", hex(key))
}

/// The first line that is no comment, as a key.
fn parse(path: &Path, text: &str, trouble: Trouble) -> Result<[u8; 32], ConfigError> {
    let content = |line: &str| !line.trim().is_empty() && !line.starts_with('#');
    let (number, line) = text.lines().enumerate().find(|(_, line)| content(line)).unwrap_or((0, ""));
    unhex(line.trim()).ok_or_else(|| ConfigError::Corrupt { path: path.to_owned(), line: number + 1, trouble })
}

/// Lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// 32 octets from exactly 64 hexadecimal digits.
#[must_use]
pub fn unhex(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let mut out = [0; 32];
    for (octet, at) in out.iter_mut().zip((0..64).step_by(2)) {
        *octet = u8::from_str_radix(&text[at..at + 2], 16).ok()?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_in_use_is_unused_again_where_its_owner_wants_an_empty_store() {
        let dir = tempfile::tempdir().expect("a folder");
        let key = KeyFile::new(dir.path().join("server.key"), "server").marked();
        key.secret(|| [7; 32]).expect("made");
        let is_unused = || key.is_unused().expect("read");
        assert!(is_unused());
        for _ in 0..2 {
            key.note_use().expect("noted");
            assert!(!is_unused());
            key.note_unused().expect("noted");
            assert!(is_unused());
        }
        assert_eq!(key.stored().expect("the same key"), Some([7; 32]));
        // One from before there was such a line.
        std::fs::write(key.path(), format!("{}\n", hex(&[8; 32]))).expect("written");
        assert!(!is_unused());
        key.note_unused().expect("noted");
        assert!(is_unused() && key.stored().expect("the same key") == Some([8; 32]));
    }

    #[test]
    fn a_key_is_made_once_and_kept() {
        let dir = tempfile::tempdir().expect("a folder");
        let key = KeyFile::new(dir.path().join("deep/device.key"), "device");
        assert_eq!(key.secret(|| [7; 32]).expect("made"), [7; 32]);
        assert_eq!(key.secret(|| panic!("there is one")).expect("read"), [7; 32]);
    }

    #[test]
    fn a_key_that_was_made_here_is_unused_until_somebody_uses_it_and_any_other_is_in_use() {
        let dir = tempfile::tempdir().expect("a folder");
        let key = KeyFile::new(dir.path().join("server.key"), "server").marked();
        assert!(key.is_unused().expect("none"));
        assert_eq!(key.secret(|| [7; 32]).expect("made"), [7; 32]);
        assert!(key.is_unused().expect("made here"));
        key.note_use().expect("written");
        key.note_use().expect("and once more changes nothing");
        assert!(!key.is_unused().expect("used"));
        assert_eq!(key.stored().expect("the same key"), Some([7; 32]));
        std::fs::write(key.path(), join_key_text(&[8; 32])).expect("written");
        assert!(!key.is_unused().expect("brought here"));
        key.note_use().expect("nothing to note");
        assert_eq!(key.stored().expect("as it was"), Some([8; 32]));
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read_it() {
        use std::os::unix::fs::MetadataExt as _;
        let dir = tempfile::tempdir().expect("a folder");
        let key = KeyFile::new(dir.path().join("server.key"), "server");
        key.secret(|| [1; 32]).expect("made");
        assert_eq!(std::fs::metadata(key.path()).expect("there").mode() & 0o777, 0o600);
    }

    #[test]
    fn a_damaged_key_is_named_with_its_line_and_left_alone() {
        let dir = tempfile::tempdir().expect("a folder");
        let key = KeyFile::new(dir.path().join("server.key"), "server");
        for damaged in ["", "# only this\n", "# key\n12ab\n", &"zz".repeat(32), &"é".repeat(32)] {
            std::fs::write(key.path(), damaged).expect("written");
            let error = key.secret(|| panic!("never a new one")).expect_err("damaged").to_string();
            assert!(error.contains("server.key, line") && error.contains("64 hexadecimal digits"), "{error}");
            assert_eq!(std::fs::read_to_string(key.path()).expect("there"), damaged);
        }
    }
}
