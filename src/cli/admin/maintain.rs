//! Backups, checks and exports: what is done with the store as a whole, whether its server runs or not.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use chinwag_proto::rng::Rng;

use crate::admin::{Reply, Request};
use crate::cli::say;
use crate::config::Home;
use crate::store::sqlite::{AdminError, Durability, FILE, Reader, Sqlite};

use super::{Exit, Failure, ask_running, done};

/// The store of a server that does not run.
pub(super) fn open(home: &Home, rng: &mut Rng) -> Result<Sqlite, Failure> {
    // To make one would be to answer for a server that never was, and to back up nothing.
    if !home.server_data().join(FILE).exists() {
        return Err(Failure::new(
            Exit::Configuration,
            format!("there is no store in {}: is --home the server's?", home.server_data().display()),
        ));
    }
    open_at(&home.server_data(), rng)
}

/// Does for a running server what needs its store and not its loop.
pub(in crate::cli) fn aside(reader: &Reader, request: &Request) -> Reply {
    let Request::Backup { to } = request else {
        return Reply::Failed(String::from("that is no question to a store"));
    };
    reader.backup(to).map_or_else(|error| Reply::Failed(error.to_string()), |()| Reply::Done)
}

/// Copies the store to a new file.
pub(super) fn backup(home: &Home, to: &Path, rng: &mut Rng) -> Result<(), Failure> {
    // The server has a working folder of its own.
    let to = std::path::absolute(to).map_err(|error| failed(&AdminError::File(error)))?;
    if let Some(reply) = ask_running(home, &Request::Backup { to: to.clone() })? {
        return done(reply);
    }
    reader(&open(home, rng)?)?.backup(&to).map_err(|error| failed(&error))
}

/// Checks the store.
pub(super) fn verify(home: &Home, rng: &mut Rng) -> Result<(), Failure> {
    let wrong = with_reader(home, rng, Reader::verify)?;
    wrong.iter().for_each(|line| say(line));
    if wrong.is_empty() {
        say("the store is sound");
        return Ok(());
    }
    Err(Failure::new(Exit::General, "the store is damaged; go back to a backup"))
}

/// Prints everything as JSON lines.
pub(super) fn export(home: &Home, rng: &mut Rng) -> Result<(), Failure> {
    with_reader(home, rng, |reader| {
        let mut out = std::io::BufWriter::new(std::io::stdout().lock());
        reader.export(&mut out)?;
        Ok(out.flush()?)
    })
}

/// Reads the store, or a copy of it if its server runs.
fn with_reader<T>(
    home: &Home,
    rng: &mut Rng,
    read: impl FnOnce(&Reader) -> Result<T, AdminError>,
) -> Result<T, Failure> {
    let copy = Copy(home.server_data().join(format!("copy-{:016x}", rng.u64())));
    std::fs::create_dir_all(&copy.0).map_err(|error| failed(&AdminError::File(error)))?;
    let store = match ask_running(home, &Request::Backup { to: copy.0.join(FILE) })? {
        Some(reply) => done(reply).and_then(|()| open_at(&copy.0, rng))?,
        None => open(home, rng)?,
    };
    read(&reader(&store)?).map_err(|error| failed(&error))
}

/// A folder that goes when it is done with.
struct Copy(PathBuf);

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn open_at(directory: &Path, rng: &mut Rng) -> Result<Sqlite, Failure> {
    Sqlite::open(directory, Durability::Fsync, rng.bytes())
        .map_err(|error| Failure::new(Exit::Configuration, error.to_string()))
}

fn reader(store: &Sqlite) -> Result<Reader, Failure> {
    store.reader().map_err(|error| Failure::new(Exit::General, error.to_string()))
}

fn failed(error: &AdminError) -> Failure {
    Failure::new(Exit::General, error.to_string())
}
