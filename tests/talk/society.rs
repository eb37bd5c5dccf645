//! Scenes of accounts, of rooms with rules, and of what is kept while somebody is away.

use std::time::Duration;

use chinwag::client_core::{self as client, Ask, Command, Entering, Login, Reads, Start};
use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::{Access, Act, Away, Body, Fact, Position, Role, Secret};

use crate::town::Town;

fn secret(text: &str) -> Secret {
    Secret::from(text.to_owned())
}

fn act(act: Act) -> Body {
    Body::Act(act)
}

#[test]
fn an_account_is_registered_once_and_entered_from_other_devices_by_its_password() {
    let mut town = Town::new(40);
    let config = |name: &str, login| client::Config { login, device: "laptop".into(), ..client::Config::new(name) };
    let register = Login::Register { password: Some(secret("correct horse")), invite: None };
    town.start_with("ann", config("ann", register.clone()));
    town.run_ms(1_000);
    assert_eq!(town.seen(), ["ann: up", "ann: logged in as ann at town"]);
    town.crash_server();
    town.start_server();
    town.run_ms(5_000);
    assert!(town.seen().contains(&"ann: logged in as ann at town".into()), "by the device's key, not as a new one");

    town.start_with("phone", config("ann", Login::Enrol { password: secret("battery staple") }));
    town.run_ms(1_000);
    assert!(town.seen().contains(&"phone: login refused: PasswordWrong".into()));
    let (name, login) = ("Ann".to_owned(), Login::Enrol { password: secret("correct horse") });
    town.command("phone", Command::Identify { name, login });
    town.run_ms(1_000);
    assert_eq!(town.seen_by("phone"), ["logged in as ann at town"]);
    town.ask("phone", 1, Ask::Devices);
    town.run_ms(200);
    assert!(town.seen_by("phone")[0].matches("laptop").count() == 2, "both are of the account");

    town.start_with("other", config("ann", register));
    town.run_ms(1_000);
    assert!(town.seen().contains(&"other: login refused: NameTaken".into()));
}

#[test]
fn what_was_said_and_not_answered_outlives_the_program() {
    let mut town = Town::new(41);
    town.gather(&["ann", "bob"], "lobby");
    town.cut("bob", true);
    town.run_ms(20_000);
    town.say("bob", "lobby", 1, "one");
    town.say("bob", "lobby", 2, "two");
    town.command("bob", Command::say(3, "@ann".into(), "psst".into()));
    town.kill("bob");
    assert_eq!(town.kept("bob"), 3);
    town.cut("bob", false);
    town.seen();
    town.start("bob");
    town.run_ms(2_000);
    let from_before: Vec<_> = town.seen_by("bob").into_iter().filter(|line| line.contains("from before")).collect();
    assert_eq!(
        from_before,
        [
            "#lobby from before: Text(\"one\") Ok(RoomSeq(1))",
            "#lobby from before: Text(\"two\") Ok(RoomSeq(2))",
            "@ann from before: Text(\"psst\") Ok(RoomSeq(1))"
        ]
    );
    assert_eq!(
        (town.texts("ann", "#lobby"), town.texts("ann", "@bob")),
        (vec!["one".into(), "two".into()], vec!["psst".into()])
    );
    assert_eq!(town.kept("bob"), 0);
    assert_eq!(town.texts("bob", "#lobby"), [""; 0], "nobody asked for that room yet");
    town.join("bob", "lobby");
    town.run_ms(2_000);
    assert_eq!(town.texts("bob", "#lobby"), ["one", "two"]);
}

#[test]
fn what_the_server_had_already_is_not_there_twice() {
    for seed in 42..52 {
        let mut town = Town::new(seed);
        town.weather("loss=20%,delay=1ms");
        town.gather(&["ann", "bob"], "lobby");
        town.run_ms(3_000);
        // The server takes them all, and its answers never arrive.
        town.disk = Some(Duration::from_millis(40));
        for n in 0..20 {
            town.say("bob", "lobby", n, &n.to_string());
            town.run_ms(2);
        }
        town.run_ms(seed % 3 * 20);
        town.kill("bob");
        town.run_ms(1_000);
        town.disk = Some(Duration::ZERO);
        for _ in 0..3 {
            town.start("bob");
            town.run_ms(100);
            town.kill("bob");
        }
        town.start("bob");
        town.run_ms(10_000);
        let texts: Vec<_> = (0..20).map(|n| n.to_string()).collect();
        assert_eq!(town.texts("ann", "#lobby"), texts, "seed {seed}");
        assert_eq!(town.kept("bob"), 0, "seed {seed}");
    }
}

#[test]
fn what_a_dead_program_left_is_sent_by_one_that_runs() {
    let mut town = Town::new(53);
    town.gather(&["ann", "bob"], "lobby");
    let posts = {
        town.cut("ann", true);
        town.run_ms(20_000);
        town.say("ann", "lobby", 1, "left behind");
        town.take_kept("ann")
    };
    town.cut("ann", false);
    town.kill("ann");
    town.start("ann");
    town.command("ann", Command::Adopt(posts));
    town.run_ms(2_000);
    assert_eq!(town.texts("bob", "#lobby"), ["left behind"], "it is one message, however often it is adopted");
}

#[test]
fn entries_of_every_kind_arrive() {
    let mut town = Town::new(54);
    town.gather(&["ann", "bob"], "lobby");
    town.say("bob", "lobby", 1, "helo");
    town.run_ms(100);
    let first = RoomSeq(1);
    town.post("bob", "lobby", 2, Body::Edit { of: first, text: "hello".into() });
    town.post("ann", "lobby", 3, Body::Reply { to: first, text: "hi".into() });
    town.run_ms(100);
    town.post("ann", "lobby", 4, Body::React { of: first, emoji: "👍".into(), is_set: true });
    town.post("ann", "lobby", 5, Body::Topic("greetings".into()));
    town.post("bob", "lobby", 6, Body::Edit { of: RoomSeq(3), text: "not mine".into() });
    town.post("bob", "lobby", 7, Body::Delete { of: first });
    town.run_ms(100);
    let seen = town.seen();
    let has = |what: &str| assert!(seen.iter().any(|line| line.contains(what)), "{what}: {seen:?}");
    has("bob: 6 refused: NotYours");
    has("ann: #lobby 2 bob> Edit");
    has("bob: #lobby 3 ann> Reply");
    has("bob: #lobby 4 ann> React");
    has("Topic(\"greetings\")");
    has("ann: #lobby 6 bob> Delete");
}

#[test]
fn who_is_put_out_stays_out_until_asked_back() {
    let mut town = Town::new(55);
    town.start("ann");
    town.create("ann", "club", Access::Invite, None);
    town.start("eve");
    town.run_ms(200);
    town.seen();
    town.join("eve", "club");
    town.run_ms(200);
    assert_eq!(town.seen(), ["eve: join #club: denied, NotInvited"]);
    town.post("ann", "club", 1, act(Act::Invite { who: "eve".into() }));
    town.run_ms(200);
    assert!(town.seen().contains(&"eve: invited to #club".into()));
    town.join("eve", "club");
    town.run_ms(200);
    assert!(town.seen().iter().any(|line| line.starts_with("eve: in #club")));
    town.post("ann", "club", 2, act(Act::Kick { who: "eve".into() }));
    town.run_ms(200);
    assert!(town.seen().contains(&"eve: out of #club".into()));
    town.say("eve", "club", 1, "let me in");
    assert_eq!(town.seen(), ["eve: 1 refused: NotMember"]);
    town.crash_server();
    town.start_server();
    town.run_ms(5_000);
    let seen = town.seen();
    assert!(seen.contains(&"eve: logged in as eve at town".into()));
    assert!(!seen.iter().any(|line| line.starts_with("eve: in #club") || line.contains("denied")), "{seen:?}");
}

#[test]
fn rooms_have_doors() {
    let mut town = Town::new(56);
    for name in ["ann", "bob"] {
        town.start(name);
    }
    let password = Some(secret("open sesame"));
    town.create("ann", "vault", Access::Password, password);
    town.run_ms(200);
    town.seen();
    town.join("bob", "vault");
    town.run_ms(200);
    assert_eq!(town.seen(), ["bob: join #vault: denied, RoomPasswordNeeded"]);
    let unlock = |password| Command::Join {
        room: "#Vault".into(),
        entering: Entering::Locked(secret(password)),
        start: Start::CHAT,
    };
    town.command("bob", unlock("sesame open"));
    town.run_ms(1_000);
    assert_eq!(town.seen(), ["bob: join #vault: denied, PasswordWrong"]);
    town.command("bob", unlock("open sesame"));
    town.run_ms(1_000);
    assert!(town.seen().iter().any(|line| line.starts_with("bob: in #vault")));
    town.crash_server();
    town.start_server();
    town.run_ms(5_000);
    assert!(town.seen().iter().any(|line| line.starts_with("bob: in #vault")), "a member needs no password");
    town.create("bob", "VAULT", Access::Public, None);
    assert_eq!(town.seen(), ["bob: create VAULT: denied, RoomTaken"]);
}

#[test]
fn pages_come_over_bulk_and_lists_too() {
    let mut town = Town::new(57);
    town.gather(&["ann", "bob"], "lobby");
    for n in 1..=5 {
        town.say("ann", "lobby", n, &format!("message {n}"));
    }
    town.run_ms(200);
    town.seen();
    let position = Position::Before(RoomSeq(5));
    town.ask("bob", 1, Ask::History { room: "#lobby".into(), position, count: 2 });
    town.run_ms(200);
    let seen = town.seen_by("bob");
    assert!(seen[0].starts_with("1 answered: Ok(History { room: \"#lobby\""), "{seen:?}");
    assert!(seen[0].contains("message 3") && seen[0].contains("message 4") && seen[0].contains("is_more: true"));
    assert!(!seen[0].contains("message 2") && !seen[0].contains("message 5"));
    let search = |words: &str| Ask::Search { room: None, words: words.into(), after: None, count: 10 };
    town.ask("bob", 2, search("message 4"));
    town.ask("bob", 3, search(" "));
    town.ask("bob", 4, Ask::Rooms { after: String::new() });
    town.ask("bob", 5, Ask::Members { room: "lobby".into(), after: String::new() });
    town.ask("bob", 6, Ask::Members { room: "elsewhere".into(), after: String::new() });
    town.run_ms(200);
    let seen = town.seen_by("bob");
    let has = |tag: u64, what: &[&str]| {
        let line = seen.iter().find(|line| line.starts_with(&format!("{tag} "))).expect("an answer");
        assert!(what.iter().all(|what| line.contains(what)), "{line}");
    };
    has(2, &["Found", "room: \"#lobby\"", "message 4"]);
    has(3, &["QueryUnfit"]);
    has(4, &["Rooms", "\"lobby\"", "is_member: true"]);
    has(5, &["Members", "\"ann\"", "\"bob\""]);
    has(6, &["NotMember"]);
}

#[test]
fn what_was_asked_is_answered_on_a_later_link() {
    let mut town = Town::new(58);
    town.gather(&["ann"], "lobby");
    town.say("ann", "lobby", 1, "one");
    town.run_ms(200);
    town.crash_server();
    town.run_ms(100);
    town.seen();
    let position = Position::Before(RoomSeq(9));
    town.ask("ann", 1, Ask::History { room: "lobby".into(), position, count: 9 });
    town.ask("ann", 2, Ask::SetPassword { old: None, new: secret("correct horse") });
    town.run_ms(1_000);
    assert!(!town.seen().iter().any(|line| line.contains("answered")));
    town.start_server();
    town.run_ms(5_000);
    let seen = town.seen();
    assert!(seen.iter().any(|line| line.starts_with("ann: 1 answered: Ok(History")), "{seen:?}");
    assert!(seen.contains(&"ann: 2 answered: Err(LinkLost)".into()), "it may have been done: nobody guesses");
}

#[test]
fn the_ladder_and_read_markers() {
    let mut town = Town::new(59);
    town.shows_ladder = true;
    town.gather(&["ann", "bob"], "lobby");
    let reader = client::Config { shown_by_face: true, reads: Reads::Told, ..client::Config::new("cat") };
    town.start_with("cat", reader.clone());
    town.join("cat", "lobby");
    town.run_ms(500);
    town.seen();
    town.say("ann", "lobby", 1, "one");
    town.say("ann", "lobby", 2, "two");
    town.run_ms(2_000);
    let seen = town.seen_by("ann");
    assert!(seen.contains(&"#lobby 2 delivered to 1, read by 0 of 2".into()), "{seen:?}");
    town.command("cat", Command::Shown { room: "#lobby".into(), upto: RoomSeq(1) });
    town.command("cat", Command::Shown { room: "#lobby".into(), upto: RoomSeq(2) });
    town.run_ms(2_000);
    let seen = town.seen_by("ann");
    assert!(seen.contains(&"#lobby 2 delivered to 2, read by 1 of 2".into()), "{seen:?}");
    town.ask("ann", 9, Ask::Delivery { room: "lobby".into(), number: RoomSeq(2) });
    town.run_ms(200);
    assert_eq!(town.seen_by("ann"), ["9 answered: Ok(Delivery(Reach { delivered: 2, read: 1, of: 2 }))"]);

    town.start_second("cat", "tablet");
    town.join("tablet", "lobby");
    town.run_ms(500);
    town.seen();
    town.say("bob", "lobby", 1, "three");
    town.run_ms(500);
    town.command("cat", Command::Shown { room: "#lobby".into(), upto: RoomSeq(3) });
    town.run_ms(1_000);
    assert!(town.seen_by("tablet").contains(&"#lobby read up to 3".into()));
}

#[test]
fn typing_is_seen_and_forgotten() {
    let mut town = Town::new(60);
    town.gather(&["ann", "bob"], "lobby");
    for _ in 0..40 {
        town.command("ann", Command::Typing { room: "lobby".into() });
        town.run_ms(100);
    }
    assert_eq!(town.seen(), ["bob: #lobby ann types: true"]);
    town.run_ms(7_000);
    assert_eq!(town.seen(), ["bob: #lobby ann types: false"]);
    town.command("ann", Command::Typing { room: "lobby".into() });
    town.run_ms(100);
    town.say("ann", "lobby", 1, "said");
    town.run_ms(100);
    assert_eq!(town.seen_by("bob"), ["#lobby ann types: true", "#lobby ann types: false", "#lobby 1 ann> said"]);
}

#[test]
fn who_is_away_says_so_on_every_link() {
    let mut town = Town::new(61);
    town.gather(&["ann", "bob"], "lobby");
    town.command("ann", Command::Away(Away::Away("lunch".into())));
    town.run_ms(1_000);
    assert_eq!(town.seen(), ["bob: #lobby ann Online -> Away: lunch"]);
    town.crash_server();
    town.start_server();
    town.run_ms(8_000);
    town.command("bob", Command::Who { room: "lobby".into() });
    assert!(town.seen().contains(&"bob: #lobby has ann Away, bob Online".into()));
    town.command("ann", Command::Away(Away::Here));
    town.run_ms(1_000);
    assert_eq!(town.seen(), ["bob: #lobby ann Away -> Online"]);
}

#[test]
fn who_is_ignored_is_marked_and_remembered() {
    let mut town = Town::new(62);
    town.gather(&["ann", "eve"], "lobby");
    town.command("ann", Command::Ignore { name: "Eve".into(), is_ignored: true });
    town.say("eve", "lobby", 1, "look at me");
    town.run_ms(200);
    assert_eq!(town.seen_by("ann"), ["#lobby 1 eve(ignored)> look at me"]);
    town.kill("ann");
    town.start("ann");
    town.join("ann", "lobby");
    town.say("eve", "lobby", 2, "hello?");
    town.run_ms(500);
    assert!(town.seen_by("ann").contains(&"#lobby 2 eve(ignored)> hello?".into()));
}

#[test]
fn moderators_mute_and_give_roles() {
    let mut town = Town::new(63);
    town.start("ann");
    town.create("ann", "club", Access::Public, None);
    town.run_ms(200);
    town.start("bob");
    town.join("bob", "club");
    town.run_ms(200);
    town.seen();
    town.post("bob", "club", 1, act(Act::Mute { who: "ann".into(), until: None }));
    town.run_ms(200);
    assert_eq!(town.seen(), ["bob: 1 refused: NotAllowed"]);
    town.post("ann", "club", 2, act(Act::Mute { who: "bob".into(), until: None }));
    town.run_ms(200);
    town.say("bob", "club", 3, "mmh");
    town.run_ms(200);
    assert!(town.seen().contains(&"bob: 3 refused: Muted".into()));
    town.post("ann", "club", 4, act(Act::Unmute { who: "bob".into() }));
    town.post("ann", "club", 5, act(Act::Role { who: "bob".into(), role: Role::Moderator }));
    town.run_ms(200);
    town.post("bob", "club", 6, act(Act::Set(Fact::Slow(60))));
    town.run_ms(200);
    assert!(town.seen().iter().any(|line| line.starts_with("bob: 6 stored as")));
}
