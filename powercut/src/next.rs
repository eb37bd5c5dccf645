//! The functions that the process would have called: the next ones of their names, which are the C library's.

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::sync::OnceLock;

use crate::clock::Time;

unsafe extern "C" {
    fn dlsym(handle: *mut c_void, name: *const c_char) -> *mut c_void;
    fn __errno_location() -> *mut c_int;
    fn _exit(status: c_int) -> !;
}

/// From dlsym(3): the next one after the object that asks.
const RTLD_NEXT: *mut c_void = usize::MAX as *mut c_void;

/// Each does what the function of that name does, and asks the same of its caller.
macro_rules! next {
    ($($name:ident($($argument:ident: $kind:ty),*) -> $result:ty;)*) => {$(
        pub(crate) unsafe fn $name($($argument: $kind),*) -> $result {
            static NEXT: OnceLock<unsafe extern "C" fn($($kind),*) -> $result> = OnceLock::new();
            let function = NEXT.get_or_init(|| {
                // SAFETY: it is asked by the name and with the handle that dlsym(3) describes.
                let found = unsafe { dlsym(RTLD_NEXT, concat!(stringify!($name), "\0").as_ptr().cast()) };
                assert!(!found.is_null(), concat!("there is no ", stringify!($name)));
                // SAFETY: the C library's function of that name has that type.
                unsafe { std::mem::transmute::<*mut c_void, unsafe extern "C" fn($($kind),*) -> $result>(found) }
            });
            // SAFETY: the caller's promise.
            unsafe { function($($argument),*) }
        }
    )*};
}

next! {
    open(path: *const c_char, flags: c_int, mode: c_uint) -> c_int;
    open64(path: *const c_char, flags: c_int, mode: c_uint) -> c_int;
    close(fd: c_int) -> c_int;
    lseek(fd: c_int, offset: i64, whence: c_int) -> i64;
    write(fd: c_int, data: *const c_void, len: usize) -> isize;
    pwrite(fd: c_int, data: *const c_void, len: usize, offset: i64) -> isize;
    pwrite64(fd: c_int, data: *const c_void, len: usize, offset: i64) -> isize;
    ftruncate(fd: c_int, len: i64) -> c_int;
    ftruncate64(fd: c_int, len: i64) -> c_int;
    fsync(fd: c_int) -> c_int;
    fdatasync(fd: c_int) -> c_int;
    unlink(path: *const c_char) -> c_int;
    rename(from: *const c_char, to: *const c_char) -> c_int;
    mkdir(path: *const c_char, mode: c_uint) -> c_int;
    access(path: *const c_char, mode: c_int) -> c_int;
    clock_gettime(which: c_int, time: *mut Time) -> c_int;
}

/// Whether there is something of that name.
pub(crate) fn is_there(path: &CStr) -> bool {
    // SAFETY: it is a C string.
    unsafe { access(path.as_ptr(), 0) == 0 }
}

/// Says why the call that is under way has failed.
pub(crate) fn set_error(number: c_int) {
    // SAFETY: errno(3) of this thread, which lives as long as it does.
    let place = unsafe { __errno_location() };
    // SAFETY: as above.
    unsafe { *place = number };
}

/// Ends the process as SIGKILL does: nothing of it runs any more.
pub(crate) fn end() -> ! {
    // SAFETY: it takes any number and never comes back.
    unsafe { _exit(137) }
}
