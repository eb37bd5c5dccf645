//! Secrets: none is on disk in clear, nor in a log that tells everything, whatever was done with it; and who copies the
//! database can't log in by anything that is in it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::mpsc::channel;

use chinwag::client_core::{self, Entering, Notice, Start};
use chinwag::store::sqlite::FILE;
use chinwag_proto::rng::Rng;
use chinwag_proto::wire::message::{Access, Secret};

use crate::people::{Person, next};
use crate::server::{Server, Site};
use crate::store::said;

const PASSWORD: &str = "canary-password-of-ann";
const ROOM_PASSWORD: &str = "canary-password-of-a-room";
/// What is no secret, and must be found where it is stored: it shows that the scan finds something.
const MESSAGE: &str = "canary-message-to-everyone";

/// A server with secrets, people who use them, and everything that any of them ever said.
struct Scene {
    scratch: tempfile::TempDir,
    site: Site,
    log: Vec<u8>,
    /// By name.
    secrets: Vec<(&'static str, String)>,
}

impl Scene {
    fn new() -> Self {
        let scratch = tempfile::tempdir().expect("a folder");
        let mut site = Site::new(&scratch.path().join("server"), [9; 32]);
        site.env.push(("RUST_LOG".to_owned(), "trace".to_owned()));
        site.join_key = Some([0xc0; 32]);
        let join = "c0".repeat(32);
        std::fs::write(scratch.path().join("join.key"), format!("{join}\n")).expect("written");
        site.args = vec!["--join-key-file".to_owned(), scratch.path().join("join.key").display().to_string()];
        let mut scene = Self { scratch, site, log: Vec::new(), secrets: vec![("join key", join)] };
        scene.keep("password", PASSWORD);
        scene.keep("room's password", ROOM_PASSWORD);
        scene
    }

    fn keep(&mut self, what: &'static str, secret: &str) {
        self.secrets.push((what, secret.to_owned()));
    }

    /// A file that somebody keeps their own secret in; it is not in a home of chinwag's.
    fn file(&self, name: &str, secret: &str) -> String {
        let path = self.scratch.path().join(name);
        std::fs::write(&path, format!("{secret}\n")).expect("written");
        path.display().to_string()
    }

    fn home(&self, whose: &str) -> PathBuf {
        self.scratch.path().join("homes").join(whose)
    }

    /// Runs a command in somebody's home; what it says is kept with the rest.
    fn run(&mut self, whose: &str, args: &[&str], input: &str) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chinwag"));
        command.args(args).env("CHINWAG_HOME", self.home(whose)).env("USER", whose).env("RUST_LOG", "trace");
        let output = with_input(&mut command, input);
        self.log.extend(&output.stderr);
        output
    }

    fn client(&mut self, whose: &str, args: &[&str], input: &str) -> Output {
        let addr = self.site.addr.expect("it has been started").to_string();
        let join = self.scratch.path().join("join.key").display().to_string();
        let common = ["--server", &addr, "--accept-new", "--join-key-file", &join];
        let args = [&args[..1], &common, &args[1..]].concat();
        self.run(whose, &args, input)
    }

    /// What the operator is answered.
    fn admin(&mut self, args: &[&str]) -> String {
        let output = self.site.command(args).output().expect("the command starts");
        assert!(output.status.success(), "{}", said(&output));
        self.log.extend(&output.stderr);
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    fn end(&mut self, server: Server) {
        self.log.extend(server.kill().into_bytes());
    }

    /// Everything that a secret is used for, once.
    fn play(&mut self) {
        let password = self.file("ann.password", PASSWORD);
        expect(&self.client("ann", &["register", "--name", "ann", "--password-file", &password], ""), 0);
        expect(&self.client("phone", &["login", "--name", "ann", "--password-file", &password], ""), 0);
        self.make_room();
        expect(&self.client("ann", &["send", "--room", "lobby", MESSAGE], ""), 0);
        let made = self.admin(&["admin", "token", "create", "ann", "--label", "ci", "--read", "--write"]);
        self.keep("token", made.trim());
        let token = self.file("ci.token", made.trim());
        expect(&self.client("ci", &["send", "--token-file", &token, "--room", "lobby", "by token"], ""), 0);
        let addr = self.site.addr.expect("it has been started").to_string();
        let join = self.scratch.path().join("join.key").display().to_string();
        let link = self.admin(&["admin", "invite", "--host", &addr, "--join-key-file", &join]);
        let link = link.lines().find(|line| line.starts_with("chinwag://")).expect("a link").to_owned();
        self.keep("invitation", link.rsplit('.').next().expect("a code"));
        let invite = self.file("invite", &link);
        expect(&self.run("bob", &["register", "--invite-file", &invite, "--name", "bob", "--no-password"], ""), 0);
        // What fails is logged most readily.
        let wrong = self.file("wrong.password", "canary-password-that-is-wrong");
        self.keep("wrong password", "canary-password-that-is-wrong");
        expect(&self.client("eve", &["login", "--name", "ann", "--password-file", &wrong], ""), 5);
        self.keep("wrong token", "cwt_canary-token-that-is-wrong");
        let wrong = self.file("wrong.token", "cwt_canary-token-that-is-wrong");
        expect(&self.client("eve", &["send", "--token-file", &wrong, "--room", "lobby", "no"], ""), 5);
    }

    /// A room with a password; the command asks for that at a terminal only.
    fn make_room(&self) {
        let (ears, heard) = channel();
        let dora = Person::new(&self.site, "dora", 0, &mut Rng::from_number(1), &ears);
        let (access, password) = (Access::Password, Some(Secret::from(ROOM_PASSWORD.to_owned())));
        let entering = Entering::Made { access, password };
        dora.command(client_core::Command::Join { room: "vault".to_owned(), entering, start: Start::All });
        while !matches!(next(&heard), (_, Notice::Joined { .. })) {}
    }

    /// Where a secret is found, in any of the forms in which it might be written down.
    fn find(&self, secret: &str) -> Vec<String> {
        let mut forms = vec![secret.as_bytes().to_vec(), hex(secret.as_bytes()).into_bytes()];
        forms.extend(unhex(secret.trim_start_matches("cwt_").trim_start_matches("cwi_")));
        let homes = [self.site.data(), self.scratch.path().join("server"), self.scratch.path().join("homes")];
        let files: BTreeSet<_> = homes.iter().flat_map(|home| files(home)).collect();
        let mut found: Vec<_> = files
            .iter()
            .filter(|file| std::fs::read(file).is_ok_and(|octets| forms.iter().any(|form| contains(&octets, form))))
            .map(|file| file.display().to_string())
            .collect();
        found.extend(forms.iter().any(|form| contains(&self.log, form)).then(|| "a log".to_owned()));
        found
    }
}

#[test]
fn no_secret_is_on_disk_or_in_a_log_in_clear() {
    use std::os::unix::fs::MetadataExt as _;
    let mut scene = Scene::new();
    let server = scene.site.start();
    scene.play();
    // Killed, so that what was said is in SQLite's log still.
    scene.end(server);
    assert!(contains(&scene.log, b"TRACE"), "everything is logged");
    for (what, secret) in &scene.secrets {
        assert_eq!(scene.find(secret), [""; 0], "the {what} is in clear");
    }
    let found = scene.find(MESSAGE);
    assert!(found.iter().any(|file| file.contains(FILE)), "the scan finds what is there: {found:?}");
    assert!(!found.contains(&"a log".to_owned()), "nobody's words are logged");
    for file in files(&scene.scratch.path().join("homes")).iter().chain(&files(&scene.site.data())) {
        let mode = std::fs::metadata(file).expect("a file").mode() & 0o077;
        assert_eq!(mode, 0, "{}: it is its owner's", file.display());
    }
}

#[test]
fn a_thief_of_the_database_can_log_in_by_nothing_in_it() {
    let mut scene = Scene::new();
    let server = scene.site.start();
    scene.play();
    let stolen = scene.site.data();
    let mut loot = BTreeSet::new();
    let database = rusqlite::Connection::open(stolen.join(FILE)).expect("a database");
    for sql in ["SELECT hash FROM tokens", "SELECT hash FROM invites"] {
        let mut statement = database.prepare(sql).expect("a table");
        let hashes: Vec<Vec<u8>> =
            statement.query_map((), |row| row.get(0)).and_then(Iterator::collect).expect("readable");
        assert!(!hashes.is_empty() || sql.contains("invites"), "{sql}");
        for hash in hashes {
            loot.extend([hex(&hash), format!("cwt_{}", hex(&hash)), format!("cwi_{}", hex(&hash))]);
        }
    }
    // And whatever else in the files looks like a secret.
    for file in [FILE.to_owned(), format!("{FILE}-wal")] {
        let octets = std::fs::read(stolen.join(file)).unwrap_or_default();
        let is_part = |octet: &u8| octet.is_ascii_hexdigit() || *octet == b'_';
        let long = octets.split(|octet| !is_part(octet)).filter(|run| run.len() >= 32 && run.len() <= 128);
        loot.extend(long.map(|run| String::from_utf8_lossy(run).into_owned()));
    }
    let hash: String =
        database.query_row("SELECT phc FROM accounts WHERE name = 'ann'", (), |row| row.get(0)).expect("a password");
    drop(database);
    for (at, secret) in loot.iter().enumerate() {
        let file = scene.file("stolen.token", secret);
        let thief = format!("thief{at}");
        expect(&scene.client(&thief, &["send", "--token-file", &file, "--room", "lobby", "I am ann"], ""), 5);
    }
    let file = scene.file("stolen.password", &hash);
    expect(&scene.client("thief", &["login", "--name", "ann", "--password-file", &file], ""), 5);
    // The token itself is as good as ever.
    let token = scene.scratch.path().join("ci.token").display().to_string();
    expect(&scene.client("ci", &["send", "--token-file", &token, "--room", "lobby", "still me"], ""), 0);
    scene.end(server);
}

/// Runs a command that reads this.
fn with_input(command: &mut Command, input: &str) -> Output {
    use std::io::Write as _;
    use std::process::Stdio;
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the command starts");
    // One that ends before it has read everything says why.
    let _ = child.stdin.take().expect("piped").write_all(input.as_bytes());
    child.wait_with_output().expect("it can be waited for")
}

#[track_caller]
fn expect(output: &Output, code: i32) {
    let said: Vec<_> = said(output).lines().filter(|line| line.starts_with("chinwag")).map(str::to_owned).collect();
    assert_eq!(output.status.code(), Some(code), "{said:#?}\n{}", String::from_utf8_lossy(&output.stdout));
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("readable") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.is_file() {
            found.push(path);
        }
    }
    found
}

fn contains(octets: &[u8], wanted: &[u8]) -> bool {
    octets.windows(wanted.len()).any(|window| window == wanted)
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if text.len() < 32 || !text.bytes().all(|octet| octet.is_ascii_hexdigit()) {
        return None;
    }
    (0..text.len() / 2).map(|at| u8::from_str_radix(&text[at * 2..at * 2 + 2], 16).ok()).collect()
}
