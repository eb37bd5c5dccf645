//! What is generated of the definition of the command line, and what it says to somebody who mistypes.

use crate::process::{Process, Scratch};
#[cfg(target_os = "linux")]
use crate::pty::{Terminal, has};

#[test]
fn a_wrong_word_is_answered_with_the_right_one() {
    let scratch = Scratch::new();
    let run = |args: &[&str]| scratch.chinwag("ann", args).end();
    run(&["servee"]).expect(2, &["a similar subcommand exists: 'serve'"]);
    run(&["admin", "tokn"]).expect(2, &["a similar subcommand exists: 'token'"]);
    run(&["chat", "--servr", "lab"]).expect(2, &["a similar argument exists: '--server'"]);
    run(&["serve", "--durability", "fsinc"]).expect(2, &["a similar value exists: 'fsync'"]);
}

#[test]
fn completions_and_man_pages_know_every_command() {
    let scratch = Scratch::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = scratch.chinwag("ann", &["completions", shell]).end();
        script.expect(0, &[]);
        assert!(script.out.contains("admission-file") && script.out.contains("rotate"), "{shell}");
    }
    let dir = scratch.home("man");
    scratch.chinwag("ann", &["man", "--dir", dir.to_str().expect("plain")]).end().expect(0, &[]);
    let page = std::fs::read_to_string(dir.join("chinwag-admin-token-create.1")).expect("written");
    assert!(page.contains("chinwag admin token create ann"), "{page}");
    let synopsis = page.replace('\\', "");
    assert!(
        synopsis.contains("--label LABEL") && synopsis.contains("[--expires SPAN]"),
        "a flag says its value: {page}"
    );
    assert!(synopsis.contains("[--room ROOM]…"), "and whether it may be given again: {page}");
    let page = scratch.chinwag("ann", &["man", "serve"]).end();
    page.expect(0, &[]);
    assert!(page.out.starts_with(".ie") && page.out.contains("CHINWAG_SERVE_ALLOW"), "{}", page.out);
    scratch.chinwag("ann", &["man", "dance"]).end().expect(2, &["no command `dance`"]);
}

/// Ann's device has read three rooms of a server that is gone.
#[cfg(unix)]
fn rooms_are_read(scratch: &Scratch) {
    let server = scratch.server(&[]);
    let common = ["--server", &server.addr, "--accept-new"];
    for room in ["builds", "bikes", "lobby"] {
        let send = [&["send", "--create", "--room", room, "hello"][..], &common].concat();
        scratch.chinwag("ann", &send).end().expect(0, &[]);
        scratch.chinwag("ann", &["tail", "--room", room, "--count", "1"]).end().expect(0, &[]);
    }
}

/// Where a shell finds this binary, and all else.
#[cfg(unix)]
fn path() -> String {
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_chinwag")).parent().expect("a folder");
    format!("{}:/usr/bin:/bin", binary.display())
}

#[cfg(unix)]
#[test]
fn bash_completes_rooms_that_this_device_has_read_and_asks_no_server() {
    let scratch = Scratch::new();
    rooms_are_read(&scratch);
    let completed = |typed: &str| {
        let script = format!(
            "source <(chinwag completions bash); COMP_WORDS=({typed}); COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
             _chinwag_with_rooms chinwag \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD-1]}}\"; echo \"${{COMPREPLY[@]}}\""
        );
        let mut bash = std::process::Command::new("bash");
        bash.args(["-c", &script]).env("PATH", path());
        bash.env("CHINWAG_HOME", scratch.home("ann")).env_remove("RUST_LOG");
        Process::start(bash).end().out
    };
    assert_eq!(completed("chinwag send --room b"), "bikes builds");
    assert_eq!(completed("chinwag tail --room lo"), "lobby");
    assert_eq!(completed("chinwag tai"), "tail", "and all else as before");
    let nothing = scratch.chinwag("bob", &["completions", "--rooms"]).end();
    nothing.expect(0, &[]);
    assert_eq!((nothing.out.as_str(), nothing.err.as_str()), ("", ""), "nor is anything made");
    assert!(!scratch.home("bob").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn zsh_completes_rooms_that_this_device_has_read_as_they_are_typed() {
    if let Err(why) = std::process::Command::new("zsh").arg("--version").output() {
        return println!("skipped: no zsh here ({why})");
    }
    let scratch = Scratch::new();
    rooms_are_read(&scratch);
    let functions = scratch.home("functions");
    std::fs::create_dir_all(&functions).expect("made");
    let script = scratch.chinwag("ann", &["completions", "zsh"]).end();
    script.expect(0, &[]);
    std::fs::write(functions.join("_chinwag"), script.out).expect("written");
    let mut command = std::process::Command::new("zsh");
    // No settings of whoever runs this, and no jobs, for which the shell would want a terminal of its own.
    command
        .args(["-f", "-i", "+m", "+o", "promptsp"])
        .env("PATH", path())
        .env("HOME", &functions)
        .env_remove("RUST_LOG");
    command.env("CHINWAG_HOME", scratch.home("ann")).env("PS1", "> ");
    let mut zsh = Terminal::start(command, (80, 20));
    zsh.until(has(">"));
    zsh.press(&format!("fpath=({} $fpath)\r", functions.display()));
    zsh.press("autoload -U compinit && compinit -u -D && echo rea''dy\r");
    zsh.until(|rows| rows.ends_with(&["ready".to_owned(), ">".to_owned()]));
    zsh.press("chinwag send --room bu\t");
    zsh.until(has("> chinwag send --room builds"));
    zsh.press("\x15chinwag tail --room=l\t");
    zsh.until(has("> chinwag tail --room=lobby"));
    zsh.press("\x15chinwag send --room b\t\t");
    zsh.until(|rows| rows.iter().any(|row| row.starts_with("bikes") && row.ends_with("builds")));
    zsh.press("\x15chinwag histo\t");
    zsh.until(has("> chinwag history"));
}
