//! Settings: a flag before the environment before the file; what is wrong with a file; what a running server takes of it.

use rustix::process::Signal;

use crate::process::{Ended, Scratch};

/// Writes somebody's file of settings.
fn write(scratch: &Scratch, whose: &str, text: &str) {
    std::fs::create_dir_all(scratch.home(whose)).expect("made");
    std::fs::write(scratch.home(whose).join("config.toml"), text).expect("written");
}

fn config(scratch: &Scratch, args: &[&str], env: &[(&str, &str)]) -> Ended {
    scratch.chinwag_with("ann", &[&["config"], args].concat(), env).end()
}

#[test]
fn a_flag_comes_before_the_environment_and_that_before_the_file() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let text = format!("[client]\nserver = \"{}\"\naccept-new = true\nname = \"of-the-file\"\n", server.addr);
    write(&scratch, "ann", &text);
    let send = |args: &[&str], env: &[(&str, &str)]| {
        let args = [&["send", "--room", "lobby"], args, &["hello"]].concat();
        scratch.chinwag_with("ann", &args, env).end().expect(0, &[]);
    };
    send(&[], &[]);
    let read = |whose: &str| {
        let tail = ["tail", "--server", &server.addr, "--accept-new", "--room", "lobby", "--all", "--count", "1"];
        scratch.chinwag(whose, &tail).end().out
    };
    assert!(read("bob").contains("of-the-file: hello"));
    // Without a connection it is the command line that tells whom it would have been.
    let refused = |args: &[&str], env: &[(&str, &str)]| {
        let args = [&["send", "--room", "lobby"], args, &["hello"]].concat();
        scratch.chinwag_with("ann", &args, env).end()
    };
    refused(&[], &[("CHINWAG_NAME", "of the environment")]).expect(2, &["of the environment"]);
    refused(&["--name", "of the flag"], &[("CHINWAG_NAME", "of the environment")]).expect(2, &["of the flag"]);
    refused(&["--accept-new=no"], &[("CHINWAG_NAME", "")]).expect(0, &[]);
}

#[test]
fn a_profile_is_a_set_of_settings_and_bare_chinwag_goes_to_its_server() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let text = format!("[profile.lab]\nserver = \"{}\"\nname = \"ann\"\naccept-new = true\n", server.addr);
    write(&scratch, "ann", &text);
    let mut chat = scratch.chinwag("ann", &["--profile", "lab"]);
    chat.write("from the profile");
    chat.until("ann: from the profile");
    chat.end().expect(0, &[]);
    let ended = scratch.chinwag("ann", &["chat", "--profile", "home"]).end();
    ended.expect(3, &["no profile `home`", "it has: lab"]);
}

#[test]
fn a_file_that_makes_no_sense_is_exit_3_with_its_line_and_what_is_meant() {
    let scratch = Scratch::new();
    let check = |text: &str| {
        write(&scratch, "ann", text);
        config(&scratch, &["check"], &[])
    };
    let sound = check("[serve]\nallow = [\"10.0.0.0/8\"]\n");
    sound.expect(0, &[]);
    assert!(sound.out.contains("config.toml is sound"), "{}", sound.out);
    check("[client]\n\nroon = \"lobby\"\n").expect(3, &["config.toml, line 3", "no key `roon`", "`room` may be meant"]);
    check("[serve]\ndurability = \"tape\"\n").expect(3, &["line 2: durability", "'tape'", "fsync, os, memory"]);
    check("[profile.x]\nweather = \"fog=1\"\n").expect(3, &["line 2: weather", "fog"]);
    check("[serve]\nallow = [\"lan\"]\n").expect(3, &["line 2: allow: `lan` is no network"]);
    check("[serve]\nmessage-rate = \"many\"\n").expect(3, &["line 2", "a whole number"]);
    check("[serve\n").expect(3, &["line 1"]);
    // It is no file to go on with, either.
    scratch.chinwag("ann", &["rooms"]).end().expect(3, &["line 1"]);
    config(&scratch, &["check", "--config", "/nowhere/config.toml"], &[]).expect(3, &["no file /nowhere/config.toml"]);
}

#[test]
fn what_is_called_sound_is_a_file_that_every_command_goes_on_with() {
    let scratch = Scratch::new();
    for (section, key, value, meant) in [
        ("client", "name", "\"a b\"", "only letters, digits"),
        ("client", "name", "\"\"", "at least one letter"),
        ("client", "server", "\":::\"", "[2001:db8::1]:24469"),
        ("profile.x", "room", "\"bad room!\"", "only letters, digits"),
        ("client", "timeout", "\"soon\"", "expected a number"),
        ("serve", "allow", "[\"10.0.0.0/99\"]", "write 10.0.0.0/8"),
        ("serve", "hidden", "5", "true or false"),
        ("tui", "theme", "\"drak\"", "dark, light, 16, none"),
        ("tui", "notify", "\"loud\"", "off, bell, osc9, osc777, desktop"),
        ("tui", "notify-about", "\"some\"", "mentions, all, none"),
        ("tui", "notify-rules", "[\"ops=all\"]", "write #ROOM=all"),
    ] {
        write(&scratch, "ann", &format!("[{section}]\n\n{key} = {value}\n"));
        config(&scratch, &["check"], &[]).expect(3, &["config.toml, line 3", meant]);
        config(&scratch, &["show"], &[]).expect(3, &["config.toml, line 3", meant]);
        scratch.chinwag("ann", &["rooms"]).end().expect(3, &["config.toml, line 3", meant]);
    }
    // What lies outside of the file is looked at when it is asked about, and by the command that wants it.
    for (section, key, value, meant) in [
        ("profile.x", "token-file", "\"none\"", "No such file"),
        ("client", "join-key-file", "\"none\"", "can't read"),
        ("serve", "listen", "\"no such host\"", "unknown host"),
        ("serve", "admission-file", "\"none\"", "No such file"),
        ("serve", "metrics", "\"0.0.0.0:9000\"", "127.0.0.1:9000, or add --metrics-public"),
    ] {
        write(&scratch, "ann", &format!("[{section}]\n\n{key} = {value}\n"));
        config(&scratch, &["check"], &[]).expect(3, &["config.toml, line 3", key, meant]);
        if section == "serve" {
            scratch.chinwag("ann", &["serve"]).end().expect(3, &["config.toml, line 3", key, meant]);
        }
    }
    write(
        &scratch,
        "ann",
        "[serve]\nmetrics = \"0.0.0.0:9000\"\nmetrics-public = true\njoin-key-file = \"none-yet\"\n",
    );
    config(&scratch, &["check"], &[]).expect(0, &[]);
}

#[test]
fn what_the_environment_says_wrong_is_said_of_it() {
    let scratch = Scratch::new();
    let rooms = |env| scratch.chinwag_with("ann", &["rooms"], &[env]).end();
    rooms(("CHINWAG_TIMEOUT", "abc"))
        .expect(2, &["CHINWAG_TIMEOUT: invalid value 'abc': a number of seconds is meant"]);
    rooms(("CHINWAG_NAME", "a b")).expect(2, &["CHINWAG_NAME: \"a b\"", "only letters"]);
    let typed = scratch.chinwag_with("ann", &["rooms", "--timeout", "soon"], &[("CHINWAG_TIMEOUT", "1")]).end();
    typed.expect(2, &["'soon' for '--timeout"]);
    // Half of what holds is nothing to go by.
    let shown = config(&scratch, &["show"], &[("CHINWAG_ACCEPT_NEW", "maybe")]);
    shown.expect(2, &["CHINWAG_ACCEPT_NEW: invalid value 'maybe': yes or no is meant"]);
    assert!(shown.out.is_empty() && !shown.err.contains("For more"), "{}\n{}", shown.out, shown.err);
    scratch.chinwag("ann", &["chat", "--profile", "lab"]).end().expect(3, &["it has none: [profile.NAME]"]);
}

#[test]
fn show_says_what_holds_where_nothing_was_set() {
    let scratch = Scratch::new();
    let shown = config(&scratch, &["show"], &[]);
    shown.expect(0, &[]);
    let has = |line: &str| {
        assert!(shown.out.lines().any(|said| said.split_whitespace().eq(line.split_whitespace())), "{}", shown.out)
    };
    has("room = \"lobby\" # the default");
    has("accept-new = \"no\" # the default");
    has("notify-about = \"mentions\" # the default");
    has("durability = \"fsync\" # the default");
    has("# listen # not set");
}

#[test]
fn show_says_what_holds_and_where_that_was_said() {
    let scratch = Scratch::new();
    let text = "[client]\nname = \"ann\"\n\n[serve]\ndeny = [\"10.0.0.1\", \"10.0.0.2\"]\n\n[tui]\ntheme = \"light\"\nnotify = \"osc9\"\n\
                notify-rules = [\"#ops=all\", \"@ci=none\"]\n";
    write(&scratch, "ann", text);
    let env = [("CHINWAG_ROOM", "tea"), ("CHINWAG_SERVE_ALLOW", "10.0.0.0/8,::1"), ("CHINWAG_NOTIFY", "desktop")];
    let shown = config(&scratch, &["show"], &env);
    shown.expect(0, &[]);
    let has = |line: &str| {
        assert!(shown.out.lines().any(|said| said.split_whitespace().eq(line.split_whitespace())), "{}", shown.out)
    };
    has("name = \"ann\" # line 2");
    has("room = \"tea\" # the environment");
    has("theme = \"light\" # line 8");
    has("notify = \"desktop\" # the environment");
    has("notify-rules = [\"#ops=all\", \"@ci=none\"] # line 10");
    has("deny = [\"10.0.0.1\", \"10.0.0.2\"] # line 5");
    has("allow = [\"10.0.0.0/8\", \"::1\"] # the environment");
}

#[test]
fn a_running_server_takes_what_it_can_says_what_waits_and_survives_a_bad_file() {
    let scratch = Scratch::new();
    write(&scratch, "server", "[serve]\nname = \"lab\"\n");
    let mut server = scratch.server(&[]);
    let send = || {
        let args = ["send", "--server", &server.addr, "--accept-new", "--timeout", "2", "--room", "lobby", "hello"];
        scratch.chinwag("ann", &args).end().code
    };
    assert_eq!(send(), Some(0));
    write(&scratch, "server", "[serve]\nname = \"attic\"\nlisten = \"[::]:1\"\ndeny = [\"127.0.0.0/8\"]\n");
    server.process.signal(Signal::HUP);
    let said = server.process.until_error("read the settings again");
    // What the command line says itself is no news.
    assert!(said.contains("waits for a restart: name") && !said.contains("listen"), "{said}");
    assert_ne!(send(), Some(0));
    write(&scratch, "server", "[serve]\ndeny = [\"nobody\"]\n");
    server.process.signal(Signal::HUP);
    server.process.until_error("`nobody` is no network; write");
    assert_ne!(send(), Some(0), "everything stays as it was");
    write(&scratch, "server", "[serve]\nname = \"lab\"\n");
    server.process.signal(Signal::HUP);
    server.process.until_error("read the settings again");
    assert_eq!(send(), Some(0));
}

#[test]
fn the_first_run_leaves_a_file_of_comments() {
    let scratch = Scratch::new();
    let _server = scratch.server(&[]);
    let text = std::fs::read_to_string(scratch.home("server").join("config.toml")).expect("written");
    assert!(text.contains("[serve]") && text.contains("# allow = "), "{text}");
}
