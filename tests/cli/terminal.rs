//! The chat at a terminal: what is on the screen, as a person sees it.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::process::{Scratch, Server};

/// Longest that any step of a test waits, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A terminal of 60 columns and 12 rows with a chat in it.
struct Terminal {
    child: Child,
    keyboard: File,
    output: Receiver<Vec<u8>>,
    screen: vt100::Parser,
    rung: usize,
}

impl Terminal {
    fn chat(scratch: &Scratch, server: &Server, whose: &str, args: &[&str]) -> Self {
        let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&controller).expect("granted");
        unlockpt(&controller).expect("unlocked");
        let name = ptsname(&controller, Vec::new()).expect("its name");
        let size = Winsize { ws_row: 12, ws_col: 60, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&controller, size).expect("its size");
        let end = || -> Stdio {
            rustix::fs::open(&*name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).expect("its other end").into()
        };
        let child = Command::new(env!("CARGO_BIN_EXE_chinwag"))
            .args(["chat", "--plain", "--server", &server.addr, "--name", whose])
            .args(args)
            .env("CHINWAG_HOME", scratch.home(whose))
            .env("NO_COLOR", "1")
            .env("TERM", "xterm-256color")
            .env_remove("RUST_LOG")
            .stdin(end())
            .stdout(end())
            .stderr(end())
            .spawn()
            .expect("the command starts");
        let keyboard = File::from(controller);
        let mut output = keyboard.try_clone().expect("a second handle");
        let (send, receive) = channel();
        thread::spawn(move || {
            let mut octets = [0; 4_096];
            while let Ok(len @ 1..) = output.read(&mut octets) {
                if send.send(octets[..len].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self { child, keyboard, output: receive, screen: vt100::Parser::new(12, 60, 0), rung: 0 }
    }

    fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("it reads");
    }

    /// Waits until the screen shows this, and gives its rows.
    #[track_caller]
    fn until(&mut self, wanted: impl Fn(&[String]) -> bool) -> Vec<String> {
        loop {
            let rows: Vec<String> = self
                .screen
                .screen()
                .rows(0, 60)
                .map(|row| row.trim_end().to_owned())
                .filter(|row| !row.is_empty())
                .collect();
            if wanted(&rows) {
                return rows;
            }
            match self.output.recv_timeout(PATIENCE) {
                Ok(octets) => self.took(&octets),
                Err(_) => panic!("the screen shows only\n{}", rows.join("\n")),
            }
        }
    }

    /// Waits until it has rung.
    #[track_caller]
    fn until_bell(&mut self) {
        while self.rung == 0 {
            match self.output.recv_timeout(PATIENCE) {
                Ok(octets) => self.took(&octets),
                Err(_) => panic!("it does not ring"),
            }
        }
    }

    fn took(&mut self, octets: &[u8]) {
        self.rung += octets.iter().filter(|octet| **octet == 7).count();
        self.screen.process(octets);
    }

    /// Waits until the row where the user types shows this, and the caret is in that column.
    #[track_caller]
    fn until_typed(&mut self, row: &str, column: u16) {
        self.until(|rows| rows.last().is_some_and(|last| last == row));
        assert_eq!(self.screen.screen().cursor_position().1, column, "the caret");
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn has(what: &str) -> impl Fn(&[String]) -> bool {
    move |rows| rows.iter().any(|row| row.contains(what))
}

fn say(scratch: &Scratch, server: &Server, text: &str) {
    let args = ["send", "--server", &server.addr, "--accept-new", "--room", "lobby", text];
    scratch.chinwag("bob", &args).end().expect(0, &[]);
}

#[test]
fn a_half_typed_line_is_never_mangled_by_what_arrives() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let mut ann = Terminal::chat(&scratch, &server, "ann", &["--accept-new"]);
    ann.until(has("in #lobby: ann"));
    ann.press("half typed 你好");
    ann.until_typed("> half typed 你好", 17);
    say(&scratch, &server, "one");
    say(&scratch, &server, "two \x1b[2J\x1b[H lines\nnot a prompt");
    ann.until(has("      not a prompt"));
    ann.until_typed("> half typed 你好", 17);
    ann.press("\x1b[D!\r");
    let rows = ann.until(has("ann: half typed 你!好"));
    let from_bob: Vec<&str> = rows.iter().filter_map(|row| row.split_once("bob: ")).map(|(_, text)| text).collect();
    assert_eq!(from_bob, ["one", "two ␛[2J␛[H lines"], "{rows:?}");
    ann.until_typed(">", 2);
}

#[test]
fn a_line_longer_than_the_terminal_scrolls_and_goes_out_whole() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let mut ann = Terminal::chat(&scratch, &server, "ann", &["--accept-new"]);
    ann.until(has("in #lobby: ann"));
    let long = "0123456789".repeat(8);
    ann.press(&long);
    ann.until(|rows| rows.last().is_some_and(|last| last.ends_with("456789") && last.len() < 60));
    ann.press("\r");
    ann.until(|rows| rows.concat().contains(&format!("ann: {long}")));
}

#[test]
fn a_password_is_typed_and_never_seen() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let file = scratch.home("ann.password");
    std::fs::write(&file, "correct horse").expect("written");
    let args = ["register", "--server", &server.addr, "--accept-new", "--name", "ann", "--password-file"];
    scratch.chinwag("laptop", &[&args[..], &[file.to_str().expect("UTF-8")]].concat()).end().expect(0, &[]);

    let mut ann = Terminal::chat(&scratch, &server, "ann", &["--accept-new"]);
    ann.until(has("that name is taken"));
    ann.press("/login ann\r");
    ann.until_typed("password:", 10);
    ann.press("wrong horse\r");
    ann.until(has("no account with that name and password"));
    ann.press("/login\r");
    ann.until_typed("password:", 10);
    ann.press("correct horsf\x7fe\r");
    let rows = ann.until(has("in #lobby: ann"));
    assert!(!rows.concat().contains("horse"), "{rows:?}");
    ann.press("/password\r");
    ann.until(has("the present password"));
    ann.press("\x03");
    ann.until(has("nothing was done"));
    ann.press("hello\r");
    ann.until(has("ann: hello"));
}

#[test]
fn who_types_is_seen_and_who_is_meant_hears_it() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let mut ann = Terminal::chat(&scratch, &server, "ann", &["--accept-new"]);
    ann.until(has("in #lobby: ann"));
    let mut bob = Terminal::chat(&scratch, &server, "bob", &["--accept-new"]);
    bob.until(has("in #lobby: ann, bob"));
    bob.press("hey Ann");
    ann.until(has("(bob types)"));
    bob.press("\r");
    let rows = ann.until(has("bob: hey Ann"));
    assert!(!rows.concat().contains("types"), "{rows:?}");
    ann.until_bell();
}

#[test]
fn a_new_server_is_asked_about_and_no_means_no() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let mut ann = Terminal::chat(&scratch, &server, "ann", &[]);
    let rows = ann.until(has("[y/N]"));
    assert!(rows.concat().contains(&server.fingerprint), "{rows:?}");
    ann.press("n\r");
    assert_eq!(ann.child.wait().expect("it ends").code(), Some(6));

    let mut ann = Terminal::chat(&scratch, &server, "ann", &[]);
    ann.until(has("[y/N]"));
    ann.press("y\r");
    ann.until(has("in #lobby: ann"));
    ann.press("\x04");
    assert_eq!(ann.child.wait().expect("it ends").code(), Some(0));
}
