//! Which user of this system acts as operator: the one of the process that asks, and who logged in before becoming that one.

/// The user at the other end of a local socket (`SO_PEERCRED`); `None` where the system does not tell.
#[cfg(target_os = "linux")]
pub(super) fn peer(stream: &std::os::unix::net::UnixStream) -> Option<String> {
    let of = rustix::net::sockopt::socket_peercred(stream).ok()?;
    Some(named(of.uid.as_raw(), of.pid.as_raw_nonzero().get()))
}

/// The user of this process.
#[cfg(target_os = "linux")]
#[must_use]
pub fn own() -> Option<String> {
    Some(named(rustix::process::geteuid().as_raw(), rustix::process::getpid().as_raw_nonzero().get()))
}

/// The system does not tell.
#[cfg(all(unix, not(target_os = "linux")))]
pub(super) fn peer(_: &std::os::unix::net::UnixStream) -> Option<String> {
    None
}

/// The system does not tell.
#[cfg(not(target_os = "linux"))]
#[must_use]
pub fn own() -> Option<String> {
    None
}

/// `ann`, or `ann as root` where ann logged in and became root: the kernel remembers that for its own audit (proc(5),
/// `/proc/pid/loginuid`), if something like `pam_loginuid` told it.
#[cfg(target_os = "linux")]
fn named(uid: u32, pid: i32) -> String {
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let login = std::fs::read_to_string(format!("/proc/{pid}/loginuid")).ok();
    let login = login.and_then(|text| text.trim().parse().ok()).filter(|&login| login != u32::MAX && login != uid);
    match login {
        Some(login) => format!("{} as {}", name_in(&users, login), name_in(&users, uid)),
        None => name_in(&users, uid),
    }
}

/// The name of a user in the form of passwd(5). Users of a directory are not in that file.
#[cfg(target_os = "linux")]
fn name_in(users: &str, uid: u32) -> String {
    let name = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, number) = (fields.next()?, fields.nth(1)?);
        (number.parse() == Ok(uid)).then(|| name.to_owned())
    });
    name.unwrap_or_else(|| format!("user {uid}"))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_called_by_name_or_else_by_number() {
        let users = "root:x:0:0:root:/root:/bin/sh\n\n# no user\nann:x:1000:1000::/home/ann:/bin/sh\n";
        assert_eq!([name_in(users, 0), name_in(users, 1000)], ["root", "ann"]);
        assert_eq!([name_in(users, 7), name_in("", 0)], ["user 7", "user 0"]);
    }

    #[test]
    fn the_other_end_of_a_socket_is_known() {
        let (_theirs, ours) = std::os::unix::net::UnixStream::pair().expect("a pair");
        assert_eq!(peer(&ours), own());
        assert!(own().is_some_and(|name| !name.is_empty()));
    }
}
