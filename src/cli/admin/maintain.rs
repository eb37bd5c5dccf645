//! Checks and exports: what is done with the store as a whole, whether its server runs or not.

use std::path::{Path, PathBuf};
use std::time::Duration;

use chinwag_proto::rng::Rng;
use chinwag_proto::wire::message::{Refusal, name};
use serde_json::json;

use super::super::output::{say, tell};
use crate::admin::{Reply, Request};
use crate::cli::entry;
use crate::cli::serve::lost;
use crate::config::{Home, Spare};
use crate::names;
use crate::store::sqlite::{AdminError, Durability, FILE, OpenError, Reader, Sqlite};

use super::record::{note_copy, on_record};
use super::running::{ask_running, done};
use super::unread::Unread;
use super::{Exit, Failure};

/// Why nothing is done that needs the store for itself.
pub(super) const RUNS: &str = "a server runs with this home: stop it first, nothing was changed";

/// The store of a server that does not run.
pub(super) fn open(home: &Home, rng: &mut Rng) -> Result<Sqlite, Failure> {
    is_there(home)?;
    let store = open_at(&home.server_data(), rng)?;
    is_not_emptied(home, &reader(&store)?)?;
    Ok(store)
}

pub(super) fn is_there(home: &Home) -> Result<(), Unread> {
    // To make one would be to answer for a server that never was, and to back up nothing.
    match std::fs::metadata(home.server_data().join(FILE)) {
        // To open it would make a new one of it.
        Ok(file) if file.len() == 0 => emptied(home),
        Ok(_) => Ok(()),
        Err(_) => Err(Unread::unsound(format!(
            "there is no store in {}: is --home the server's?",
            home.server_data().display()
        ))),
    }
}

/// Whether this is no store that lacks what its server's key says that there was: it would be answered for as if that were all. A
/// damaged one says so elsewhere.
pub(super) fn is_not_emptied(home: &Home, reader: &Reader) -> Result<(), Unread> {
    if reader.has_accounts().unwrap_or(true) { Ok(()) } else { emptied(home) }
}

fn emptied(home: &Home) -> Result<(), Unread> {
    if home.server_key().is_unused()? {
        return Ok(());
    }
    Err(Unread::unsound(format!("the store is empty: {}", lost::sentence(home))))
}

/// Copies the store of a running server.
pub(in crate::cli) fn copy(reader: &Reader, to: &Path) -> Reply {
    reader.backup(to).map_or_else(|error| Reply::Failed(error.to_string()), |()| Reply::Done)
}

/// Keeps that an account is banned, or is no more. Gives whether it was otherwise before.
///
/// # Errors
/// It can't be kept.
pub(in crate::cli) fn set_ban(home: &Home, account: &str, is_banned: bool) -> Result<bool, String> {
    let (banned, name) = (home.banned(), name::fold(account));
    Spare::of(home).on_full_disk(|| banned.set(&name, is_banned)).map_err(|error| error.to_string())
}

/// The same as a reply, where no server runs.
pub(super) fn keep_ban(home: &Home, account: &str, is_banned: bool) -> Reply {
    match set_ban(home, account, is_banned) {
        Ok(false) if !is_banned => Reply::Refused(Refusal::NoSuchAccount),
        Ok(_) => Reply::Done,
        Err(error) => Reply::Failed(error),
    }
}

/// Checks the store.
pub(super) fn verify(home: &Home, json: bool) -> Result<(), Failure> {
    let Verified { wrong, lost, is_loss_open, outdated } = verify_as_it_is(home).map_err(|unread| unread.told(json))?;
    let is_sound = wrong.is_empty() && !is_loss_open;
    if json {
        say(&entry::json_line(&json!({"sound": is_sound, "wrong": wrong, "lost": lost, "outdated_names": outdated})));
    } else {
        wrong.iter().chain(&lost).chain(&outdated).for_each(|line| say(line));
    }
    if is_sound {
        return sound(json);
    }
    if wrong.is_empty() {
        return Err(Failure::new(
            Exit::Configuration,
            "what is lost lay on a damaged page; go back to a backup that has it, by `chinwag admin restore`, or go on without it, by \
             `chinwag admin repair`",
        ));
    }
    Err(Failure::new(
        Exit::Configuration,
        "the store is damaged; go back to a backup that is sound, by `chinwag admin restore`, or keep what can be read, by `chinwag \
         admin repair`",
    ))
}

/// Programs read it in what was printed already.
#[expect(clippy::unnecessary_wraps, reason = "it is how two commands end")]
fn sound(json: bool) -> Result<(), Failure> {
    if !json {
        say("the store is sound");
    }
    Ok(())
}

/// What a check has found, in words.
struct Verified {
    /// What is wrong with the store,
    wrong: Vec<String>,
    /// what is lost of it,
    lost: Vec<String>,
    /// and not only what an operator has had repaired;
    is_loss_open: bool,
    /// and which names are kept that nobody would get today.
    outdated: Vec<String>,
}

/// What is checked is the file itself, not a copy, which would take space and have new pages.
fn verify_as_it_is(home: &Home) -> Result<Verified, Unread> {
    let verify = |reader: &Reader| {
        let wrong = reader.verify()?;
        let (accounts, rooms) = reader.names()?;
        let of = |what: &str, names: &[String]| {
            let outdated = names::outdated(names);
            outdated.into_iter().map(|line| format!("{what} {line}; it is kept")).collect::<Vec<_>>()
        };
        let outdated = [of("account", &accounts), of("room", &rooms)].concat();
        // Where the list itself can't be read, that is among what is wrong.
        let (lost, is_loss_open) = (reader.lost(), reader.is_loss_open());
        let (lost, is_loss_open) = match wrong.is_empty() {
            true => (lost?, is_loss_open?),
            false => (lost.unwrap_or_default(), is_loss_open.unwrap_or_default()),
        };
        Ok(Verified { wrong, lost, is_loss_open, outdated })
    };
    if ask_running(home, &Request::Status)?.is_none() {
        return at_rest(home, verify);
    }
    is_there(home)?;
    verify(&Reader::open(&home.server_data().join(FILE))?)
}

/// Writes everything as JSON lines.
pub(super) fn export(home: &Home, to: Option<&Path>, rng: &mut Rng) -> Result<(), Failure> {
    if to.is_none() && is_open_to_others() {
        tell(
            "others on this machine can read the file that this goes to; `chinwag admin export FILE` makes one that is yours",
        );
    }
    let unreadable = with_reader(home, rng, |reader| match to {
        Some(to) => export_to(reader, to),
        None => {
            let mut out = std::io::BufWriter::new(std::io::stdout().lock());
            match export_lines(reader, &mut out) {
                // Whoever reads has seen enough.
                Err(AdminError::Write(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(0),
                done => done,
            }
        }
    })?;
    note_copy(home, "exported everything");
    match unreadable {
        0 => Ok(()),
        missing => Err(Failure::new(
            Exit::Configuration,
            format!("the store is damaged: {missing} messages can't be read and are missing; all others are written"),
        )),
    }
}

/// Makes the store of a server that does not run whole again, without what can't be read.
pub(super) fn repair(home: &Home, json: bool, rng: &mut Rng) -> Result<(), Failure> {
    let (kept, mended, wrong) = repaired(home, json, rng).map_err(|unread| unread.told(json))?;
    if json {
        let kept = kept.display().to_string();
        say(&entry::json_line(&json!({"sound": wrong.is_empty(), "wrong": wrong, "kept": kept, "mended": mended})));
    } else {
        wrong.iter().for_each(|line| say(line));
    }
    if wrong.is_empty() {
        return sound(json);
    }
    Err(Failure::new(
        Exit::Configuration,
        "that could not be repaired; go back to a backup that is sound, by `chinwag admin restore`",
    ))
}

/// Gives where the store as it was is kept, what was mended and not said yet, and what is wrong still.
fn repaired(home: &Home, json: bool, rng: &mut Rng) -> Result<(PathBuf, Vec<String>, Vec<String>), Unread> {
    is_there(home)?;
    if ask_running(home, &Request::Status)?.is_some() {
        return Err(Failure::new(Exit::General, RUNS).into());
    }
    let damaged = at_rest(home, |reader| Ok(reader.damaged()?))?;
    if !damaged.needed.is_empty() {
        return Err(Unread::unsound(format!("the store is damaged: {}; nothing was changed", damaged.said())));
    }
    let kept = keep_damaged(&home.server_data())?;
    let mut done = Done { json, lines: Vec::new() };
    if !json {
        say(&format!("the store as it was is kept in {}", kept.display()));
    }
    let (store, mended) = on_record(home, "repaired the store", || {
        Sqlite::repair(&home.server_data(), rng.bytes()).map_err(Unread::from)
    })?;
    for table in &mended.tables {
        done.say(format!("the table {table} is made anew of what can be read"));
    }
    mended.lost_rows.into_iter().for_each(|line| done.say(line));
    for index in &mended.indexes {
        done.say(format!("the index {index} is made anew; nothing is lost"));
    }
    let reader = reader(&store)?;
    reader.lost()?.into_iter().for_each(|line| done.say(line));
    let wrong = reader.verify()?;
    drop(reader);
    store.close().map_err(|error| Failure::new(Exit::General, error.to_string()))?;
    Ok((kept, done.lines, wrong))
}

/// What was mended: said at once, or kept for the one object that programs get.
struct Done {
    json: bool,
    lines: Vec<String>,
}

impl Done {
    fn say(&mut self, line: String) {
        if self.json { self.lines.push(line) } else { say(&line) }
    }
}

/// Copies the store's files to names that are no store's. Gives the first of them.
fn keep_damaged(data: &Path) -> Result<PathBuf, Failure> {
    let name = |number: u32| data.join(format!("damaged-{number}.db"));
    let to = (1..).map(name).find(|path| !path.exists()).unwrap_or_else(|| name(0));
    for suffix in ["", "-wal"] {
        let with = |path: &Path| {
            let mut name = path.as_os_str().to_owned();
            name.push(suffix);
            PathBuf::from(name)
        };
        let (from, to) = (with(&data.join(FILE)), with(&to));
        if from.exists() {
            std::fs::copy(&from, &to).map_err(|error| failed(&AdminError::of_file(&to, error)))?;
        }
    }
    Ok(to)
}

/// The same to a new file for its owner only. Half of it is none.
fn export_to(reader: &Reader, to: &Path) -> Result<u64, AdminError> {
    let mut out = std::io::BufWriter::new(Reader::new_file(to)?);
    let done = export_lines(reader, &mut out).and_then(|unreadable| {
        out.get_ref().sync_all()?;
        Ok(unreadable)
    });
    if done.is_err() {
        drop(std::fs::remove_file(to));
    }
    done.map_err(|error| if let AdminError::Write(error) = error { AdminError::of_file(to, error) } else { error })
}

fn export_lines(reader: &Reader, out: &mut impl std::io::Write) -> Result<u64, AdminError> {
    let unreadable = reader.export(&mut |exported| writeln!(out, "{}", entry::exported(exported)))?;
    out.flush()?;
    Ok(unreadable)
}

/// Whether stdout is a file that others can read, since a shell made it.
#[cfg(unix)]
fn is_open_to_others() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let file = std::fs::metadata("/dev/stdout");
    file.is_ok_and(|file| file.is_file() && file.mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open_to_others() -> bool {
    false
}

/// Reads the store, or a copy of it if its server runs.
fn with_reader<T>(
    home: &Home,
    rng: &mut Rng,
    read: impl FnOnce(&Reader) -> Result<T, AdminError>,
) -> Result<T, Failure> {
    if ask_running(home, &Request::Status)?.is_none() {
        return Ok(at_rest(home, |reader| Ok(read(reader)?))?);
    }
    let read = |reader: &Reader| read(reader).map_err(|error| failed(&error));
    sweep(&home.server_data());
    let copy = Copy(home.server_data().join(format!("{COPY}{:016x}", rng.u64())));
    std::fs::create_dir_all(&copy.0).map_err(|error| failed(&AdminError::of_file(&copy.0, error)))?;
    let store = match ask_running(home, &Request::Backup { to: copy.0.join(FILE) })? {
        // Most often it is damaged; then it is read as it is, beside the server.
        Some(Reply::Failed(_)) => {
            let file = home.server_data().join(FILE);
            return read(&Reader::open(&file).map_err(|error| unopened(&error))?);
        }
        Some(reply) => done(reply).and_then(|()| open_at(&copy.0, rng))?,
        // It has stopped meanwhile.
        None => open(home, rng)?,
    };
    read(&reader(&store)?)
}

/// Reads the store of a server that does not run, and writes nothing.
fn at_rest<T>(home: &Home, read: impl FnOnce(&Reader) -> Result<T, Unread>) -> Result<T, Unread> {
    is_there(home)?;
    let reader = Reader::alone(&home.server_data())?;
    is_not_emptied(home, &reader)?;
    read(&reader)
}

/// What the names of copies begin with.
const COPY: &str = "copy-";
/// A copy is read for less than this.
const READ_WITHIN: Duration = Duration::from_secs(24 * 60 * 60);

/// Removes copies of readers that were killed.
fn sweep(data: &Path) {
    let Ok(files) = std::fs::read_dir(data) else { return };
    for file in files.flatten().filter(|file| file.file_name().to_string_lossy().starts_with(COPY)) {
        let age = file.metadata().and_then(|metadata| metadata.modified()).map(|at| at.elapsed().unwrap_or_default());
        if age.is_ok_and(|age| age > READ_WITHIN)
            && let Err(error) = std::fs::remove_dir_all(file.path())
        {
            log::warn!("can't remove {}: {error}", file.path().display());
        }
    }
}

/// A folder that goes when it is done with.
struct Copy(PathBuf);

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(super) fn open_at(directory: &Path, rng: &mut Rng) -> Result<Sqlite, Failure> {
    Sqlite::open(directory, Durability::Fsync, rng.bytes()).map_err(|error| unopened(&error))
}

pub(super) fn reader(store: &Sqlite) -> Result<Reader, Failure> {
    store.reader().map_err(|error| Failure::new(Exit::General, error.to_string()))
}

pub(super) fn unopened(error: &OpenError) -> Failure {
    error.into()
}

pub(super) fn failed(error: &AdminError) -> Failure {
    let exit = if error.is_damage() { Exit::Configuration } else { Exit::General };
    Failure::new(exit, error.to_string())
}
