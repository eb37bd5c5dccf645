//! Packages outside of this workspace that depend on the client's library by its path, as somebody else's would.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use chinwag::client::{Device, Entering, Event, PostError, Refusal, Secret, Start};
use tempfile::TempDir;

use super::house::House;
use super::{SOON, connect, joined, next, text_of};

/// Builds a package with that program, which depends on the library and on nothing else. Its folder, and the program.
fn built(name: &str, source: &str) -> (TempDir, PathBuf) {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let package = tempfile::tempdir().expect("a folder");
    let ours = fs::read_to_string(top.join("Cargo.toml")).expect("the manifest");
    let (_, profile) = ours.split_once("\n[profile.dev]\n").expect("a profile");
    let (profile, _) = profile.split_once("[profile.release]").expect("another");
    let manifest = format!(
        "[package]\nname = {name:?}\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\nchinwag-client = {{ path = {:?} }}\n\n[workspace]\n\n[profile.dev]\n{profile}",
        top.join("src/door")
    );
    fs::create_dir(package.path().join("src")).expect("made");
    fs::write(package.path().join("Cargo.toml"), manifest).expect("written");
    fs::write(package.path().join("src/main.rs"), source).expect("written");
    // The versions and the profile that this repository is tested with: what is built already is used again.
    fs::copy(top.join("Cargo.lock"), package.path().join("Cargo.lock")).expect("copied");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the folder of all that is built").to_owned();
    let mut run = Command::new(env!("CARGO"));
    run.args(["build", "--quiet", "--manifest-path"]).arg(package.path().join("Cargo.toml"));
    run.env("CARGO_TARGET_DIR", &target).env_remove("RUSTFLAGS");
    let output = run.output().expect("cargo");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    (package, target.join("debug").join(name))
}

/// A program, until the test is over.
struct Running(Child);

impl Running {
    fn start(program: &mut Command) -> Self {
        Self(program.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("it runs"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended by itself is gone already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_bot_of_the_front_page_builds_outside_and_does_what_it_says() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/door/lib.rs");
    let page = fs::read_to_string(page).expect("the front page");
    let (_, bot) = page.split_once("//! ```no_run\n").expect("an example");
    let (bot, _) = bot.split_once("//! ```\n").expect("its end");
    // As it is shown: what is hidden chooses a feature.
    let lines = bot.lines().map(|line| line.trim_start_matches("//!").strip_prefix(' ').unwrap_or(""));
    let bot: Vec<_> = lines.filter(|line| !line.starts_with("# ")).collect();
    assert!(bot.len() <= 20, "a bot is to be short: {} lines", bot.len());
    let house = House::new();
    let (package, greeter) = built("greeter", &bot.join("\n").replace("lan:lab", &house.address()));

    let _greeter = Running::start(Command::new(greeter).current_dir(package.path()));
    let (ann, mut events) = connect(&house, &Device::in_memory().expect("a device"), "ann");
    ann.join("lobby");
    next(&mut events, joined);
    let is_here = |event: &Event| {
        if let Event::Presence(change) = event { (change.who == "greeter").then_some(()) } else { None }
    };
    let (members, _) = ann.members("lobby", "").expect("members");
    if !members.iter().any(|member| member.name == "greeter") {
        next(&mut events, is_here);
    }
    drop(ann.say("lobby", "!time"));
    let told = next(&mut events, |event| text_of(event).filter(|text| text.ends_with("seconds since 1970")));
    assert!(told.split(' ').next().expect("a number").parse::<u64>().is_ok(), "{told}");
    let (bob, _unread) = connect(&house, &Device::in_memory().expect("a device"), "bob");
    bob.join("lobby");
    next(&mut events, |event| text_of(event).filter(|text| text == "welcome, bob"));
}

#[test]
fn a_program_locks_a_room_and_mutes_somebody_with_no_other_dependency() {
    let house = House::new();
    let (package, moderator) = built("moderator", include_str!("outside/moderator.rs"));
    let mut moderator = Running::start(Command::new(moderator).arg(house.address()).current_dir(package.path()));
    let mut told = BufReader::new(moderator.0.stdout.take().expect("its output")).lines().map_while(Result::ok);
    assert_eq!(told.next().as_deref(), Some("#vault"), "it has made the room");
    let (ann, mut events) = connect(&house, &Device::in_memory().expect("a device"), "ann");
    ann.enter("vault", Entering::Locked(Secret::from("open sesame".to_owned())), Start::All);
    next(&mut events, joined);
    let first = ann.say("vault", "the first word").wait(SOON).expect("stored");
    let last = ann.say("vault", "the last word").wait(SOON).expect("stored");
    let done = told.next().expect("a line");
    // What it did to her has a number; of what it found, the newest stands on the first page.
    assert!(done.starts_with("Some(Password) Ok(RoomSeq("), "{done}");
    assert!(done.ends_with(&format!(" Ok([{last:?}]) Ok([{first:?}])")), "{done}");
    assert_eq!(ann.say("vault", "and one more").wait(SOON), Err(PostError::Refused(Refusal::Muted)));
}
