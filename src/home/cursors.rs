//! Cursors as an earlier version kept them: per room the last entry that this device holds without a gap, one file each, `LOG
//! NUMBER`. They are read, once, and written no more.

use std::fs;
use std::path::{Path, PathBuf};

use chinwag_proto::wire::id::{LogId, RoomSeq};

use super::file;
use super::{ConfigError, Trouble};

/// The cursors of one server's rooms, in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursors {
    dir: PathBuf,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The room's name as shown.
    pub name: String,
    /// The room's log.
    pub log: LogId,
    /// The last entry held without a gap.
    pub upto: RoomSeq,
}

impl Cursors {
    pub(crate) const fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// All of them.
    ///
    /// # Errors
    /// The folder or a file can't be read, or a file makes no sense.
    pub fn all(&self) -> Result<Vec<Cursor>, ConfigError> {
        let unreadable = |source| ConfigError::Read { path: self.dir.clone(), source };
        let entries = match fs::read_dir(&self.dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(unreadable(source)),
        };
        let mut all = Vec::new();
        for entry in entries {
            let path = entry.map_err(unreadable)?.path();
            let name = path.file_name().and_then(|name| name.to_str()).and_then(room_name);
            if let Some(name) = name {
                all.extend(read(&path)?.map(|(log, upto)| Cursor { name, log, upto }));
            }
        }
        Ok(all)
    }
}

/// The cursor in a file, if there is one.
fn read(path: &Path) -> Result<Option<(LogId, RoomSeq)>, ConfigError> {
    let Some(text) = file::read(path)? else { return Ok(None) };
    let numbers = text
        .trim_end()
        .split_once(' ')
        .and_then(|(log, upto)| Some((log.parse().map(LogId).ok()?, upto.parse().map(RoomSeq).ok()?)));
    let corrupt = || ConfigError::Corrupt { path: path.to_owned(), line: 1, trouble: Trouble::Cursor };
    numbers.map(Some).ok_or_else(corrupt)
}

/// The room's name in a file's, where every octet but ASCII letters in lower case, digits and `-` stands as `%XX`; `None` if
/// the file is none of ours.
fn room_name(file: &str) -> Option<String> {
    let mut parts = file.strip_suffix(".cursor")?.split('%');
    let mut octets = parts.next()?.as_bytes().to_vec();
    for part in parts {
        octets.push(u8::from_str_radix(part.get(..2)?, 16).ok()?);
        octets.extend_from_slice(&part.as_bytes()[2..]);
    }
    String::from_utf8(octets).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_earlier_version_recorded_is_read() {
        let dir = tempfile::tempdir().expect("a folder");
        let cursors = Cursors::new(dir.path().join("server"));
        assert_eq!(cursors.all().expect("none"), []);
        fs::create_dir(dir.path().join("server")).expect("made");
        fs::write(dir.path().join("server/%23lobby.cursor"), "7 5\n").expect("written");
        fs::write(dir.path().join("server/%23lobby.cursor.lock"), "").expect("written");
        let lobby = Cursor { name: "#lobby".into(), log: LogId(7), upto: RoomSeq(5) };
        assert_eq!(cursors.all().expect("read"), [lobby]);
        assert_eq!(room_name("%zz.cursor"), None);
        assert_eq!(room_name("%a€.cursor"), None);
    }

    #[test]
    fn a_damaged_cursor_is_named_not_guessed() {
        let dir = tempfile::tempdir().expect("a folder");
        let cursors = Cursors::new(dir.path().to_owned());
        fs::write(dir.path().join("%23lobby.cursor"), "").expect("written");
        let error = cursors.all().expect_err("damaged").to_string();
        assert!(error.contains("%23lobby.cursor, line 1"), "{error}");
    }
}
