//! The commands of the README: those that end by themselves are run against a server, the others are at least understood. One
//! that does not exist fails.

use crate::process::{Ended, Process, Scratch, Server};

/// A command that is run.
struct Run {
    /// How it begins.
    begins: &'static str,
    /// In whose home.
    whose: &'static str,
    /// What is typed into it.
    input: Option<&'static str>,
    /// What is added so that it ends.
    more: &'static [&'static str],
    /// The exit codes that it may have.
    codes: &'static [i32],
}

const fn ann(begins: &'static str) -> Run {
    Run { begins, whose: "ann", input: None, more: &[], codes: &[0] }
}

/// All others are only understood: those that serve or talk for ever, that want a terminal, a file or a profile, and those
/// that take minutes.
const RUN: &[Run] = &[
    Run { more: &["--seconds", "0.2"], codes: &[0, 8], ..ann("find") },
    Run { input: Some("hello from a chat"), ..ann("chat --server lan:lab") },
    Run { input: Some("green"), ..ann("send --room builds --create --stdin") },
    // Bob has no device here now.
    Run { more: &["--timeout", "1"], codes: &[9], ..ann("send --room @bob") },
    Run { more: &["--count", "1", "--all"], ..ann("tail --room builds --json") },
    ann("history"),
    ann("search"),
    ann("rooms"),
    Run { whose: "server", ..ann("admin status") },
    ann("trust"),
    ann("config show"),
];

#[test]
fn the_commands_of_the_readme_are_what_they_say() {
    let scratch = Scratch::new();
    let server = scratch.server(&["--name", "lab"]);
    let send = ["send", "--server", &server.addr, "--accept-new", "--create", "--room", "builds", "hello from bob"];
    scratch.chinwag("bob", &send).end().expect(0, &[]);
    let readme = include_str!("../../README.md");
    let mut ran = Vec::new();
    for words in blocks(readme) {
        let line = words.join(" ");
        match RUN.iter().find(|command| line.starts_with(command.begins)) {
            // What needs something that is not here (a token, say) stands further down, and is understood.
            Some(command) if !ran.contains(&command.begins) => {
                ran.push(command.begins);
                let ended = run(&scratch, &server, command, &words);
                let code = ended.code.unwrap_or(-1);
                assert!(command.codes.contains(&code), "chinwag {line}: {code}, {}", ended.err);
            }
            _ => understood(&scratch, &words),
        }
    }
    let missing: Vec<_> = RUN.iter().map(|command| command.begins).filter(|begins| !ran.contains(begins)).collect();
    assert!(missing.is_empty(), "not in the README any more: {missing:?}");
    inline(readme).iter().for_each(|words| understood(&scratch, words));
}

#[cfg(unix)]
#[test]
fn a_token_as_the_readme_makes_it_is_all_that_a_program_needs() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let send = ["send", "--server", &server.addr, "--accept-new", "--create", "--room", "builds", "build 7 is green"];
    scratch.chinwag("ann", &send).end().expect(0, &[]);
    let line = |begins: &str| {
        let line = include_str!("../../README.md").lines().find(|line| line.starts_with(begins)).expect(begins);
        line.split("   #").next().unwrap_or_default().to_owned()
    };
    let here = scratch.home("server");
    let shell = |whose: &str, line: &str| {
        let mut shell = std::process::Command::new("sh");
        let binary = std::path::Path::new(env!("CARGO_BIN_EXE_chinwag")).parent().expect("a folder");
        shell.args(["-c", line]).current_dir(&here).env("PATH", format!("{}:/usr/bin:/bin", binary.display()));
        shell.env("CHINWAG_HOME", scratch.home(whose)).env_remove("RUST_LOG");
        Process::start(shell).end()
    };
    shell("server", &line("chinwag admin token create")).expect(0, &["the only time that the token is shown"]);
    let tail = shell("a fresh one", &format!("{} --count 1", line("CHINWAG_TOKEN=")));
    tail.expect(0, &[]);
    assert!(tail.out.ends_with("ann: build 7 is green"), "{}", tail.out);
    // Whoever knows another way there may say so, and meets the same key or none.
    let by_file = format!("chinwag history --server {} --token-file ci.token '#builds'", server.addr);
    shell("another", &by_file).expect(0, &[]);
    let stranger = Scratch::new();
    let other = stranger.server(&[]);
    let by_file = format!("chinwag history --server {} --token-file ci.token '#builds'", other.addr);
    shell("a third", &by_file).expect(6, &[]);
}

#[test]
fn every_example_in_the_help_is_understood() {
    let scratch = Scratch::new();
    let mut paths: Vec<Vec<String>> = vec![Vec::new()];
    let mut seen = 0;
    while let Some(path) = paths.pop() {
        let typed: Vec<_> = path.iter().map(String::as_str).chain(["--help"]).collect();
        let help = scratch.chinwag_with("ann", &typed, &[("COLUMNS", "400")]).end();
        help.expect(0, &[]);
        let section = |title: &str| {
            let (_, rest) = help.out.split_once(title).unwrap_or_default();
            rest.split("\n\n").next().unwrap_or_default().lines().skip(1).map(ToOwned::to_owned).collect::<Vec<_>>()
        };
        for below in section("Commands:").iter().filter_map(|line| line.split_whitespace().next()) {
            paths.push(path.iter().cloned().chain([below.to_owned()]).collect());
        }
        // What an example is for stands behind some space.
        let examples = section("Examples:");
        let typed = examples.iter().filter_map(|line| line.trim().split("  ").next()).flat_map(commands);
        for words in typed.filter(|words| !words.is_empty()) {
            seen += 1;
            understood(&scratch, &words);
        }
    }
    assert!(seen > 80, "{seen} examples");
}

#[test]
fn a_command_that_does_not_exist_is_noticed() {
    let text = "```\nchinwag dance --wildly   # no\nmake | chinwag send \"a # b\" 'c d' > /dev/null && chinwag rooms | jq\n```\n";
    assert_eq!(blocks(text), [vec!["dance", "--wildly"], vec!["send", "a # b", "c d"], vec!["rooms"]]);
    let ended = Scratch::new().chinwag("ann", &["dance", "--wildly", "--help"]).end();
    ended.expect(2, &["dance"]);
    let ended = Scratch::new().chinwag("ann", &["serve", "--loud", "--help"]).end();
    ended.expect(2, &["--loud"]);
}

fn run(scratch: &Scratch, server: &Server, command: &Run, words: &[String]) -> Ended {
    let home = scratch.home("~").display().to_string();
    let mut typed: Vec<String> = words.iter().map(|word| word.replace('~', &home)).collect();
    // The server of the README is this one.
    if let Some(at) = typed.iter().position(|word| word == "--server") {
        typed[at + 1].clone_from(&server.addr);
    }
    let typed: Vec<_> = typed.iter().map(String::as_str).chain(command.more.iter().copied()).collect();
    let env = [("CHINWAG_SERVER", server.addr.as_str()), ("CHINWAG_ACCEPT_NEW", "yes"), ("HOME", home.as_str())];
    let mut process = scratch.chinwag_with(command.whose, &typed, &env);
    if let Some(input) = command.input {
        process.write(input);
    }
    process.end()
}

/// It is understood to its last word: whoever reads a word that it does not know says so before it comes to `--help`.
#[track_caller]
fn understood(scratch: &Scratch, words: &[String]) {
    let words: Vec<_> = words.iter().map(String::as_str).filter(|word| *word != "…").collect();
    let ended = scratch.chinwag("ann", &[&words[..], &["--help"]].concat()).end();
    assert_eq!(ended.code, Some(0), "chinwag {}: {}", words.join(" "), ended.err);
}

/// What is typed after `chinwag` in the blocks of a page.
fn blocks(page: &str) -> Vec<Vec<String>> {
    let blocks = page.split("```").skip(1).step_by(2);
    let lines = blocks.flat_map(str::lines).filter(|line| !line.starts_with("chinwag:"));
    lines.flat_map(commands).filter(|words| !words.is_empty()).collect()
}

/// What is typed after `chinwag` within the text, where that is a command and no pattern of one.
fn inline(page: &str) -> Vec<Vec<String>> {
    let text: String = page.split("```").step_by(2).collect();
    let spans =
        text.split('`').skip(1).step_by(2).filter(|span| span.starts_with("chinwag ") && !span.contains("COMMAND"));
    spans.flat_map(commands).filter(|words| !words.is_empty()).collect()
}

/// The commands of a line: what stands after `chinwag` up to a pipe, a redirection, a comment or the end.
fn commands(line: &str) -> Vec<Vec<String>> {
    let mut commands: Vec<Vec<String>> = Vec::new();
    let mut is_ours = false;
    for (word, is_quoted) in words(line) {
        match word.as_str() {
            "#" if !is_quoted => break,
            word if !is_quoted && word.starts_with('#') => break,
            "|" | ">" | "2>&1" | "&&" | "$" if !is_quoted => is_ours = false,
            "chinwag" if !is_ours => {
                is_ours = true;
                commands.push(Vec::new());
            }
            _ if is_ours => commands.last_mut().expect("one has begun").push(word),
            _ => {}
        }
    }
    commands
}

/// The words of a line, as a shell takes it apart, and whether they were in quotes.
fn words(line: &str) -> Vec<(String, bool)> {
    let mut words = Vec::new();
    let (mut word, mut quote, mut was_quoted) = (String::new(), None, false);
    for c in line.chars().chain([' ']) {
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            (c, Some(_)) => word.push(c),
            ('\'' | '"', None) => (quote, was_quoted) = (Some(c), true),
            (c, None) if c.is_whitespace() => {
                if !word.is_empty() || was_quoted {
                    words.push((std::mem::take(&mut word), std::mem::take(&mut was_quoted)));
                }
            }
            (c, None) => word.push(c),
        }
    }
    words
}
