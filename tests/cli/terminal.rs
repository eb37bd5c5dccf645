//! The chat in lines at a terminal: what is on the screen, as a person sees it.

use rustix::process::Signal;

use crate::process::{Scratch, Server};
use crate::pty::{Terminal, has};

/// A chat in lines, on a terminal of 60 columns and 12 rows.
fn chat(scratch: &Scratch, server: &Server, whose: &str, args: &[&str]) -> Terminal {
    scratch.chat(server, whose, (60, 12), &[&["--plain"], args].concat())
}

fn say(scratch: &Scratch, server: &Server, text: &str) {
    let args = ["send", "--server", &server.addr, "--accept-new", "--room", "lobby", text];
    scratch.chinwag("bob", &args).end().expect(0, &[]);
}

#[test]
fn a_half_typed_line_is_never_mangled_by_what_arrives() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let mut ann = chat(&scratch, &server, "ann", &["--accept-new"]);
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
    let mut ann = chat(&scratch, &server, "ann", &["--accept-new"]);
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

    let mut ann = chat(&scratch, &server, "ann", &["--accept-new"]);
    ann.until(has("ann is taken on this server"));
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
    let mut ann = chat(&scratch, &server, "ann", &["--accept-new"]);
    ann.until(has("in #lobby: ann"));
    let mut bob = chat(&scratch, &server, "bob", &["--accept-new"]);
    bob.until(has("in #lobby: ann, bob"));
    bob.press("hey Ann");
    ann.until(has("(bob types)"));
    bob.press("\r");
    let rows = ann.until(has("bob: hey Ann"));
    assert!(!rows.concat().contains("types"), "{rows:?}");
    ann.until_bell();
}

#[test]
fn a_terminal_that_only_prints_gets_plain_lines_and_no_sequence() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let mut ann = scratch.chat_on("dumb", &server, "ann", (60, 20), &[]);
    ann.until(has("[y/N]"));
    ann.press("y\n");
    ann.until(has("in #lobby: ann"));
    ann.press("hello, all\n");
    ann.until(has(" ann: hello, all"));
    say(&scratch, &server, "psst, ann");
    ann.until(has("bob: psst, ann"));
    ann.until_bell();
    ann.press("/password\n");
    ann.until(has("the present password"));
    assert_eq!(ann.echoes(), (false, true), "nothing is shown any more when the question is");
    // What is typed before the next question is none of its answer.
    ann.press("\nbattery");
    ann.until(has("the new password:"));
    assert_eq!(ann.echoes(), (false, true));
    ann.press("correct horse\n");
    ann.until(has("the same again:"));
    assert_eq!(ann.echoes(), (false, true));
    ann.press("correct horse\n");
    let rows = ann.until(has("password is set"));
    assert!(!rows.concat().contains("horse") && !rows.concat().contains("battery"), "{rows:#?}");
    ann.press("and it is shown again\n");
    ann.until(has(" ann: and it is shown again"));
    ann.press("\x04");
    assert_eq!(ann.end(), Some(0));
    assert_eq!(ann.escapes, 0, "no sequence at all");
}

#[test]
fn a_line_that_was_typed_before_a_question_for_a_password_is_no_answer() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let mut ann = scratch.chat_on("dumb", &server, "ann", (60, 20), &["--accept-new"]);
    ann.until(has("in #lobby: ann"));
    // All at once, as a paste comes, or somebody who is ahead of the screen.
    ann.press("/password\nbattery staple\nand more\n");
    ann.until(has("the present password"));
    assert_eq!(ann.echoes(), (false, true));
    ann.press("\n");
    ann.until(has("the new password:"));
    ann.press("correct horse\n");
    ann.until(has("the same again:"));
    ann.press("correct horse\n");
    ann.until(has("password is set"));
    ann.press("lines go on\n");
    ann.until(has(" ann: lines go on"));
}

/// Keys that come at once with others before: a newline among keys that could be a paste would be a part of it, and these are
/// none, because of the arrow.
fn at_once(keys: &[&str]) -> String {
    keys.join("\x1b[D")
}

#[test]
fn keys_that_were_pressed_before_a_question_for_a_password_are_no_answer_in_any_face() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    for (name, args) in [("ann", &["--plain", "--accept-new"][..]), ("bob", &["--accept-new"])] {
        let mut chat = scratch.chat(&server, name, (140, 24), args);
        chat.until(|rows| rows.iter().any(|row| row.contains("in #lobby:") || row.contains(" ms")));
        chat.press(&at_once(&["/password\r", "battery", "x"]));
        chat.until(has("what was typed before this question is discarded"));
        chat.until(has("the present password"));
        chat.press("\r");
        chat.until(has("the new password:"));
        chat.press(&at_once(&["correct horse\r", "battery"]));
        chat.until(has("the same again:"));
        chat.press("correct horse\r");
        let rows = chat.until(has("password is set"));
        assert!(!rows.concat().contains("horse") && !rows.concat().contains("battery"), "{rows:#?}");
        chat.press("and on\r");
        chat.until(has("and on"));
    }
}

#[test]
fn an_answer_that_was_typed_ahead_is_none_where_a_command_asks_twice() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_chinwag"));
    command.args(["register", "--server", &server.addr, "--accept-new", "--name", "ann"]);
    command.env("CHINWAG_HOME", scratch.home("ann")).env_remove("RUST_LOG");
    let mut ann = Terminal::start(command, (80, 24));
    ann.until(|rows| rows.last().is_some_and(|last| last.to_lowercase().contains("password")));
    ann.press("correct horse\rbattery\r");
    ann.until(has("The same again:"));
    ann.press("correct horse\r");
    assert_eq!(ann.end(), Some(0));
}

#[test]
fn a_password_that_no_account_may_have_is_refused_before_a_command_asks_for_it_again() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_chinwag"));
    command.args(["register", "--server", &server.addr, "--accept-new", "--name", "ann"]);
    command.env("CHINWAG_HOME", scratch.home("ann")).env_remove("RUST_LOG");
    let mut ann = Terminal::start(command, (100, 24));
    let asked = |times: usize| {
        move |rows: &[String]| {
            rows.iter().filter(|row| row.contains("A password, for your other devices")).count() == times
        }
    };
    ann.until(asked(1));
    for (times, unfit) in [(2, "short".to_owned()), (3, "x".repeat(300))] {
        ann.press(&format!("{unfit}\r"));
        let rows = ann.until(asked(times));
        let told = rows.iter().filter(|row| row.contains("a password has 8 to 256 octets")).count();
        assert_eq!(told, times - 1, "{rows:#?}");
        assert!(!has("The same again:")(&rows), "{rows:#?}");
    }
    ann.press("correct horse\r");
    ann.until(has("The same again:"));
    ann.press("correct horse\r");
    ann.until(has("registered as ann"));
    assert_eq!(ann.end(), Some(0));
}

#[test]
fn tab_completes_names_and_commands_in_lines_too() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let mut ann = chat(&scratch, &server, "ann", &["--accept-new"]);
    ann.until(has("in #lobby: ann"));
    say(&scratch, &server, "hello");
    ann.until(has("bob: hello"));
    ann.press("bo\t");
    ann.until_typed("> bob:", 7);
    ann.press("\x15/hel\t");
    ann.until_typed("> /help", 8);
}

#[test]
fn a_new_server_is_asked_about_and_no_means_no() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let mut ann = chat(&scratch, &server, "ann", &[]);
    let rows = ann.until(has("[y/N]"));
    assert!(rows.concat().contains(&server.fingerprint), "{rows:?}");
    ann.press("n\r");
    assert_eq!(ann.child.wait().expect("it ends").code(), Some(6));

    let mut ann = chat(&scratch, &server, "ann", &[]);
    ann.until(has("[y/N]"));
    ann.press("y\r");
    ann.until(has("in #lobby: ann"));
    ann.press("\x04");
    assert_eq!(ann.child.wait().expect("it ends").code(), Some(0));
}

#[test]
fn a_question_for_a_password_survives_a_stop_and_shows_nothing_afterwards() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let mut ann = scratch.chat_on("dumb", &server, "ann", (60, 20), &["--accept-new"]);
    ann.until(has("in #lobby: ann"));
    ann.press("/password\n");
    ann.until(has("the present password"));
    for signal in [Signal::STOP, Signal::TSTP] {
        ann.stop_and_continue(signal);
        ann.until(has("the present password"));
        assert_eq!(ann.echoes(), (false, true), "{signal:?}");
    }
    ann.signal(Signal::TERM);
    assert_eq!(ann.end(), Some(143));
    assert_eq!(ann.echoes(), (true, true), "whatever ends it, the terminal shows again what is typed");
}

#[test]
fn a_new_password_is_asked_for_where_nothing_is_shown() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_chinwag"));
    command.args(["register", "--server", &server.addr, "--accept-new", "--name", "ann"]);
    command.env("CHINWAG_HOME", scratch.home("ann")).env_remove("RUST_LOG");
    let mut ann = Terminal::start(command, (60, 12));
    ann.until(has("A password"));
    assert_eq!(ann.echoes(), (false, false));
    ann.stop_and_continue(Signal::STOP);
    ann.until(has("A password"));
    assert_eq!(ann.echoes(), (false, false), "nor after a stop");
    ann.press("correct horse\r");
    ann.until(has("The same again:"));
    assert_eq!(ann.echoes(), (false, false));
    ann.signal(Signal::TERM);
    assert_eq!(ann.end(), Some(143));
    assert_eq!(ann.echoes(), (true, true));
}

#[test]
fn lines_go_on_after_a_stop() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let mut ann = chat(&scratch, &server, "ann", &["--accept-new"]);
    ann.until(has("in #lobby: ann"));
    ann.press("half typed");
    ann.until_typed("> half typed", 12);
    ann.stop_and_continue(Signal::STOP);
    ann.until_typed("> half typed", 12);
    assert_eq!(ann.echoes(), (false, false));
}

/// The ways out that are covered: SIGTERM and SIGINT (above, and in the tests of each face), a panic (`cli::signals`), and these. Nothing
/// covers SIGKILL, SIGSEGV, and a process that aborts itself.
#[test]
fn a_signal_that_ends_the_process_at_once_gives_the_terminal_back_and_ends_it() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    say(&scratch, &server, "hello");
    for signal in [Signal::QUIT, Signal::ABORT, Signal::ALARM, Signal::USR1, Signal::USR2, Signal::XCPU] {
        let mut command = std::process::Command::new("sh");
        let typed = "ulimit -c 0; exec \"$@\"";
        command.args([
            "-c",
            typed,
            "sh",
            env!("CARGO_BIN_EXE_chinwag"),
            "login",
            "--server",
            &server.addr,
            "--accept-new",
        ]);
        command.args(["--name", "ann"]).env("CHINWAG_HOME", scratch.home("asked")).env_remove("RUST_LOG");
        let mut asked = Terminal::start(command, (80, 12));
        asked.until(has("Password:"));
        assert_eq!(asked.echoes(), (false, false));
        asked.signal(signal);
        assert_eq!((asked.ended_by(), asked.echoes()), (Some(signal.as_raw()), (true, true)), "{signal:?}");
    }
    for (face, ready) in [(&["--plain"][..], "in #lobby"), (&[], "#lobby")] {
        let mut lines = scratch.chat(&server, "ann", (80, 24), &[&["--accept-new"], face].concat());
        lines.until(has(ready));
        assert_eq!(lines.echoes(), (false, false));
        lines.signal(Signal::QUIT);
        assert_eq!((lines.ended_by(), lines.echoes()), (Some(Signal::QUIT.as_raw()), (true, true)), "{face:?}");
        let screen = lines.screen.screen();
        assert!(!screen.bracketed_paste() && !screen.alternate_screen(), "{face:?}");
    }
}
