//! What an operator does to a running server, and sees of it: the local socket, metrics over HTTP.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::process::{Ended, Scratch, Server};

fn admin(scratch: &Scratch, args: &[&str]) -> Ended {
    scratch.chinwag("server", &[&["admin"], args].concat()).end()
}

fn send(scratch: &Scratch, server: &Server, whose: &str) -> Ended {
    let args = ["send", "--server", &server.addr, "--accept-new", "--timeout", "5", "--room", "lobby", "hello"];
    scratch.chinwag(whose, &args).end()
}

/// What a server says over HTTP, with its head.
fn http(addr: &str, request: &str) -> String {
    #[expect(clippy::disallowed_methods, reason = "the program under test has no client for this")]
    let mut stream = TcpStream::connect(addr).expect("it listens");
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut said = String::new();
    stream.read_to_string(&mut said).expect("it answers and closes");
    said
}

/// The samples of a page in the text format of Prometheus; each belongs to a family that was introduced before.
fn samples(page: &str) -> BTreeMap<String, f64> {
    let mut kinds = BTreeMap::new();
    let mut samples = BTreeMap::new();
    for line in page.lines() {
        if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').expect("a name and a kind");
            assert!(kinds.insert(name.to_owned(), kind.to_owned()).is_none(), "{name} twice");
            continue;
        }
        if line.starts_with("# HELP ") {
            continue;
        }
        let (name, value) = line.rsplit_once(' ').expect("a sample");
        let bare = name.split('{').next().expect("a name");
        let stem = ["_bucket", "_sum", "_count"].iter().find_map(|end| bare.strip_suffix(end));
        let is_histogram = stem.is_some_and(|stem| kinds.get(stem).is_some_and(|kind| kind == "histogram"));
        assert!(is_histogram || kinds.contains_key(bare), "{line} belongs to nothing");
        let value = value.parse().expect("a number");
        assert!(samples.insert(name.to_owned(), value).is_none(), "{name} twice");
    }
    samples
}

/// Prometheus's own reader finds nothing to complain of, where it is installed.
#[expect(clippy::print_stdout, reason = "a test that can't be run says so")]
fn is_clean_to_prometheus(page: &str) {
    let mut command = Command::new("promtool");
    command.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(why) => return println!("skipped: no promtool here ({why})"),
    };
    child.stdin.take().expect("piped").write_all(page.as_bytes()).expect("it reads");
    let ended = child.wait_with_output().expect("it ends");
    let said = [ended.stdout, ended.stderr].concat();
    assert!(ended.status.success() && said.is_empty(), "{}", String::from_utf8_lossy(&said));
}

#[test]
fn metrics_are_counted_where_prometheus_asks() {
    let scratch = Scratch::new();
    let mut server = scratch.server(&["--metrics", "127.0.0.1:0"]);
    let told = server.process.until_error("metrics at http://");
    let addr =
        told.split("http://").nth(1).and_then(|rest| rest.strip_suffix("/metrics")).expect("an address").to_owned();
    send(&scratch, &server, "ann").expect(0, &[]);
    let said = http(&addr, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    let (head, page) = said.split_once("\r\n\r\n").expect("a head and a page");
    assert!(head.starts_with("HTTP/1.1 200 OK") && head.contains("text/plain; version=0.0.4"), "{head}");
    assert!(head.contains(&format!("Content-Length: {}", page.len())), "{head}");
    is_clean_to_prometheus(page);
    let counted = samples(page);
    let at_least = |name: &str, least: f64| assert!(counted[name] >= least, "{name} in\n{page}");
    at_least("chinwag_entries_stored_total", 1.0);
    at_least("chinwag_rooms", 1.0);
    at_least("chinwag_accounts", 1.0);
    at_least("chinwag_members", 1.0);
    at_least("chinwag_datagrams_received_total", 3.0);
    at_least("chinwag_received_bytes_total", 500.0);
    at_least("chinwag_link_acknowledged_total", 1.0);
    at_least("chinwag_rtt_seconds_count", 1.0);
    at_least("chinwag_store_commit_seconds_count", 2.0);
    assert_eq!(counted["chinwag_rtt_seconds_count"], counted["chinwag_rtt_seconds_bucket{le=\"+Inf\"}"]);
    assert!(counted.contains_key("chinwag_queue_length{queue=\"commits\"}"));
    // Of sessions that are gone the counters stay: a counter never falls.
    send(&scratch, &server, "bob").expect(0, &[]);
    let later = samples(http(&addr, "GET /metrics HTTP/1.0\r\n\r\n").split_once("\r\n\r\n").expect("a page").1);
    for (name, value) in counted.iter().filter(|(name, _)| name.ends_with("_total") || name.ends_with("_count")) {
        assert!(later[name] >= *value, "{name} fell from {value} to {}", later[name]);
    }
    for (request, answer) in [
        ("GET / HTTP/1.1\r\n\r\n", "404"),
        ("POST /metrics HTTP/1.1\r\n\r\n", "405"),
        ("nonsense\r\n\r\n", "400"),
        ("HEAD /metrics HTTP/1.1\r\n\r\n", "200"),
    ] {
        assert!(http(&addr, request).starts_with(&format!("HTTP/1.1 {answer}")), "{request}");
    }
    let long = format!("GET /{} HTTP/1.1\r\n", "x".repeat(4_096));
    assert!(http(&addr, &long).starts_with("HTTP/1.1 400"));
}

#[test]
fn metrics_for_others_are_asked_for_by_name() {
    let scratch = Scratch::new();
    let refused = scratch.chinwag("server", &["serve", "--listen", "127.0.0.1:0", "--metrics", "0.0.0.0:0"]).end();
    refused.expect(2, &["--metrics-public", "127.0.0.1:0"]);
    let mut server = scratch.server(&["--metrics", "0.0.0.0:0", "--metrics-public"]);
    server.process.until_error("metrics at http://0.0.0.0:");
}

#[test]
fn who_is_banned_stays_out_also_after_a_restart() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    send(&scratch, &server, "ann").expect(0, &[]);
    send(&scratch, &server, "eve").expect(0, &[]);
    admin(&scratch, &["ban", "nobody"]).expect(7, &["there is no account nobody"]);
    admin(&scratch, &["ban", "eve"]).expect(0, &[]);
    send(&scratch, &server, "eve").expect(7, &["banned"]);
    send(&scratch, &server, "ann").expect(0, &[]);
    server.process.signal(rustix::process::Signal::TERM);
    server.process.end().expect(0, &[]);
    let server = scratch.server_at("127.0.0.1:0", &[]);
    send(&scratch, &server, "eve").expect(7, &["banned"]);
    admin(&scratch, &["unban", "eve"]).expect(0, &[]);
    admin(&scratch, &["unban", "eve"]).expect(7, &["eve is not banned"]);
    send(&scratch, &server, "eve").expect(0, &[]);
    server.process.signal(rustix::process::Signal::TERM);
    server.process.end().expect(0, &[]);
    // The same of a server that does not run.
    admin(&scratch, &["ban", "Eve"]).expect(0, &[]);
    admin(&scratch, &["ban", "nobody"]).expect(7, &["there is no account nobody"]);
    let server = scratch.server_at("127.0.0.1:0", &[]);
    send(&scratch, &server, "eve").expect(7, &["banned"]);
}

#[test]
fn an_invitation_leads_to_the_server_that_runs_and_past_its_join_key() {
    let scratch = Scratch::new();
    let [key, other] = ["server.join", "other.join"].map(|name| scratch.home(name).to_str().expect("UTF-8").to_owned());
    let server = scratch.server(&["--join-key-file", &key, "--register", "invite"]);
    std::fs::write(&other, "ab".repeat(32)).expect("written");
    let made = admin(&scratch, &["invite"]);
    made.expect(0, &["127.0.0.1 is this machine only", "--host says another address", "carries the server's join key"]);
    assert!(made.out.starts_with(&format!("chinwag://{}/#", server.addr)), "{}", made.out);
    // It is all that a new device has.
    let register = |link: &str| {
        let args = ["register", "--server", link, "--name", "ann", "--no-password", "--timeout", "5"];
        scratch.chinwag("ann", &args).end()
    };
    register(&made.out).expect(0, &[]);
    let port = server.addr.rsplit(':').next().expect("a port").to_owned();
    for (host, place) in [
        ("chat.example.org", format!("chat.example.org:{port}")),
        ("chat.example.org:24469", "chat.example.org".to_owned()),
        ("fd00::7", format!("[fd00::7]:{port}")),
        ("[fd00::7]:9000", "[fd00::7]:9000".to_owned()),
    ] {
        let made = admin(&scratch, &["invite", "--host", host]);
        made.expect(0, &[]);
        assert!(made.out.starts_with(&format!("chinwag://{place}/#")), "{}", made.out);
    }
    for wrong in ["bad host:99999", "bad host", "chat/#x", "0.0.0.0", "chat:0"] {
        let refused = admin(&scratch, &["invite", "--host", wrong]);
        refused.expect(2, &["meant"]);
        assert_eq!(refused.out, "", "{wrong}");
    }
    admin(&scratch, &["invite", "--join-key-file", &other]).expect(2, &["another join key"]);
    drop(server);
    let made = admin(&scratch, &["invite", "--host", "10.0.0.7"]);
    made.expect(0, &["no server runs with this home", "--join-key-file"]);
    assert!(made.out.starts_with("chinwag://10.0.0.7/#"), "{}", made.out);
    // What listens everywhere is at an address that means this machine elsewhere, too, if there is one.
    let server = scratch.server_at("0.0.0.0:0", &[]);
    let port = server.addr.rsplit(':').next().expect("a port").to_owned();
    let made = admin(&scratch, &["invite", "--qr"]);
    made.expect(0, &[]);
    let link = made.out.lines().next().expect("a link");
    let place = link.strip_prefix("chinwag://").and_then(|rest| rest.split_once("/#")).expect("a link").0;
    let place: std::net::SocketAddr = place.parse().expect("an address and a port");
    assert!(!place.ip().is_unspecified() && place.port().to_string() == port, "{link}");
    admin(&scratch, &["invite", "--join-key-file", &other]).expect(2, &["asks for no join key"]);
}

#[test]
fn what_is_refused_is_said_in_an_operators_terms() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    send(&scratch, &server, "ann").expect(0, &[]);
    let create = ["token", "create", "ann", "--label", "ci", "--read"];
    admin(&scratch, &create).expect(0, &[]);
    let refused = |args: &[&str], code: i32, said: &[&str]| {
        let ended = admin(&scratch, args);
        ended.expect(code, said);
        assert!(!ended.err.contains("/who") && ended.out.is_empty(), "{args:?}: {} {}", ended.out, ended.err);
    };
    let either_way = || {
        let account: [&str; 2] = ["there is no account nosuch", "`chinwag admin users`"];
        refused(&["delete", "nosuch"], 7, &account);
        refused(&["token", "create", "nosuch", "--label", "x", "--read"], 7, &account);
        let token = ["there is no token nosuch", "`chinwag admin token list`"];
        refused(&["token", "revoke", "nosuch"], 7, &token);
        refused(&["token", "rotate", "nosuch"], 7, &token);
        refused(&create, 7, &["there is a token ci already", "`chinwag admin token rotate ci`"]);
        refused(&["retain", "nosuch", "1d"], 7, &["there is no room #nosuch", "`chinwag admin rooms`"]);
        refused(&["retain", "@bob", "1d"], 2, &["direct messages have no retention"]);
        refused(&["prune", "@bob"], 2, &["direct messages have no retention"]);
    };
    refused(&["kick", "nosuch"], 7, &["there is no account nosuch", "`chinwag admin users`"]);
    either_way();
    server.process.signal(rustix::process::Signal::TERM);
    server.process.end().expect(0, &[]);
    either_way();
}

#[test]
fn the_local_socket_answers_its_owner_in_json() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let socket = scratch.home("server").join("server/admin.sock");
    assert_eq!(std::fs::metadata(&socket).expect("there").permissions().mode() & 0o777, 0o600);
    send(&scratch, &server, "ann").expect(0, &[]);
    let status = admin(&scratch, &["status", "--json"]);
    let status: Value = serde_json::from_str(&status.out).expect("JSON");
    assert_eq!((&status["entries"], &status["accounts"]), (&1.into(), &1.into()));
    assert!(status["acked"].as_u64() >= Some(1) && status["bytes_received"].as_u64() > Some(0), "{status}");
    let reload = |text: &str| {
        std::fs::write(scratch.home("server").join("config.toml"), text).expect("written");
        admin(&scratch, &["reload", "--json"])
    };
    let done = reload("[serve]\nname = \"attic\"\ndeny = [\"10.0.0.0/8\"]\n");
    done.expect(0, &[]);
    assert_eq!(done.out, "{\"done\":true,\"waiting\":[\"name\"]}");
    reload("[serve]\ndeny = 5\n").expect(1, &["line 2", "stays as it was"]);
}

#[test]
fn whoever_asks_nothing_keeps_nobody_waiting() {
    let scratch = Scratch::new();
    let mut server = scratch.server(&["--metrics", "127.0.0.1:0"]);
    let told = server.process.until_error("metrics at http://");
    let addr = told.split("http://").nth(1).and_then(|rest| rest.strip_suffix("/metrics")).expect("an address");
    // Far more than are served at a time begin a question, and go on with it never.
    let halves: Vec<_> = (0..48)
        .map(|_| {
            #[expect(clippy::disallowed_methods, reason = "the program under test has no client for this")]
            let mut stream = TcpStream::connect(addr).expect("it listens");
            stream.write_all(b"GET /metrics HTTP/1.1\r\nHost:").expect("it reads");
            stream
        })
        .collect();
    let said = http(addr, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    assert!(said.starts_with("HTTP/1.1 200 OK"), "{said}");
    let socket = scratch.home("server").join("server/admin.sock");
    let silent: Vec<_> =
        (0..48).map(|_| std::os::unix::net::UnixStream::connect(&socket).expect("it listens")).collect();
    admin(&scratch, &["status"]).expect(0, &[]);
    drop((halves, silent));
}

#[test]
fn what_operators_did_is_on_record_and_who_looked_is_not() {
    let scratch = Scratch::new();
    let mut server = scratch.server(&[]);
    send(&scratch, &server, "ann").expect(0, &[]);
    send(&scratch, &server, "dora").expect(0, &[]);
    send(&scratch, &server, "bob").expect(0, &[]);
    let mut chat = scratch.chinwag("ann", &["chat", "--plain", "--server", &server.addr, "--accept-new"]);
    chat.write("/role bob moderator");
    chat.until("bob");
    chat.end().expect(0, &[]);
    server.process.until_error("made bob a moderator in #lobby, by ann");
    for args in [
        &["ban", "dora"][..],
        &["retain", "lobby", "30d"],
        &["token", "create", "ann", "--label", "ci", "--read", "--room", "lobby"],
        &["users"],
        &["status"],
    ] {
        admin(&scratch, args).expect(0, &[]);
    }
    admin(&scratch, &["kick", "nobody"]).expect(7, &[]);
    server.process.until_error("admin: banned dora");
    server.process.until_error("admin: made token ci");
    server.process.signal(rustix::process::Signal::TERM);
    server.process.end().expect(0, &[]);
    // What is done without a running server is on the same record.
    admin(&scratch, &["unban", "dora"]).expect(0, &[]);
    admin(&scratch, &["prune", "lobby"]).expect(0, &[]);
    let shown = admin(&scratch, &["log"]);
    shown.expect(0, &[]);
    let acts: Vec<_> = shown.out.lines().filter_map(|line| line.split_once(' ')).collect();
    assert!(acts.iter().all(|(at, _)| at.starts_with("20") && at.ends_with('Z')), "{}", shown.out);
    let acts: Vec<_> = acts.iter().map(|(_, act)| *act).collect();
    let user = chinwag::admin::own_user().expect("the system tells");
    let token = "made token ci for ann: may read in #lobby";
    let by_user = |act: &&str| act.strip_suffix(&format!(", by {user}")).unwrap_or(act).to_owned();
    let acts: Vec<_> = acts.iter().map(by_user).collect();
    let role = "made bob a moderator in #lobby, by ann";
    assert_eq!(acts, [role, "banned dora", "set what #lobby keeps: 30d", token, "unbanned dora", "pruned #lobby"]);
    assert!(shown.out.contains(&format!("banned dora, by {user}")), "{}", shown.out);
    let last = admin(&scratch, &["log", "--last", "1", "--json"]);
    let last: Value = serde_json::from_str(&last.out).expect("JSON");
    assert_eq!((&last["act"], &last["by"]), (&"pruned #lobby".into(), &user.as_str().into()));
    let path = scratch.home("server").join("server/audit.log");
    assert_eq!(std::fs::metadata(path).expect("there").permissions().mode() & 0o777, 0o600);
}

#[test]
fn what_is_exported_is_for_its_owner_only_and_a_reader_may_go() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    send(&scratch, &server, "ann").expect(0, &[]);
    let to = scratch.home("all.jsonl");
    let path = to.to_str().expect("UTF-8");
    admin(&scratch, &["export", path]).expect(0, &[]);
    assert_eq!(std::fs::metadata(&to).expect("there").permissions().mode() & 0o777, 0o600);
    let all = std::fs::read_to_string(&to).expect("text");
    assert!(all.contains("\"hello\"") && all.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{all}");
    admin(&scratch, &["export", path]).expect(1, &["is there already, and nothing is overwritten"]);
    assert_eq!(std::fs::read_to_string(&to).expect("text"), all);
    // Where a shell made the file, others may read it: that is said.
    let shell = |line: &str| {
        let mut command = Command::new("sh");
        command.args(["-c", line]).env("CHINWAG_HOME", scratch.home("server"));
        let done = command.output().expect("a shell");
        (done.status.success(), String::from_utf8_lossy(&done.stderr).into_owned())
    };
    let program = env!("CARGO_BIN_EXE_chinwag");
    let (is_done, said) = shell(&format!("umask 022; {program} admin export > {path}.open"));
    assert!(is_done && said.contains("others on this machine can read"), "{said}");
    let (is_done, said) = shell(&format!("{program} admin export | head -c 1 > /dev/null"));
    assert!(is_done && said.is_empty(), "{said}");
}

#[cfg(target_os = "linux")]
#[test]
fn too_few_descriptors_are_named_as_what_is_wrong() {
    let scratch = Scratch::new();
    let serve = |limits: &str| {
        let line = format!("{limits}; exec {} serve --hidden --listen 127.0.0.1:0", env!("CARGO_BIN_EXE_chinwag"));
        let mut command = Command::new("sh");
        command.args(["-c", &line]).env("CHINWAG_HOME", scratch.home("server")).env_remove("RUST_LOG");
        crate::process::Process::start(command)
    };
    serve("ulimit -n 12").end().expect(1, &["may have 12 files and sockets open", "needs 128", "ulimit -n 1024"]);
    // Where more are allowed, they are taken.
    let mut server = serve("ulimit -S -n 12");
    server.until("listening on");
    server.signal(rustix::process::Signal::TERM);
    server.end().expect(0, &[]);
}

#[test]
fn quotas_are_shown_and_changed_and_members_hear_of_theirs() {
    let scratch = Scratch::new();
    let server = scratch.server(&["--account-quota", "2KiB"]);
    let says = |text: &str| {
        let args = ["send", "--server", &server.addr, "--accept-new", "--timeout", "5", "--room", "lobby", text];
        scratch.chinwag("ann", &args).end()
    };
    let quiet = says("hello");
    quiet.expect(0, &[]);
    assert!(!quiet.err.contains("are kept"), "{}", quiet.err);
    says(&"x".repeat(1_200)).expect(0, &["what you wrote uses 1.", "of the 2 KiB that are kept"]);
    says(&"x".repeat(600)).expect(8, &["of the 2 KiB that are kept", "you have written as much as this server keeps"]);
    let shown = admin(&scratch, &["quota"]).out;
    for line in ["of an account: up to 2 KiB", "of a room: up to 8 GiB", "in all: no limit", "NEARLY FULL: account ann"]
    {
        assert!(shown.contains(line), "{line:?} is not in: {shown}");
    }
    let set = admin(&scratch, &["quota", "--account", "1MiB", "--server", "1GiB", "--json"]);
    set.expect(0, &["until the server stops"]);
    let quotas: Value = serde_json::from_str(&set.out).expect("JSON");
    assert_eq!((&quotas["account_bytes"], &quotas["server_bytes"]), (&(1 << 20).into(), &(1 << 30).into()));
    assert_eq!(quotas["near"], serde_json::json!([]));
    says(&"x".repeat(600)).expect(0, &[]);
    assert!(admin(&scratch, &["log"]).out.contains("1048576 octets of an account"));
    // What stands in the settings counts when it is changed there.
    let settings = scratch.home("server").join("config.toml");
    std::fs::write(&settings, "[serve]\nroom-quota = \"1MiB\"\n").expect("written");
    let reloaded = admin(&scratch, &["reload"]);
    reloaded.expect(0, &[]);
    assert_eq!(reloaded.out, "done", "it waits for no restart");
    let shown = admin(&scratch, &["quota"]).out;
    assert!(shown.contains("of an account: up to 1 MiB\nof a room: up to 1 MiB"), "{shown}");
    assert!(admin(&scratch, &["status"]).out.contains("what was said uses"));
}

#[test]
fn a_token_for_what_there_is_not_says_so() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let ann = ["send", "--server", &server.addr, "--accept-new", "--name", "ann", "--room", "lobby", "hello"];
    scratch.chinwag("ann", &ann).end().expect(0, &[]);
    let create = |args: &[&str]| admin(&scratch, &[&["token", "create"], args].concat());
    let made = create(&["ann", "--label", "some", "--read", "--room", "LOBBY", "--room", "nosuch", "--room", "@zoe"]);
    made.expect(
        0,
        &["there is no room #nosuch: the token is of no use there", "there is no account @zoe: the token is"],
    );
    assert!(made.out.starts_with("chinwag://") && !made.err.contains("#LOBBY"), "{}", made.err);
    let made = create(&["ann", "--label", "all", "--read"]);
    assert!(made.code == Some(0) && !made.err.contains("no use"), "{}", made.err);
    create(&["zoe", "--label", "other", "--read", "--room", "lobby"]).expect(7, &["there is no account zoe"]);
}

#[test]
fn where_no_server_is_known_the_token_is_to_blame_that_does_not_say_one() {
    let scratch = Scratch::new();
    let tail = |token: &str| {
        let env = [("CHINWAG_TOKEN", token)];
        scratch.chinwag_with("fresh", &["tail", "--room", "lobby"], &env).end()
    };
    tail("garbage").expect(2, &["the token is not one"]);
    tail("chinwag:garbage").expect(2, &["the token begins like a link, but is not one"]);
    tail("cwt_0123").expect(2, &["the token does not say which server it is for", "--server"]);
    tail(" ").expect(2, &["which server?"]);
}

#[test]
fn an_operator_sees_who_is_banned_what_there_is_not_and_who_took_everything_away() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    for (what, none) in [
        (&["users"][..], "there are no accounts yet"),
        (&["rooms"], "there are no rooms yet"),
        (&["token", "list"], "there are no tokens"),
        (&["peers"], "nobody is connected"),
        (&["log"], "no act of an operator is on record here"),
    ] {
        let asked = admin(&scratch, what);
        asked.expect(0, &[none]);
        assert_eq!(asked.out, "", "programs get nothing");
    }
    send(&scratch, &server, "ann").expect(0, &[]);
    send(&scratch, &server, "bob").expect(0, &[]);
    let banned = || {
        let users = admin(&scratch, &["users"]).out;
        users.lines().filter(|line| line.ends_with(", BANNED")).map(ToOwned::to_owned).collect::<Vec<_>>()
    };
    assert!(banned().is_empty());
    admin(&scratch, &["ban", "bob"]).expect(0, &[]);
    assert!(matches!(&banned()[..], [line] if line.starts_with("bob: ")), "{:?}", banned());
    let export = scratch.home("everything.jsonl").display().to_string();
    admin(&scratch, &["export", &export]).expect(0, &[]);
    let log = admin(&scratch, &["log"]).out;
    assert_eq!(log.lines().count(), 2, "{log}");
    assert!(log.contains("banned bob") && log.contains("exported everything"), "{log}");
    server.process.signal(rustix::process::Signal::INT);
    server.process.end().expect(0, &[]);
    assert_eq!(banned().len(), 1, "whether the server runs or not");
    admin(&scratch, &["unban", "bob"]).expect(0, &[]);
    assert!(banned().is_empty());
}
