//! A server is reached by its bare name, as the README and `--help` type it; and bare `chinwag` misses it by that name.

use std::path::Path;

use crate::hosts::Subnet;
use crate::process::Process;
use crate::pty::{Terminal, has};
use crate::{bare, find, find_such, serve, typed};

/// The words of the first line that begins so, without what stands there for people.
fn line<'a>(page: &'a str, begins: &str) -> Vec<&'a str> {
    let line = page.lines().map(str::trim).find(|line| line.starts_with(begins)).unwrap_or_else(|| panic!("{begins}?"));
    let line = line.split("   ").next().unwrap_or_default();
    line.split_whitespace().skip(1).collect()
}

/// What the command says on the second host: the exit code, and the words.
fn run(subnet: &Subnet, home: &Path, args: &[&str]) -> (Option<i32>, String) {
    Process::merged(typed(subnet, 2, home, args)).finish()
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
    let mut chat = Process::merged(typed(&subnet, 2, &one, &line(&help, "chinwag chat --server lab")));
    chat.write("hello by name");
    let (code, said) = chat.finish();
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = run(&subnet, &two, &["history", "--server", "Lab", "lobby"]);
    assert!(code == Some(0) && said.contains("ann: hello by name"), "{code:?}: {said}");
    let (code, said) = run(&subnet, &one, &["trust", "lab"]);
    assert!(code == Some(0) && said.contains(&fingerprint), "{code:?}: {said}");
    let (code, said) = run(&subnet, &home("three"), &["trust", "lab", &fingerprint]);
    assert!(code == Some(0) && said.contains("lan:lab is trusted"), "{code:?}: {said}");

    // A name is what this device knows it as; where it knows none of that name, a host that is there wins.
    subnet.shell(2, "getent hosts localhost >/dev/null").expect("every machine has that host");
    let on_port = ["--name", "localhost", "--listen", "127.0.0.1:24469"];
    let (host, _) = serve(&subnet, 2, &home("other"), &[&on_port[..], &["--hidden"]].concat());
    let rooms = ["rooms", "--server", "localhost", "--name", "ann", "--accept-new", "--timeout", "10"];
    let (code, said) = run(&subnet, &home("four"), &rooms);
    assert!(code == Some(0) && said.contains("trusting localhost:24469"), "{code:?}: {said}");
    let (other, print) = serve(&subnet, 1, &home("named"), &["--name", "localhost", "--listen", "10.70.0.1:24471"]);
    let (code, said) = run(&subnet, &one, &["trust", "lan:localhost", &print]);
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = run(&subnet, &one, &rooms);
    assert!(code == Some(0) && !said.contains("localhost:24469"), "{code:?}: {said}");
    drop((host, other));

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

/// The command on the second host, whose resolver is an address that never answers, and which has patience with it.
fn without_names(subnet: &Subnet, home: &Path, args: &[&str], patience: &str) -> Process {
    let conf = home.with_extension("resolv.conf");
    std::fs::write(&conf, format!("nameserver 10.70.0.1\noptions {patience}\n")).expect("written");
    let mut command = subnet.run_on(2, Path::new("unshare"));
    command.args(["--mount", "sh", "-c", "mount --bind \"$0\" /etc/resolv.conf && exec \"$@\""]);
    command.arg(&conf).arg(env!("CARGO_BIN_EXE_chinwag")).args(args);
    command.env("CHINWAG_HOME", home).env("USER", "user2").env_remove("RUST_LOG");
    Process::merged(command)
}

#[test]
fn a_server_that_is_known_by_its_name_is_reached_while_no_resolver_answers() {
    // A test that waited for this resolver would not end in time.
    const FOR_EVER: &str = "timeout:30 attempts:5";
    let Some(subnet) = Subnet::new(2) else { return };
    let scratch = tempfile::tempdir().expect("a folder");
    let home = |name: &str| scratch.path().join(name);
    // What comes to that port is no Hello, and gets no answer.
    let (_silent, _) = serve(&subnet, 1, &home("silent"), &["--hidden", "--listen", "10.70.0.1:53"]);
    let (_running, print) = serve(&subnet, 1, &home("server"), &["--name", "lab"]);
    find(&subnet, 2, &home("looks"), 1);
    let reaches = |name: &str, server: &str, patience: &str, also: &[&str]| {
        let args = [&["rooms", "--server", server, "--name", name][..], also].concat();
        let (code, said) = without_names(&subnet, &home(name), &args, patience).finish();
        assert_eq!(code, Some(0), "{name}: {said}");
        said
    };
    // Known as a server on the subnet, or as a host, and by an invitation.
    let (code, said) = run(&subnet, &home("ann"), &["trust", "lan:lab", &print]);
    assert_eq!(code, Some(0), "{said}");
    let said = reaches("ann", "lab", FOR_EVER, &[]);
    assert!(!said.contains("looking for"), "{said}");
    let made = Process::merged(typed(&subnet, 1, &home("server"), &["admin", "invite", "--host", "lab"])).finish();
    let link = made.1.split_whitespace().find(|word| word.starts_with("chinwag://")).expect("a link").to_owned();
    assert!(link.starts_with("chinwag://lab/"), "{link}");
    reaches("bob", &link, FOR_EVER, &[]);
    reaches("bob", "lab", FOR_EVER, &[]);
    // A name that is new here may be a host's: that is waited for, and said.
    let said = reaches("cem", "lab", "timeout:3 attempts:1", &["--accept-new"]);
    assert_eq!(said.matches("looking for lab …").count(), 1, "{said}");
    assert!(said.contains("trusting lan:lab"), "{said}");
}

#[test]
fn whoever_finds_another_place_than_the_usual_one_is_told_and_may_wait() {
    let Some(subnet) = Subnet::new(3) else { return };
    let scratch = tempfile::tempdir().expect("a folder");
    let home = |name: &str| scratch.path().join(name);
    let again = |host: usize, name: &str| Terminal::start(typed(&subnet, host, &home(name), &[]), (200, 24));
    let (running, _) = serve(&subnet, 3, &home("server"), &["--name", "lab"]);
    for (host, name) in [(1, "ann"), (2, "bob")] {
        let mut person = bare(&subnet, host, &home(name));
        person.until(has("Enter joins it, h hosts a new, empty place, q quits:"));
        person.press("\r");
        person.until(has("connected to lab"));
        person.press("/quit\r");
        assert_eq!(person.end(), Some(0));
    }
    running.stop();
    let mut ann = again(1, "ann");
    ann.until(has("lab does not answer: w waits for it, h hosts a new, empty place, q quits:"));
    ann.press("h\r");
    ann.until(has("so this machine hosts one"));
    ann.press("a place of mine\r");
    ann.until(has("a place of mine ✓"));
    // Hers is all that he finds, and it is not what he knows.
    find_such(&subnet, 2, &home("looks"), |found| found.len() == 1);
    let mut bob = again(2, "bob");
    let question = "lab does not answer: w waits for it, 1 joins the one above, h hosts a new, empty place, q quits:";
    bob.until(has(question));
    bob.press("w\r");
    bob.until(has("waiting for lab"));
    drop(ann);
    let (running, _) = serve(&subnet, 3, &home("server"), &["--name", "lab"]);
    bob.until(has("connected to lab"));
    bob.press("/quit\r");
    assert_eq!(bob.end(), Some(0));
    running.stop();
    // A place that he knows, too, is joined, and said to be another one.
    let mut ann = again(1, "ann");
    // It is her own that she used last.
    ann.until(has("so this machine hosts yours ("));
    find_such(&subnet, 2, &home("looks"), |found| found.len() == 1);
    let mut bob = again(2, "bob");
    bob.until(has(question));
    bob.press("1\r");
    bob.until(has("connected to user1@"));
    bob.press("/quit\r");
    assert_eq!(bob.end(), Some(0));
    let (running, fingerprint) = serve(&subnet, 3, &home("server"), &["--name", "lab"]);
    let (code, said) = run(&subnet, &home("bob"), &["rooms", "--server", "lab"]);
    assert!(code == Some(0), "{said} {fingerprint}");
    running.stop();
    let mut bob = again(2, "bob");
    bob.until(has("lab does not answer; this is lan:user1-"));
}
