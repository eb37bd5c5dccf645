//! Host names that move: each process sees an `/etc/hosts` or `/etc/resolv.conf` of its own, in a mount namespace.

use std::net::{Ipv4Addr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use rustix::process::Signal;

use crate::process::{Process, Scratch, free_port};
use crate::pty::{Terminal, has};

/// A file of `/etc` that is another one for the programs which are started by it.
struct Own {
    etc: &'static str,
    file: PathBuf,
}

impl Own {
    /// Such a file; `None`, and a word, where there can't be any.
    #[expect(clippy::print_stdout, reason = "a test that can't be run says so")]
    fn new(scratch: &Scratch, etc: &'static str, contents: &str) -> Option<Self> {
        let file = scratch.home(etc.rsplit('/').next().expect("a name"));
        let own = Self { etc, file };
        own.write(contents);
        let mut trial = own.command(Path::new("true"));
        match trial.stdout(Stdio::null()).stderr(Stdio::null()).status() {
            Ok(status) if status.success() => Some(own),
            Ok(_) | Err(_) => {
                println!("skipped: no mount namespaces here");
                None
            }
        }
    }

    fn write(&self, contents: &str) {
        std::fs::write(&self.file, contents).expect("written");
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", "mount --bind \"$1\" \"$2\" && shift 2 && exec \"$@\"", "sh"]);
        command.arg(&self.file).arg(self.etc).arg(program);
        command
    }

    /// Somebody who reads on in the lobby of `chatbox`.
    fn tail(&self, scratch: &Scratch, port: u16) -> Process {
        let mut command = self.command(Path::new(env!("CARGO_BIN_EXE_chinwag")));
        let server = format!("chatbox:{port}");
        command.args(["tail", "--server", &server, "--accept-new", "--name", "bob", "--room", "lobby", "--all"]);
        command.env("CHINWAG_HOME", scratch.home("bob")).env_remove("RUST_LOG");
        Process::start(command)
    }
}

/// Says something in the lobby of the server at an address.
#[track_caller]
fn say(scratch: &Scratch, addr: &str, text: &str) {
    let args = ["send", "--server", addr, "--accept-new", "--name", "ann", "--room", "lobby", text];
    scratch.chinwag("ann", &args).end().expect(0, &[]);
}

#[test]
fn a_host_name_that_means_another_address_is_followed_there() {
    let scratch = Scratch::new();
    let Some(hosts) = Own::new(&scratch, "/etc/hosts", "127.0.0.2 chatbox\n") else { return };
    let port = free_port();
    let server = scratch.server_at(&format!("127.0.0.2:{port}"), &[]);
    let mut tail = hosts.tail(&scratch, port);
    say(&scratch, &server.addr, "before");
    tail.until("before");
    server.process.signal(Signal::INT);
    server.process.end().expect(0, &[]);
    hosts.write("127.0.0.3 chatbox\n");
    let server = scratch.server_at(&format!("127.0.0.3:{port}"), &[]);
    say(&scratch, &server.addr, "after");
    tail.until("after");
}

#[test]
fn another_server_at_the_old_address_of_a_name_is_passed_over_and_one_at_its_address_is_refused() {
    let scratch = Scratch::new();
    let Some(hosts) = Own::new(&scratch, "/etc/hosts", "127.0.0.2 chatbox\n") else { return };
    let port = free_port();
    let stranger = |addr: &str| {
        let mut process = scratch.chinwag("stranger", &["serve", "--listen", addr]);
        process.until("listening on ");
        process
    };
    let server = scratch.server_at(&format!("127.0.0.2:{port}"), &[]);
    let mut tail = hosts.tail(&scratch, port);
    say(&scratch, &server.addr, "before");
    tail.until("before");
    // The name moves first, and while the session stands nobody asks where it leads.
    hosts.write("127.0.0.3 chatbox\n");
    server.process.signal(Signal::KILL);
    server.process.end();
    let other = stranger(&format!("127.0.0.2:{port}"));
    tail.until_error(&format!("another server answers where chatbox:{port} was"));
    let server = scratch.server_at(&format!("127.0.0.3:{port}"), &[]);
    say(&scratch, &server.addr, "after");
    tail.until("after");
    // Now the name goes on leading to where another one is.
    drop(other);
    server.process.signal(Signal::KILL);
    server.process.end();
    let _other = stranger(&format!("127.0.0.3:{port}"));
    tail.end().expect(6, &["HAS CHANGED"]);
}

#[test]
fn a_name_with_several_addresses_that_is_unknown_for_a_while_is_found_by_the_resolver_of_that_time() {
    let scratch = Scratch::new();
    let Some(first) = Resolver::start(Ipv4Addr::new(127, 77, 0, 1)) else { return };
    let Some(second) = Resolver::start(Ipv4Addr::new(127, 77, 0, 2)) else { return };
    let config = |resolver: &Resolver| format!("nameserver {}\noptions timeout:1 attempts:2\n", resolver.addr);
    let Some(resolv_conf) = Own::new(&scratch, "/etc/resolv.conf", &config(&first)) else { return };
    let port = free_port();
    let [nobody, here, there] = [9, 2, 3].map(|n| Ipv4Addr::new(127, 0, 0, n));
    first.answer(&[nobody, here]);
    let server = scratch.server_at(&format!("{here}:{port}"), &[]);
    let mut tail = resolv_conf.tail(&scratch, port);
    say(&scratch, &server.addr, "before");
    tail.until("before");
    // It wakes up where its old resolver knows nothing, and is told of another one later.
    first.answer(&[]);
    server.process.signal(Signal::KILL);
    server.process.end();
    tail.until_error("that name has no address now");
    second.answer(&[nobody, there]);
    resolv_conf.write(&config(&second));
    let server = scratch.server_at(&format!("{there}:{port}"), &[]);
    say(&scratch, &server.addr, "after");
    tail.until("after");
}

#[test]
fn what_is_typed_while_a_name_is_looked_for_is_not_shown_and_answers_no_question() {
    let scratch = Scratch::new();
    let Some(resolver) = Resolver::start(Ipv4Addr::new(127, 77, 0, 3)) else { return };
    let config = format!("nameserver {}\noptions timeout:30 attempts:2\n", resolver.addr);
    let Some(resolv_conf) = Own::new(&scratch, "/etc/resolv.conf", &config) else { return };
    let (here, port) = (Ipv4Addr::new(127, 0, 0, 4), free_port());
    resolver.answer(&[here]);
    let _server = scratch.server_at(&format!("{here}:{port}"), &[]);
    let silence = resolver.answers.lock().expect("unharmed");
    let mut command = resolv_conf.command(Path::new(env!("CARGO_BIN_EXE_chinwag")));
    command.args(["chat", "--plain", "--server", &format!("chatbox:{port}"), "--name", "ann"]);
    command.env("CHINWAG_HOME", scratch.home("ann")).env_remove("RUST_LOG");
    let mut ann = Terminal::start(command, (80, 24));
    ann.until(has(&format!("looking for chatbox:{port} …")));
    ann.press("y\r");
    drop(silence);
    let rows = ann.until(has("Trust it from now on? [y/N]"));
    assert!(!rows.iter().any(|row| row.trim() == "y"), "{rows:#?}");
    ann.press("n\r");
    ann.until(has(" is not trusted; nothing was sent to it"));
    assert_eq!(ann.end(), Some(6));
}

/// A resolver that knows one name (RFC 1035, section 4.1).
struct Resolver {
    addr: Ipv4Addr,
    answers: Arc<Mutex<Vec<Ipv4Addr>>>,
}

impl Resolver {
    /// One on port 53 of that address; `None`, and a word, where it can't have it.
    #[expect(clippy::print_stdout, reason = "a test that can't be run says so")]
    #[expect(clippy::disallowed_methods, reason = "the program under test asks a resolver")]
    fn start(addr: Ipv4Addr) -> Option<Self> {
        let socket = match UdpSocket::bind((addr, 53)) {
            Ok(socket) => socket,
            Err(why) => {
                println!("skipped: no resolver of our own here ({why})");
                return None;
            }
        };
        let answers = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&answers);
        // It ends with the process.
        thread::spawn(move || {
            let mut question = [0; 512];
            while let Ok((len, from)) = socket.recv_from(&mut question) {
                let answer = answer(&question[..len], &shared.lock().expect("unharmed"));
                let _ = socket.send_to(&answer, from);
            }
        });
        Some(Self { addr, answers })
    }

    /// What it knows from now on.
    fn answer(&self, addrs: &[Ipv4Addr]) {
        *self.answers.lock().expect("unharmed") = addrs.to_vec();
    }
}

/// The answer to a question about `chatbox`: these addresses, or that there is no such name.
fn answer(question: &[u8], addrs: &[Ipv4Addr]) -> Vec<u8> {
    const A: [u8; 4] = [0, 1, 0, 1];
    let name_len = question[12..].iter().position(|octet| *octet == 0).expect("a name ends") + 1;
    let asked = &question[12..12 + name_len + 4];
    let is_known = asked.starts_with(b"\x07chatbox\0") && !addrs.is_empty();
    let is_ours = is_known && asked.ends_with(&A);
    let count = if is_ours { u8::try_from(addrs.len()).expect("few") } else { 0 };
    let code = if is_known { 0x80 } else { 0x83 };
    let mut out = [&question[..2], &[0x81, code, 0, 1, 0, count, 0, 0, 0, 0], asked].concat();
    for addr in addrs.iter().filter(|_| is_ours) {
        // The name of the question, for 0 seconds.
        out.extend([&[0xc0, 12][..], &A, &[0, 0, 0, 0, 0, 4], &addr.octets()].concat());
    }
    out
}
