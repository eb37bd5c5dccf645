//! The recorder (`powercut/`): built once, put before a process, and its records read.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The library that is preloaded; built when it is first wanted.
fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("powercut");
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--locked", "--offline"]);
        cargo.arg("--manifest-path").arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("powercut/Cargo.toml"));
        let built = cargo.arg("--target-dir").arg(&target).status().expect("cargo starts");
        assert!(built.success(), "powercut is built");
        target.join("debug/libpowercut.so")
    })
}

/// The environment in which a process is watched: what it does in this folder, recorded in that file.
pub(crate) fn environment(folder: &Path, record: Option<&Path>) -> Vec<(String, String)> {
    let text = |path: &Path| path.to_str().expect("UTF-8").to_owned();
    let mut set = vec![("LD_PRELOAD".to_owned(), text(library())), ("POWERCUT_DIR".to_owned(), text(folder))];
    set.extend(record.map(|record| ("POWERCUT_RECORD".to_owned(), text(record))));
    set
}

/// The environment in which a process's wall clock is ahead by as many seconds as this file says.
pub(crate) fn with_clock(file: &Path) -> Vec<(String, String)> {
    let text = |path: &Path| path.to_str().expect("UTF-8").to_owned();
    vec![("LD_PRELOAD".to_owned(), text(library())), ("POWERCUT_CLOCK".to_owned(), text(file))]
}

/// What was done, or a mark that somebody else has set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Create,
    Write { offset: usize, data: std::ops::Range<usize> },
    Truncate { len: usize },
    Sync,
    SyncFolder,
    SyncFailed,
    Unlink,
    Rename { to: String },
    Folder,
    Mark(String),
}

impl What {
    /// What it is called.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Write { .. } => "write",
            Self::Truncate { .. } => "truncation",
            Self::Sync => "sync",
            Self::SyncFolder => "sync of names",
            Self::SyncFailed => "failed sync",
            Self::Unlink => "unlink",
            Self::Rename { .. } => "rename",
            Self::Folder => "folder",
            Self::Mark(_) => "mark",
        }
    }
}

/// One record, in the order in which things were done.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) name: String,
    pub(crate) what: What,
}

/// Reads a file of records. What was written stays in the file's octets, which are given beside.
pub(crate) fn records(file: &Path) -> (Vec<Record>, Vec<u8>) {
    let octets = std::fs::read(file).expect("a record");
    let mut records = Vec::new();
    let mut at = 0;
    let number = |at: usize, len: usize| {
        octets[at..at + len].iter().rev().fold(0_usize, |number, octet| number << 8 | usize::from(*octet))
    };
    let text = |range: std::ops::Range<usize>| String::from_utf8(octets[range].to_vec()).expect("UTF-8");
    while at < octets.len() {
        let (kind, name_len, data_len, offset) = (octets[at], number(at + 1, 2), number(at + 3, 4), number(at + 7, 8));
        let name = at + 15..at + 15 + name_len;
        let data = name.end..name.end + data_len;
        at = data.end;
        let what = match kind {
            b'C' => What::Create,
            b'W' => What::Write { offset, data },
            b'T' => What::Truncate { len: offset },
            b'S' => What::Sync,
            b'D' => What::SyncFolder,
            b'X' => What::SyncFailed,
            b'U' => What::Unlink,
            b'R' => What::Rename { to: text(data) },
            b'F' => What::Folder,
            b'M' => What::Mark(text(data)),
            other => panic!("no such record: {other}"),
        };
        records.push(Record { name: text(name), what });
    }
    (records, octets)
}

/// The calls of a process that were counted, and could have failed.
pub(crate) fn calls(records: &[Record]) -> Vec<&Record> {
    let may_fail = |record: &&Record| {
        matches!(record.what, What::Write { .. } | What::Truncate { .. } | What::Sync | What::SyncFolder)
    };
    records.iter().filter(may_fail).collect()
}

/// Sets marks in a file of records, from a process that is watched or from one beside it.
pub(crate) struct Marks(std::fs::File);

impl Marks {
    pub(crate) fn open(file: &Path) -> Self {
        Self(std::fs::OpenOptions::new().append(true).create(true).open(file).expect("a record"))
    }

    pub(crate) fn set(&self, text: &str) {
        use std::io::Write as _;
        let mut record = vec![b'M', 0, 0];
        record.extend((text.len() as u32).to_le_bytes());
        record.extend([0; 8]);
        record.extend(text.as_bytes());
        (&self.0).write_all(&record).expect("a mark can be set");
    }
}
