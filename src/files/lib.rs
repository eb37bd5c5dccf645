//! Files and folders for their owner's eyes only, whose names are as durable as what is in them: a file that was synced is no
//! use when the power comes back and its folder does not know of it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

/// Opens a file for reading and writing, or makes it.
pub fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes a folder, and those above it that are not there.
pub fn folder(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let above = above(path);
    folder(above)?;
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        // Another program of this home was quicker.
        Err(_) if path.is_dir() => Ok(()),
        made => made.and_then(|()| sync_names(above)),
    }
}

/// What has come into this folder, or was renamed in it, is there after a power cut.
pub fn sync_names(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Writes so many octets that no file system makes smaller, so that their space is taken.
pub fn fill(mut file: &File, len: u64) -> io::Result<()> {
    // Zeros, and what is all alike, may take no space.
    let mut some = [0; 4_096];
    let mut seed = 1_u32;
    for written in (0..len).step_by(some.len()) {
        some.fill_with(|| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            seed.to_be_bytes()[0]
        });
        let rest = usize::try_from(len - written).unwrap_or(usize::MAX).min(some.len());
        file.write_all(&some[..rest])?;
    }
    Ok(())
}

/// Whether a write failed for want of room, or because nothing may be written there at all: no file is damaged by that.
pub fn is_want_of_room(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge | ReadOnlyFilesystem)
}

/// The folder that something is in.
pub fn above(path: &Path) -> &Path {
    path.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_made_down_to_the_last() {
        let dir = tempfile::tempdir().expect("a folder");
        let deep = dir.path().join("a/b/c");
        folder(&deep).expect("made");
        folder(&deep).expect("there already");
        assert!(deep.is_dir());
        drop(private().open(dir.path().join("file")).expect("made"));
        assert!(folder(&dir.path().join("file/below")).is_err(), "a file is no folder");
        assert_eq!(above(Path::new("name")), Path::new("."));
    }
}
