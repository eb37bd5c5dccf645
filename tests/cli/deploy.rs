//! The examples for operators, with the real programs where they are installed: nginx in between, a service manager that is told.

use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::Signal;

use crate::process::{Process, Scratch, free_port};

fn example(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/deploy").join(name);
    std::fs::read_to_string(path).expect("an example")
}

/// nginx; ended with the test, and its workers with it.
struct Nginx(Option<Process>);

impl Nginx {
    fn process(&mut self) -> &mut Process {
        self.0.as_mut().expect("it ends with this value")
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        if let Some(process) = self.0.take() {
            process.signal(Signal::TERM);
            drop(process.end());
        }
    }
}

/// nginx with the block of the example, between that port and a server; `None` where it is not installed.
#[expect(clippy::print_stdout, reason = "a test that can't be run says so")]
fn nginx(dir: &Path, port: u16, server: &str, change: impl Fn(String) -> String) -> Option<Nginx> {
    let module = PathBuf::from("/usr/lib/nginx/modules/ngx_stream_module.so");
    let load = if module.exists() { format!("load_module {};\n", module.display()) } else { String::new() };
    let block = example("nginx.conf").replace("listen [::]:24469 udp;", "");
    let block =
        block.replace("listen 24469 udp", &format!("listen 127.0.0.1:{port} udp")).replace("127.0.0.1:24479", server);
    let main = "pid nginx.pid;\nworker_processes 1;\nerror_log stderr notice;\ndaemon off;\nevents {}\n";
    let conf = format!("{load}{main}{}", change(block));
    std::fs::create_dir_all(dir).expect("made");
    std::fs::write(dir.join("nginx.conf"), conf).expect("written");
    let mut command = Command::new("nginx");
    command.arg("-p").arg(dir).args(["-e", "stderr", "-c", "nginx.conf"]);
    if let Err(why) = Command::new("nginx").arg("-v").stderr(Stdio::null()).status() {
        println!("skipped: no nginx here ({why})");
        return None;
    }
    let mut nginx = Nginx(Some(Process::start(command)));
    nginx.process().until_error("start worker process ");
    Some(nginx)
}

#[test]
fn a_client_chats_through_nginx_whose_lists_then_count() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let port = free_port();
    let through = format!("127.0.0.1:{port}");
    let send = |timeout: &str| {
        let args = [
            "send",
            "--server",
            &through,
            "--accept-new",
            "--name",
            "ann",
            "--timeout",
            timeout,
            "--room",
            "lobby",
            "hi",
        ];
        scratch.chinwag("ann", &args).end()
    };
    let Some(open) = nginx(&scratch.home("nginx"), port, &server.addr, |block| block) else { return };
    send("20").expect(0, &[]);
    let tail = ["tail", "--server", &through, "--accept-new", "--room", "lobby", "--all", "--count", "1"];
    let read = scratch.chinwag("bob", &tail).end();
    assert!(read.out.contains("ann: hi"), "{} {}", read.out, read.err);
    drop(open);
    let deny = |block: String| block.replace("allow 127.0.0.0/8;", "");
    let _shut = nginx(&scratch.home("nginx"), port, &server.addr, deny).expect("it was here");
    send("2").expect(9, &[]);
}

#[test]
fn a_talk_goes_on_when_nginx_is_reloaded_in_the_middle_of_it() {
    let scratch = Scratch::new();
    let mut server = scratch.server(&[]);
    let port = free_port();
    let through = format!("127.0.0.1:{port}");
    let Some(mut nginx) = nginx(&scratch.home("nginx"), port, &server.addr, |block| block) else { return };
    let chat = |who| scratch.chinwag(who, &["chat", "--server", &through, "--accept-new", "--name", who]);
    let (mut ann, mut bob) = (chat("ann"), chat("bob"));
    // The address from which nginx speaks for her.
    let addr = |line: &str| {
        line.split(' ')
            .find(|word| word.starts_with("127.0.0.1:"))
            .map(|word| word.trim_end_matches([',', ':']).to_owned())
    };
    // Whoever of them is quicker.
    let mut logins = [(); 2].map(|()| server.process.until_error(" logged in from "));
    logins.sort_by_key(|line| line.contains("bob logged in"));
    let before = addr(&logins[0]);
    ann.write("before");
    bob.until("before");
    for round in 0..3 {
        nginx.process().signal(Signal::HUP);
        // It hears nobody from now on, and ends a session when the server says something there; those that were silent
        // before last for as long as `proxy_timeout` says.
        nginx.process().until_error("gracefully shutting down");
        ann.write(&format!("ann after reload {round}"));
        bob.until(&format!("ann after reload {round}"));
        bob.write(&format!("bob after reload {round}"));
        ann.until(&format!("bob after reload {round}"));
    }
    let ended = ann.end();
    let after = addr(&server.process.until_error("ann at "));
    assert!(before.is_some() && after.is_some() && before != after, "{before:?} {after:?}");
    for ended in [ended, bob.end()] {
        ended.expect(0, &[]);
        assert!(!ended.err.contains("again") && !ended.err.contains("no answer"), "{}", ended.err);
    }
    server.process.signal(Signal::INT);
    let told = server.process.end().err;
    assert!(!told.contains("logged in"), "the sessions are those that they were: {told}");
}

#[test]
fn a_service_manager_is_told_that_the_server_is_ready_reloads_and_stops() {
    let scratch = Scratch::new();
    let dir = scratch.home("manager");
    std::fs::create_dir_all(&dir).expect("made");
    let path = dir.join("notify");
    let manager = UnixDatagram::bind(&path).expect("a socket");
    manager.set_read_timeout(Some(Duration::from_secs(60))).expect("set");
    let told = |what: &str| {
        let mut octets = [0; 1_024];
        loop {
            let len = manager.recv(&mut octets).unwrap_or_else(|error| panic!("nothing of {what}: {error}"));
            let said = String::from_utf8_lossy(&octets[..len]).into_owned();
            if said.lines().any(|line| line == what) {
                return said;
            }
        }
    };
    let env = [("NOTIFY_SOCKET", path.to_str().expect("plain"))];
    let server = scratch.chinwag_with("server", &["serve", "--listen", "127.0.0.1:0"], &env);
    assert!(told("READY=1").contains("STATUS=listening on 127.0.0.1:"));
    server.signal(Signal::HUP);
    assert!(told("RELOADING=1").contains("MONOTONIC_USEC="));
    told("READY=1");
    server.signal(Signal::TERM);
    told("STOPPING=1");
    server.end().expect(0, &[]);
}

#[test]
fn the_unit_runs_what_there_is_and_allows_what_that_needs() {
    let unit = example("chinwag.service");
    for line in ["Type=notify", "DynamicUser=yes", "StateDirectory=chinwag", "ExecReload=/bin/kill -HUP $MAINPID"] {
        assert!(unit.lines().any(|said| said == line), "{line}");
    }
    assert!(unit.contains("AF_INET AF_INET6 AF_UNIX AF_NETLINK"), "interfaces are listed over netlink");
    let scratch = Scratch::new();
    let config = scratch.home("config.toml");
    std::fs::write(&config, include_str!("../../src/config/settings/default.toml")).expect("written");
    // The command lines of the unit, as far as the paths are there.
    let state = scratch.home("state");
    let commands: Vec<_> =
        unit.lines().filter_map(|line| line.strip_prefix("ExecStartPre=/usr/bin/chinwag ")).collect();
    assert_eq!(commands.len(), 1);
    for command in commands {
        let command = command.replace("%S/chinwag", state.to_str().expect("plain"));
        let command = command.replace("/etc/chinwag/config.toml", config.to_str().expect("plain"));
        scratch.chinwag("root", &command.split(' ').collect::<Vec<_>>()).end().expect(0, &[]);
    }
}
