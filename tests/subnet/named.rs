//! A server is reached by its bare name, as the README and `--help` type it.

use std::path::Path;

use crate::hosts::Subnet;
use crate::process::Piped;
use crate::{find, serve, typed};

/// The words of the first line that begins so, without what stands there for people.
fn line<'a>(page: &'a str, begins: &str) -> Vec<&'a str> {
    let line = page.lines().map(str::trim).find(|line| line.starts_with(begins)).unwrap_or_else(|| panic!("{begins}?"));
    let line = line.split("   ").next().unwrap_or_default();
    line.split_whitespace().skip(1).collect()
}

/// What the command says on the second host: the exit code, and the words.
fn run(subnet: &Subnet, home: &Path, args: &[&str]) -> (Option<i32>, String) {
    Piped::start(typed(subnet, 2, home, args)).end()
}

#[test]
fn the_lines_of_the_readme_that_call_a_server_by_its_name_reach_it() {
    let Some(subnet) = Subnet::new(2) else { return };
    let scratch = tempfile::tempdir().expect("a folder");
    let home = |name: &str| scratch.path().join(name);
    let (one, two) = (home("one"), home("two"));
    let password = home("password");
    std::fs::write(&password, "a password\n").expect("written");
    let by_file = ["--password-file", password.to_str().expect("UTF-8")];
    let (running, fingerprint) = serve(&subnet, 1, &home("server"), &["--name", "lab"]);
    find(&subnet, 2, &one, 1);
    let readme = include_str!("../../README.md");

    let register = [&line(readme, "chinwag register --server lab"), &by_file[..], &["--accept-new"]].concat();
    let (code, said) = run(&subnet, &one, &register);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("registered as ann on lan:lab"), "{said}");
    let login = [&line(readme, "chinwag login --server lab"), &by_file[..], &["--accept-new"]].concat();
    let (code, said) = run(&subnet, &two, &login);
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = run(&subnet, &one, &line(readme, "chinwag doctor lab"));
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("lan:lab is ") && !said.contains("unknown"), "{said}");
    let (_, help) = run(&subnet, &one, &["--help"]);
    let mut chat = Piped::start(typed(&subnet, 2, &one, &line(&help, "chinwag chat --server lab")));
    chat.write("hello by name");
    let (code, said) = chat.end();
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = run(&subnet, &two, &["history", "--server", "Lab", "lobby"]);
    assert!(code == Some(0) && said.contains("ann: hello by name"), "{code:?}: {said}");
    let (code, said) = run(&subnet, &one, &["trust", "lab"]);
    assert!(code == Some(0) && said.contains(&fingerprint), "{code:?}: {said}");
    let (code, said) = run(&subnet, &home("three"), &["trust", "lab", &fingerprint]);
    assert!(code == Some(0) && said.contains("lan:lab is trusted"), "{code:?}: {said}");

    // A host that is there wins, and that is said.
    subnet.shell(2, "getent hosts localhost >/dev/null").expect("every machine has that host");
    let other = serve(&subnet, 2, &home("other"), &["--name", "localhost"]);
    let (code, said) = run(&subnet, &one, &["trust", "lan:localhost", &other.1]);
    assert_eq!(code, Some(0), "{said}");
    let rooms = ["rooms", "--server", "localhost", "--name", "ann", "--accept-new", "--timeout", "10"];
    let (code, said) = run(&subnet, &one, &rooms);
    assert!(code == Some(0) && said.contains("localhost:24469 is a host here"), "{code:?}: {said}");

    // What is said to a server that is known by its name is kept while it is away; one that nobody knows is nobody.
    running.stop();
    let send = ["send", "--server", "lab", "--room", "lobby", "--timeout", "1", "later"];
    let (code, said) = run(&subnet, &one, &send);
    assert_eq!(code, Some(9), "{said}");
    let (code, said) = run(&subnet, &one, &["rooms", "--server", "nobody", "--timeout", "1"]);
    assert_eq!(code, Some(4), "{said}");
    assert!(said.contains("no host is called nobody, and no server of that name answers on this network"), "{said}");
    let (code, said) = run(&subnet, &one, &["doctor", "nobody"]);
    assert!(code == Some(1) && said.contains("no host is called nobody"), "{code:?}: {said}");
    let (code, said) = run(&subnet, &one, &["trust", "lab", "--forget"]);
    assert!(code == Some(0) && said.contains("lan:lab is forgotten"), "{code:?}: {said}");
}
