//! A package outside of this workspace that depends on the client's library by its path, as somebody else's would: the bot of
//! the library's front page, word for word.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use chinwag::client::{Device, Event};

use super::house::House;
use super::{connect, joined, next, text_of};

#[test]
fn the_bot_of_the_front_page_builds_outside_and_does_what_it_says() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(top.join("src/door/lib.rs")).expect("the front page");
    let (_, bot) = page.split_once("//! ```no_run\n").expect("an example");
    let (bot, _) = bot.split_once("//! ```\n").expect("its end");
    let bot: Vec<_> = bot.lines().map(|line| line.trim_start_matches("//!").strip_prefix(' ').unwrap_or("")).collect();
    assert!(bot.len() <= 22, "a bot is to be short: {} lines", bot.len());
    let house = House::new();
    let package = tempfile::tempdir().expect("a folder");
    let ours = fs::read_to_string(top.join("Cargo.toml")).expect("the manifest");
    let (_, profile) = ours.split_once("\n[profile.dev]\n").expect("a profile");
    let (profile, _) = profile.split_once("[profile.release]").expect("another");
    let manifest = format!(
        "[package]\nname = \"greeter\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\nchinwag-client = {{ path = {:?} }}\n\n[workspace]\n\n[profile.dev]\n{profile}",
        top.join("src/door")
    );
    let source = bot.join("\n").replace("lan:lab", &house.address());
    fs::create_dir(package.path().join("src")).expect("made");
    fs::write(package.path().join("Cargo.toml"), manifest).expect("written");
    fs::write(package.path().join("src/main.rs"), source).expect("written");
    // The versions and the profile that this repository is tested with: what is built already is used again.
    fs::copy(top.join("Cargo.lock"), package.path().join("Cargo.lock")).expect("copied");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the folder of all that is built").to_owned();
    let mut run = Command::new(env!("CARGO"));
    run.args(["build", "--quiet", "--manifest-path"]).arg(package.path().join("Cargo.toml"));
    run.env("CARGO_TARGET_DIR", &target).env_remove("RUSTFLAGS");
    let built = run.output().expect("cargo");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));

    let mut greeter = Command::new(target.join("debug/greeter"));
    let mut greeter = greeter.current_dir(package.path()).stdin(Stdio::null()).spawn().expect("it runs");
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
    greeter.kill().expect("it runs until then");
    greeter.wait().expect("it ends");
}
