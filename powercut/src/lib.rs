//! Stands between a process and the C library (`LD_PRELOAD`), for 64-bit Linux. Of the files in one folder it records, in
//! order, every write, truncation, sync, and every name that comes or goes; and it lets a write, truncation or sync fail.
//! What is in no such file goes through untouched. It decides nothing: what a power cut leaves of a record is worked out by
//! whoever reads it (`tests/crash/disk.rs`).
//!
//! Set by the environment:
//!
//! | variable | meaning |
//! |---|---|
//! | `POWERCUT_DIR` | the folder; without it nothing is done |
//! | `POWERCUT_RECORD` | the file that records are appended to (see [`record`]) |
//! | `POWERCUT_FAIL` | `K:once:ENOSPC`, `K:ever:EIO`: the K-th call fails, or that and all later ones; `K:end`: the process ends there |
//! | `POWERCUT_FULL` | while there is a file of this name, every write fails with ENOSPC |
//! | `POWERCUT_BROKEN` | while there is one of this name, every sync fails with EIO |
//! | `POWERCUT_SLOW_US` | a sync takes so much longer |
//! | `POWERCUT_CLOCK` | the wall clock is ahead by so many seconds as this file says; this needs no folder |

mod clock;
mod fault;
mod next;
mod record;
mod watch;

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};

use fault::Call;
use record::Kind;
use watch::Watch;

/// From fcntl(2).
const O_CREAT: c_int = 0o100;
const O_TRUNC: c_int = 0o1000;
const O_DIRECTORY: c_int = 0o200_000;
/// From lseek(2).
const SEEK_CUR: c_int = 1;

/// open(2). It is variadic in C; the mode is in the same place either way on the machines that this is for.
///
/// # Safety
/// As open(2).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn open(path: *const c_char, flags: c_int, mode: c_uint) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { opened(path, flags, || next::open(path, flags, mode)) }
}

/// open(2), as it is called where file offsets might have 32 bits.
///
/// # Safety
/// As open(2).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn open64(path: *const c_char, flags: c_int, mode: c_uint) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { opened(path, flags, || next::open64(path, flags, mode)) }
}

/// # Safety
/// `path` is a C string.
unsafe fn opened(path: *const c_char, flags: c_int, call: impl FnOnce() -> c_int) -> c_int {
    // SAFETY: the caller's promise.
    let Some(name) = (unsafe { text(path) }).and_then(watch::inside) else { return call() };
    let mut watch = Watch::lock();
    let is_new = flags & O_CREAT != 0 && !name.exists();
    let fd = call();
    if fd >= 0 {
        let is_folder = flags & O_DIRECTORY != 0 || name.is_dir();
        watch.opened(fd, &name, is_folder);
        if is_new {
            watch.record(Kind::Create, &name, 0, &[]);
        } else if flags & O_TRUNC != 0 {
            watch.record(Kind::Truncate, &name, 0, &[]);
        }
    }
    fd
}

/// close(2).
///
/// # Safety
/// As close(2).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn close(fd: c_int) -> c_int {
    if watch::is_watched(fd) {
        Watch::lock().closed(fd);
    }
    // SAFETY: the caller's promise.
    unsafe { next::close(fd) }
}

/// write(2).
///
/// # Safety
/// As write(2).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn write(fd: c_int, data: *const c_void, len: usize) -> isize {
    // SAFETY: the descriptor is the caller's, and nothing is moved.
    let offset = || unsafe { next::lseek(fd, 0, SEEK_CUR) };
    // SAFETY: the caller's promise.
    unsafe { written(fd, data, len, offset, || next::write(fd, data, len)) }
}

/// pwrite(2).
///
/// # Safety
/// As pwrite(2).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pwrite(fd: c_int, data: *const c_void, len: usize, offset: i64) -> isize {
    // SAFETY: the caller's promise.
    unsafe { written(fd, data, len, || offset, || next::pwrite(fd, data, len, offset)) }
}

/// pwrite(2), as it is called where file offsets might have 32 bits.
///
/// # Safety
/// As pwrite(2).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pwrite64(fd: c_int, data: *const c_void, len: usize, offset: i64) -> isize {
    // SAFETY: the caller's promise.
    unsafe { written(fd, data, len, || offset, || next::pwrite64(fd, data, len, offset)) }
}

/// # Safety
/// `data` points to `len` octets.
unsafe fn written(
    fd: c_int,
    data: *const c_void,
    len: usize,
    offset: impl FnOnce() -> i64,
    call: impl FnOnce() -> isize,
) -> isize {
    let Some((mut watch, name)) = Watch::of(fd) else { return call() };
    if watch.fails(Call::Write) {
        return -1;
    }
    let offset = offset();
    let done = call();
    if let Ok(done) = usize::try_from(done) {
        // SAFETY: the caller's promise, and no more was written than was given.
        let data = unsafe { std::slice::from_raw_parts(data.cast::<u8>(), done.min(len)) };
        watch.record(Kind::Write, &name, u64::try_from(offset).unwrap_or_default(), data);
    }
    done
}

/// ftruncate(2).
///
/// # Safety
/// As ftruncate(2).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ftruncate(fd: c_int, len: i64) -> c_int {
    // SAFETY: the caller's promise.
    truncated(fd, len, || unsafe { next::ftruncate(fd, len) })
}

/// ftruncate(2), as it is called where file offsets might have 32 bits.
///
/// # Safety
/// As ftruncate(2).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ftruncate64(fd: c_int, len: i64) -> c_int {
    // SAFETY: the caller's promise.
    truncated(fd, len, || unsafe { next::ftruncate64(fd, len) })
}

fn truncated(fd: c_int, len: i64, call: impl FnOnce() -> c_int) -> c_int {
    let Some((mut watch, name)) = Watch::of(fd) else { return call() };
    if watch.fails(Call::Truncate) {
        return -1;
    }
    let done = call();
    if done == 0 {
        watch.record(Kind::Truncate, &name, u64::try_from(len).unwrap_or_default(), &[]);
    }
    done
}

/// fsync(2).
///
/// # Safety
/// As fsync(2).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fsync(fd: c_int) -> c_int {
    // SAFETY: the caller's promise.
    synced(fd, || unsafe { next::fsync(fd) })
}

/// fdatasync(2).
///
/// # Safety
/// As fdatasync(2).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fdatasync(fd: c_int) -> c_int {
    // SAFETY: the caller's promise.
    synced(fd, || unsafe { next::fdatasync(fd) })
}

fn synced(fd: c_int, call: impl FnOnce() -> c_int) -> c_int {
    let Some((mut watch, name)) = Watch::of(fd) else { return call() };
    if watch.fails(Call::Sync) {
        watch.record(Kind::SyncFailed, &name, 0, &[]);
        return -1;
    }
    watch.linger();
    // It is on record after it is done: what is cut off before then was not synced.
    let done = call();
    if done == 0 {
        watch.record(if watch.is_folder(fd) { Kind::SyncFolder } else { Kind::Sync }, &name, 0, &[]);
    }
    done
}

/// unlink(2).
///
/// # Safety
/// As unlink(2).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn unlink(path: *const c_char) -> c_int {
    // SAFETY: the caller's promise.
    let call = || unsafe { next::unlink(path) };
    // SAFETY: the caller's promise.
    let Some(name) = (unsafe { text(path) }).and_then(watch::inside) else { return call() };
    let mut watch = Watch::lock();
    let done = call();
    if done == 0 {
        watch.record(Kind::Unlink, &name, 0, &[]);
    }
    done
}

/// rename(2).
///
/// # Safety
/// As rename(2).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rename(from: *const c_char, to: *const c_char) -> c_int {
    // SAFETY: the caller's promise.
    let call = || unsafe { next::rename(from, to) };
    // SAFETY: the caller's promise.
    let Some(old) = (unsafe { text(from) }).and_then(watch::inside) else { return call() };
    // SAFETY: the caller's promise.
    let Some(new) = (unsafe { text(to) }).and_then(watch::inside) else { return call() };
    let mut watch = Watch::lock();
    let done = call();
    if done == 0 {
        watch.record(Kind::Rename, &old, 0, watch::relative(&new).as_bytes());
    }
    done
}

/// mkdir(2).
///
/// # Safety
/// As mkdir(2).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mkdir(path: *const c_char, mode: c_uint) -> c_int {
    // SAFETY: the caller's promise.
    let call = || unsafe { next::mkdir(path, mode) };
    // SAFETY: the caller's promise.
    let Some(name) = (unsafe { text(path) }).and_then(watch::inside) else { return call() };
    let mut watch = Watch::lock();
    let done = call();
    if done == 0 {
        watch.record(Kind::Folder, &name, 0, &[]);
    }
    done
}

/// clock_gettime(2).
///
/// # Safety
/// As clock_gettime(2).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn clock_gettime(which: c_int, time: *mut clock::Time) -> c_int {
    // SAFETY: the caller's promise.
    let done = unsafe { next::clock_gettime(which, time) };
    if done == 0 && which == clock::WALL {
        // SAFETY: the C library has just written there.
        let time = unsafe { &mut *time };
        time.seconds = time.seconds.saturating_add(clock::ahead_s());
    }
    done
}

/// # Safety
/// `path` is a C string, or null.
unsafe fn text<'a>(path: *const c_char) -> Option<&'a str> {
    if path.is_null() {
        return None;
    }
    // SAFETY: the caller's promise.
    unsafe { CStr::from_ptr(path) }.to_str().ok()
}
