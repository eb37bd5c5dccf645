//! The wall clock of a real server jumps: nothing is removed for its age, also not by the next process; what has ended stays so.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::server::{Server, Site};
use crate::{shim, store};

const TEN_YEARS_S: &str = "315360000";

/// A server with a clock of its own, and somebody who talks there.
struct Place {
    site: Site,
    clock: PathBuf,
    home: PathBuf,
}

impl Place {
    fn new(folder: &Path) -> Self {
        let clock = folder.join("clock");
        let mut site = Site::new(&folder.join("server"), [7; 32]);
        site.env = shim::with_clock(&clock);
        let place = Self { site, clock, home: folder.join("ann") };
        place.set("0");
        place
    }

    fn start(&mut self) -> Server {
        self.site.args = vec!["--hidden".to_owned()];
        self.site.start()
    }

    /// The wall clock is ahead by so many seconds.
    fn set(&self, ahead_s: &str) {
        fs::write(&self.clock, ahead_s).expect("written");
    }

    fn admin(&self, args: &[&str]) -> Output {
        self.site.command(&[&["admin"], args].concat()).output().expect("it ends")
    }

    /// What the operator reads, and whether it was done.
    #[track_caller]
    fn says(&self, args: &[&str], is_done: bool, said: &str) -> String {
        let output = self.admin(args);
        let all = [output.stdout, output.stderr].map(|octets| String::from_utf8_lossy(&octets).into_owned()).concat();
        assert_eq!((output.status.success(), all.contains(said)), (is_done, true), "{args:?}: {all}");
        all
    }

    fn client(&self, args: &[&str]) -> Output {
        let server = self.site.addr.expect("it has been started").to_string();
        let mut command = Command::new(env!("CARGO_BIN_EXE_chinwag"));
        command.args(args).args(["--server", &server, "--accept-new"]).env("CHINWAG_HOME", &self.home);
        command.env("USER", "ann").output().expect("it ends")
    }

    #[track_caller]
    fn history(&self) -> String {
        let output = self.client(&["history", "lobby"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Sends by a token. The exit code.
    fn send_by(&self, token: &str) -> Option<i32> {
        let file = self.home.join("token");
        fs::write(&file, token).expect("written");
        let file = file.to_str().expect("UTF-8");
        self.client(&["send", "--token-file", file, "--room", "lobby", "by a token"]).status.code()
    }
}

#[test]
fn a_clock_that_jumps_removes_nothing_and_revives_nothing_also_in_the_next_process() {
    let scratch = store::scratch();
    let mut place = Place::new(scratch.path());
    let server = place.start();
    assert!(place.client(&["send", "--create", "--room", "lobby", "to be kept"]).status.success());
    place.says(&["retain", "lobby", "1d"], true, "done");
    place.says(&["clock"], true, "it is believed");
    let made = place.admin(&["token", "create", "ann", "--label", "ci", "--write", "--expires", "7d"]);
    let token = String::from_utf8_lossy(&made.stdout).trim().to_owned();
    assert_eq!(place.send_by(&token), Some(0));

    place.set(TEN_YEARS_S);
    place.says(&["prune", "lobby"], false, "clock is not believed");
    place.says(&["status"], true, "CLOCK NOT BELIEVED");
    place.says(&["clock"], true, "it is NOT believed");
    assert_eq!(place.send_by(&token), Some(5), "a token does not wait");
    assert!(place.history().contains("to be kept"));
    let said = server.kill();
    assert_eq!(said.matches("it is not believed").count(), 1, "{said}");

    let server = place.start();
    assert!(place.history().contains("to be kept"), "the next process finds it out by itself");
    place.says(&["prune", "lobby"], false, "clock is not believed");
    place.set("0");
    place.says(&["clock"], true, "it is believed");
    place.says(&["prune", "lobby"], true, "done");
    assert!(place.history().contains("to be kept"));
    assert_eq!(place.send_by(&token), Some(5), "it has ended");
    assert!(server.stop().0.success());

    place.set(TEN_YEARS_S);
    place.says(&["prune", "lobby"], false, "clock is not believed");
    place.says(&["clock", "confirm"], true, "done");
    place.says(&["log"], true, "said that the clock is right");
    let server = place.start();
    place.says(&["prune", "lobby"], true, "done");
    assert!(!place.history().contains("to be kept"), "its day is over");
    assert!(server.stop().0.success());
}
