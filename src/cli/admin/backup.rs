//! `chinwag admin backup` and `restore`: all that makes a server itself, in one folder.

use std::path::Path;

use chinwag_proto::endpoint::KeyPair;
use chinwag_proto::rng::Rng;
use serde_json::json;

use super::super::output::{say, tell};
use super::maintain::{RUNS, failed, is_not_emptied, is_there, unopened};
use super::record::{note_copy, on_record};
use super::running::ask_running;
use super::{Exit, Failure};
use crate::admin::{Reply, Request};
use crate::cli::entry::json_line;
use crate::config::Home;
use crate::config::backup::{self, Backup};
use crate::store::sqlite::{AdminError, FILE, Reader, Restoring};

/// Copies all that makes the server itself to a new folder.
pub(super) fn backup(
    home: &Home,
    settings: Option<&Path>,
    to: &Path,
    json: bool,
    rng: &mut Rng,
) -> Result<(), Failure> {
    is_there(home)?;
    let to = std::path::absolute(to).map_err(|error| failed(&AdminError::of_file(to, error)))?;
    let general = |error: crate::config::ConfigError| Failure::new(Exit::General, error.to_string());
    let folder = Backup::begin(&to, rng.u64()).map_err(general)?;
    // What devices bring may stand on the server's command line only.
    let join_key = match ask_running(home, &Request::ContactInfo)? {
        Some(Reply::ContactInfo(contact)) => contact.join_key,
        Some(_) | None => None,
    };
    let (store, reader) = (folder.path().join(FILE), read(home)?);
    is_not_emptied(home, &reader)?;
    reader.backup(&store).map_err(|error| failed(&error.named(&store, &to)))?;
    let settings = settings.map_or_else(|| home.settings_file(), Path::to_path_buf);
    let copied = folder.copy(home, &settings, join_key).map_err(general)?;
    folder.finish().map_err(general)?;
    note_copy(home, &format!("backed up to {}", to.display()));
    let files: Vec<_> = std::iter::once(FILE).chain(copied).collect();
    say(&match json {
        true => json_line(&json!({"done": true, "folder": to.display().to_string(), "files": files})),
        false => format!("{}: {}", to.display(), files.join(", ")),
    });
    tell("server.key in it is secret: whoever has this folder can be this server, and reads all that was said");
    if reader.is_loss_open().map_err(|error| failed(&error))? {
        return Err(Failure::new(
            Exit::Configuration,
            "that is all there is, and earlier backups may have more: this store has lost messages that lay on a damaged page. `chinwag admin \
             verify` names them, and `chinwag admin repair` goes on without them",
        ));
    }
    Ok(())
}

/// The store as it is, whether its server runs or not.
fn read(home: &Home) -> Result<Reader, Failure> {
    Reader::open(&home.server_data().join(FILE)).map_err(|error| unopened(&error))
}

/// Makes a backup the server of this home.
pub(super) fn restore(home: &Home, settings: Option<&Path>, from: &Path, json: bool) -> Result<(), Failure> {
    backup::may_restore(from, home)?;
    if !from.join(FILE).is_file() {
        return Err(crate::config::ConfigError::NoBackup { path: from.to_owned(), file: FILE }.into());
    }
    if ask_running(home, &Request::ContactInfo)?.is_some() {
        return Err(Failure::new(Exit::General, RUNS));
    }
    let store = Restoring::begin(&from.join(FILE), &home.server_data()).map_err(|error| unopened(&error))?;
    let settings = settings.map_or_else(|| home.settings_file(), Path::to_path_buf);
    // The store comes last: until it is there, this is a server that lacks one, and says so.
    let restored = backup::restore(from, home, &settings)?;
    // The record is the backup's until then.
    on_record(home, &format!("restored from {}", from.display()), || store.finish().map_err(|error| unopened(&error)))?;
    if let Some(secret) = home.server_key().stored()? {
        let key = KeyPair::from_secret(secret).public();
        let folder = home.server_data().display().to_string();
        say(&match json {
            true => json_line(&json!({"done": true, "folder": folder, "fingerprint": key.fingerprint()})),
            false => format!("the server with fingerprint {key} is in {folder}"),
        });
    }
    for path in restored.kept {
        tell(&format!("{} was there, says something else than the backup's, and stays", path.display()));
    }
    for (flag, path) in restored.unnamed {
        tell(&format!("no setting names {0}: start the server with --{flag} {0}", path.display()));
    }
    tell(&format!("start it: chinwag{} serve", home.flag()));
    Ok(())
}
