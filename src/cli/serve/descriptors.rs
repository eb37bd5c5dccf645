//! How many files and sockets this process may have open. Where they are too few, whatever wants one next says that it can't have its
//! file, and names a wrong cause.

use crate::cli::failure::Failure;

/// What a server needs: its store with several readers, sockets for chat and for each interface, operators, metrics.
#[cfg(target_os = "linux")]
const NEEDED: u64 = 128;

/// Takes as many as there may be, and refuses to begin with too few.
#[cfg(target_os = "linux")]
pub(super) fn check() -> Result<(), Failure> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    use crate::cli::failure::Exit;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // None: there is no limit.
    let Some(soft) = current.filter(|&soft| soft < NEEDED) else { return Ok(()) };
    let wanted = maximum.map_or(NEEDED, |hard| hard.min(NEEDED));
    if wanted == NEEDED && setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum }).is_ok() {
        return Ok(());
    }
    Err(Failure::new(
        Exit::General,
        format!(
            "this process may have {soft} files and sockets open at a time, and a server needs {NEEDED}: `ulimit -n 1024` before it, \
             or LimitNOFILE=1024 in its unit"
        ),
    ))
}

#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere there is such a limit")]
pub(super) fn check() -> Result<(), Failure> {
    Ok(())
}
