//! docs/operate.md: its commands are run as they are printed, in their order. Where they would serve at the usual port and be seen on
//! the subnet, the environment says otherwise, as it may anywhere.

use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Signal;

use crate::process::{Process, Scratch};

/// A box of commands, and what its fence says of the server: `serve` (this starts it), `stopped` (it must not run), or nothing.
struct Shell<'a> {
    server: &'a str,
    commands: &'a str,
}

fn boxes(page: &str) -> Vec<Shell<'_>> {
    let fenced = page.split("```").skip(1).step_by(2);
    let shells = fenced.filter_map(|fenced| fenced.split_once('\n')).filter_map(|(fence, commands)| {
        let mut words = fence.split_whitespace();
        (words.next() == Some("sh")).then(|| Shell { server: words.next().unwrap_or_default(), commands })
    });
    shells.collect()
}

/// A shell for the person who operates: nothing of the environment of the test, and `chinwag` is this one.
fn shell(home: &Path, commands: &str) -> Command {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_chinwag"));
    let folder = program.parent().expect("a folder").display();
    let mut command = Command::new("sh");
    command.args(["-ec", commands]).env_clear().env("HOME", home).current_dir(home);
    command.env("PATH", format!("{folder}:/usr/local/bin:/usr/bin:/bin"));
    command.env("CHINWAG_SERVE_LISTEN", "127.0.0.1:0").env("CHINWAG_SERVE_HIDDEN", "true");
    command
}

fn stop(server: Option<Process>) {
    if let Some(server) = server {
        server.signal(Signal::TERM);
        server.end().expect(0, &[]);
    }
}

#[test]
fn the_commands_for_operators_do_what_they_say() {
    let scratch = Scratch::new();
    let home = scratch.home("operator");
    std::fs::create_dir(&home).expect("made");
    let (mut server, mut ran) = (None, 0);
    for Shell { server: wanted, commands } in boxes(include_str!("../../docs/operate.md")) {
        ran += commands.lines().count();
        if wanted == "serve" || wanted == "stopped" {
            stop(server.take());
        }
        if wanted == "serve" {
            // The shell becomes the server, so that a signal for it is one for the server.
            let mut process = Process::start(shell(&home, &format!("exec {commands}")));
            process.until("listening on");
            server = Some(process);
            continue;
        }
        let done = shell(&home, commands).output().expect("a shell");
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{commands}: {said}{}", String::from_utf8_lossy(&done.stdout));
    }
    stop(server);
    assert!(ran >= 20, "{ran} commands");
    assert!(home.join("chinwag-backup/server.key").exists() && home.join("tried/server/chinwag.db").exists());
}

#[test]
fn every_command_that_the_text_names_is_there() {
    let scratch = Scratch::new();
    let page = include_str!("../../docs/operate.md");
    let text: String = page.split("```").step_by(2).collect();
    let spans = text.split('`').skip(1).step_by(2).filter(|span| span.starts_with("chinwag "));
    let mut seen = 0;
    for span in spans {
        let words: Vec<_> = span.split_whitespace().skip(1).collect();
        let ended = scratch.chinwag("ann", &[&words[..], &["--help"]].concat()).end();
        assert_eq!(ended.code, Some(0), "{span}: {}", ended.err);
        seen += 1;
    }
    assert!(seen >= 4, "{seen} commands");
}
