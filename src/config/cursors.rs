//! Cursors: per room the last entry that this device holds without a gap, one file each, `LOG NUMBER`.

use std::fs;
use std::path::{Path, PathBuf};

use chinwag_proto::wire::id::{LogId, RoomSeq};

use super::file::{self, Lock};
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
    pub(super) const fn new(dir: PathBuf) -> Self {
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

    /// Records a cursor. Within one log it only ever moves forward, whichever program of this home comes last.
    ///
    /// # Errors
    /// The file can't be read or written, or makes no sense.
    pub fn record(&self, cursor: &Cursor) -> Result<(), ConfigError> {
        let path = self.dir.join(file_name(&cursor.name));
        let _lock = Lock::of(&path)?;
        match read(&path)? {
            Some((log, upto)) if log == cursor.log && upto >= cursor.upto => Ok(()),
            _ => file::replace(&path, &format!("{} {}\n", cursor.log, cursor.upto)),
        }
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

/// A room's name as a file's: every octet but ASCII letters in lower case, digits and `-` as `%XX`, so that no room of
/// any name can lead elsewhere, and none is another's on a file system that ignores case.
fn file_name(room: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let octet = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02x}") };
    room.bytes().map(octet).collect::<String>() + ".cursor"
}

/// The room's name in a file's; `None` if the file is none of ours.
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

    fn cursor(name: &str, log: u64, upto: u64) -> Cursor {
        Cursor { name: name.into(), log: LogId(log), upto: RoomSeq(upto) }
    }

    #[test]
    fn a_cursor_moves_only_forward_within_a_log() {
        let dir = tempfile::tempdir().expect("a folder");
        let cursors = Cursors::new(dir.path().join("server"));
        assert_eq!(cursors.all().expect("none yet"), []);
        for (record, held) in [((1, 5), (1, 5)), ((1, 3), (1, 5)), ((2, 1), (2, 1)), ((2, 9), (2, 9))] {
            cursors.record(&cursor("#lobby", record.0, record.1)).expect("recorded");
            assert_eq!(cursors.all().expect("read"), [cursor("#lobby", held.0, held.1)]);
        }
    }

    #[test]
    fn any_room_name_is_a_harmless_file_name() {
        let longest = "é".repeat(32);
        for name in ["#lobby", "@ann", "../../etc/passwd", "#Käse 🧀", "", "#%41", "#A", &longest] {
            let file = file_name(name);
            assert_eq!(room_name(&file).as_deref(), Some(name), "{file}");
            assert!(file.len() < 250 && !file.contains(['/', '\\', ' ']) && !file.starts_with('.') || name.is_empty());
        }
        assert_eq!(room_name("lobby.cursor.lock"), None);
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
