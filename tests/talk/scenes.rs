//! Scenes: what a group of people would see.

use chinwag::client_core::{self as client, Command, Start};
use chinwag::server;
use chinwag::store::StoreError;
use std::time::Duration;

use crate::town::Town;

#[test]
fn two_people_talk() {
    let mut town = Town::new(1);
    town.start("ann");
    town.join("ann", "lobby");
    town.run_ms(100);
    assert_eq!(town.seen(), ["ann: up", "ann: logged in as ann at town", "ann: in #lobby after 0 of 0"]);
    town.start("bob");
    town.join("bob", "#Lobby");
    town.run_ms(100);
    assert_eq!(
        town.seen_by_each(),
        ["ann: #lobby bob -> Online", "bob: up", "bob: logged in as bob at town", "bob: in #lobby after 0 of 0"]
    );
    town.say("ann", "#lobby", 1, "hello");
    town.run_ms(100);
    assert_eq!(town.seen_by_each(), ["ann: 1 stored as 1", "ann: #lobby 1 ann*> hello", "bob: #lobby 1 ann> hello"]);
    town.command("bob", Command::Who { room: "lobby".into() });
    assert_eq!(town.seen(), ["bob: #lobby has ann Online, bob Online"]);
    town.command("bob", Command::Quit);
    town.run_ms(1_000);
    assert_eq!(town.seen_by_each(), ["ann: #lobby bob Online -> Left", "bob: stopped"]);
}

#[test]
fn nothing_is_visible_before_it_is_durable() {
    let mut town = Town::new(2);
    town.gather(&["ann", "bob"], "lobby");
    town.disk = None;
    town.say("ann", "lobby", 1, "one");
    town.run_ms(2_000);
    assert_eq!(town.seen(), [""; 0], "the disk has not answered");
    town.disk = Some(Duration::ZERO);
    town.crash_server();
    town.start_server();
    town.run_ms(20_000);
    assert_eq!((town.texts("ann", "#lobby"), town.texts("bob", "#lobby")), (vec!["one".into()], vec!["one".into()]));
}

#[test]
fn one_batch_is_under_way_at_a_time_and_takes_all_that_is_queued() {
    let mut town = Town::new(3);
    town.gather(&["ann", "bob"], "lobby");
    town.disk = Some(Duration::from_millis(50));
    let before = town.commits;
    for n in 0..100 {
        town.say("ann", "lobby", n, &format!("{n}"));
        town.run_ms(1);
    }
    town.run_ms(500);
    assert_eq!(town.texts("bob", "#lobby").len(), 100);
    assert!(town.commits - before <= 5, "100 posts in 100 ms took {} commits of 50 ms", town.commits - before);
}

#[test]
fn everyone_has_everything_once_and_in_one_order_over_a_bad_network() {
    for seed in 10..14 {
        let mut town = Town::new(seed);
        town.weather("loss=25%,delay=5ms");
        for name in ["ann", "bob", "cat", "dan"] {
            town.start(name);
            town.join(name, "lobby");
        }
        for n in 0..100 {
            let name = ["ann", "bob", "cat", "dan"][n as usize % 4];
            town.say(name, "lobby", n, &format!("{name} {n}"));
            town.run_ms(13);
        }
        town.run_ms(10_000);
        let texts = town.texts("ann", "#lobby");
        assert_eq!(texts.len(), 100, "seed {seed}");
        for name in ["bob", "cat", "dan"] {
            assert_eq!(town.texts(name, "#lobby"), texts, "seed {seed}");
        }
        let of_ann: Vec<_> = texts.iter().filter(|text| text.starts_with("ann")).collect();
        let in_order: Vec<_> = (0..100).step_by(4).map(|n| format!("ann {n}")).collect();
        assert_eq!(of_ann, in_order.iter().collect::<Vec<_>>(), "what one person says stays in order");
        let stored = town.seen().iter().filter(|line| line.contains("stored as")).count();
        assert_eq!(stored, 100, "each is answered once");
    }
}

#[test]
fn who_is_killed_and_comes_back_misses_nothing() {
    let mut town = Town::new(4);
    town.gather(&["ann", "bob"], "lobby");
    town.say("ann", "lobby", 1, "one");
    town.run_ms(100);
    town.kill("bob");
    town.say("ann", "lobby", 2, "two");
    town.run_ms(8_500);
    let seen = town.seen();
    assert!(seen.contains(&"ann: #lobby bob Online -> Unreachable".into()), "suspect at 8 s: {seen:?}");
    town.run_ms(7_500);
    let seen = town.seen();
    assert!(seen.contains(&"ann: #lobby bob Unreachable -> Offline".into()), "offline at 12 s: {seen:?}");
    town.say("ann", "lobby", 3, "three");
    town.start("bob");
    town.join("bob", "lobby");
    town.run_ms(200);
    let seen = town.seen();
    assert!(seen.contains(&"ann: #lobby bob Offline -> Online".into()), "no arrival, since nobody was told of a leave");
    let bobs: Vec<_> =
        seen.iter().filter(|line| line.starts_with("bob: in") || line.contains("bob: #lobby ")).collect();
    assert_eq!(bobs, ["bob: in #lobby after 1 of 3", "bob: #lobby 2 ann> two", "bob: #lobby 3 ann> three"]);
}

#[test]
fn who_is_offline_for_long_has_left() {
    let mut town = Town::new(5);
    town.gather(&["ann", "bob"], "lobby");
    town.kill("bob");
    town.run_ms(60_000);
    assert_eq!(
        town.seen_by("ann"),
        ["#lobby bob Online -> Unreachable", "#lobby bob Unreachable -> Offline", "#lobby bob Offline -> Left"]
    );
    town.command("ann", Command::Who { room: "lobby".into() });
    assert_eq!(town.seen(), ["ann: #lobby has ann Online"]);
    town.start("bob");
    town.join("bob", "lobby");
    town.run_ms(100);
    assert_eq!(town.seen_by("ann"), ["#lobby bob -> Online"]);
}

#[test]
fn after_a_restart_everyone_goes_on_and_nothing_is_twice() {
    let mut town = Town::new(6);
    town.gather(&["ann", "bob"], "lobby");
    town.say("ann", "lobby", 1, "one");
    town.run_ms(100);
    town.crash_server();
    town.say("bob", "lobby", 2, "two");
    town.run_ms(1_000);
    town.start_server();
    town.run_ms(5_000);
    assert_eq!(town.texts("ann", "#lobby"), ["one", "two"]);
    assert_eq!(town.texts("bob", "#lobby"), ["one", "two"]);
    let seen = town.seen();
    assert!(seen.contains(&"bob: 2 stored as 2".into()));
    assert!(!seen.iter().any(|line| line.contains("Left") || line.contains("history")), "{seen:?}");
    assert!(!seen.iter().any(|line| line.contains("-> Online")), "nobody left, so nobody arrives: {seen:?}");
}

#[test]
fn a_store_that_forgot_is_said_to_be_another_history() {
    let mut town = Town::new(7);
    town.gather(&["ann"], "lobby");
    town.say("ann", "lobby", 1, "one");
    town.run_ms(100);
    town.crash_server();
    town.store = chinwag::store::memory::Memory::new([99; 32]);
    town.start_server();
    town.run_ms(20_000);
    let seen = town.seen();
    assert!(seen.contains(&"ann: #lobby: history reset".into()), "{seen:?}");
    town.say("ann", "lobby", 2, "again");
    town.run_ms(100);
    assert_eq!(town.seen(), ["ann: 2 stored as 1", "ann: #lobby 1 ann*> again"]);
    assert_eq!(town.cursors("ann"), [("#lobby".into(), 1)]);
}

#[test]
fn what_is_said_offline_is_queued_and_sent_later() {
    let mut town = Town::new(8);
    town.gather(&["ann", "bob"], "lobby");
    town.cut("bob", true);
    town.run_ms(20_000);
    town.seen();
    town.say("bob", "lobby", 7, "still here");
    assert_eq!(town.seen(), ["bob: 7 queued"]);
    town.cut("bob", false);
    town.run_ms(3_000);
    assert_eq!(town.texts("ann", "#lobby"), ["still here"]);
    assert!(town.seen().contains(&"bob: 7 stored as 1".into()));
}

#[test]
fn an_address_change_is_no_event() {
    let mut town = Town::new(9);
    town.gather(&["ann", "bob"], "lobby");
    town.roam("bob", "10.9.9.9:4000");
    town.say("bob", "lobby", 1, "from elsewhere");
    town.run_ms(1_000);
    town.say("ann", "lobby", 2, "welcome");
    town.run_ms(1_000);
    assert_eq!(town.texts("bob", "#lobby"), ["from elsewhere", "welcome"]);
    assert!(town.seen().iter().all(|line| !line.contains("->") && !line.contains("lost")));
}

#[test]
fn direct_messages_find_their_way() {
    let mut town = Town::new(20);
    town.gather(&["ann", "bob"], "lobby");
    town.command("ann", Command::say(1, "@Bob".into(), "psst".into()));
    town.run_ms(200);
    let seen = town.seen();
    assert!(seen.contains(&"bob: @ann 1 ann> psst".into()), "{seen:?}");
    assert!(seen.contains(&"ann: 1 stored as 1".into()), "{seen:?}");
    assert!(seen.contains(&"ann: in @bob after 0 of 0".into()), "{seen:?}");
    town.say("bob", "@ann", 2, "yes?");
    town.run_ms(200);
    assert_eq!(town.texts("ann", "@bob"), ["psst", "yes?"]);

    town.kill("bob");
    town.command("ann", Command::say(3, "@bob".into(), "gone?".into()));
    town.run_ms(1_000);
    town.seen();
    town.start("bob");
    town.run_ms(200);
    assert_eq!(
        town.seen_by("bob"),
        ["up", "logged in as bob at town", "in @ann after 2 of 3", "@ann 3 ann> gone?"],
        "it is in the list of rooms"
    );
    town.command("ann", Command::say(4, "@nobody".into(), "?".into()));
    town.run_ms(200);
    assert_eq!(town.seen(), ["ann: join @nobody: denied, NoSuchAccount", "ann: 4 refused: NoSuchAccount"]);
}

#[test]
fn a_name_belongs_to_its_device() {
    let mut town = Town::new(21);
    town.start("ann");
    town.run_ms(100);
    town.start_with("elsewhere", client::Config::new("ANN"));
    town.run_ms(100);
    assert!(town.seen().contains(&"elsewhere: login refused: NameTaken".into()));
    town.start_with("ann", client::Config::new("other"));
    town.run_ms(100);
    assert!(town.seen().contains(&"ann: login refused: OtherName".into()));
    town.start_with("third", client::Config::new("no name"));
    town.run_ms(100);
    assert!(town.seen().contains(&"third: login refused: NameInvalid".into()));
    town.command("ann", Command::join("a/b".into(), Start::All));
    assert_eq!(town.seen(), ["ann: join a/b: denied, NameInvalid"]);
}

#[test]
fn what_can_not_be_sent_is_refused_at_once() {
    let mut town = Town::new(22);
    town.gather(&["ann"], "lobby");
    town.say("ann", "lobby", 1, "");
    town.say("ann", "lobby", 2, &"x".repeat(65_537));
    town.say("ann", "elsewhere", 3, "hello");
    assert_eq!(town.seen(), ["ann: 1 refused: TextUnfit", "ann: 2 refused: TooLarge", "ann: 3 refused: NotMember"]);
    town.say("ann", "lobby", 4, &"x".repeat(65_536));
    town.run_ms(500);
    assert_eq!(town.texts("ann", "#lobby").concat().len(), 65_536);
}

#[test]
fn who_says_more_than_the_server_takes_in_a_second_waits_and_loses_nothing() {
    let mut town = Town::new(26);
    town.gather(&["ann", "bob"], "lobby");
    (1..=2_024).for_each(|n| town.say("ann", "lobby", n, &format!("{n}")));
    town.run_ms(4_000);
    let early = town.texts("bob", "#lobby").len();
    assert!((1_700..1_900).contains(&early), "{early} of 2,024 messages after 4 s, at 200 a second");
    town.run_ms(1_200);
    assert!(town.texts("bob", "#lobby").into_iter().eq((1..=2_024).map(|n| n.to_string())));
    assert!(!town.seen().iter().any(|line| line.contains("refused")));
}

#[test]
fn a_slow_store_makes_long_posts_wait_and_refuses_none() {
    const ROOMS: u64 = 12;
    let mut town = Town::new(27);
    town.gather(&["ann"], "lobby");
    let room = |n: u64| format!("room{}", n % ROOMS);
    (0..ROOMS).for_each(|n| town.join("ann", &room(n)));
    town.run_ms(200);
    town.seen();
    // More in all than a server holds for a session, and longer than a silent server would be believed in.
    town.disk = Some(Duration::from_secs(40));
    (0..ROOMS * 16).for_each(|n| town.say("ann", &room(n), n, &"x".repeat(65_536)));
    town.run_ms(39_000);
    assert_eq!(town.seen(), Vec::<String>::new(), "it waits, and the server is there");
    town.disk = Some(Duration::ZERO);
    // The account writes as fast as its budget of octets lets it: 12 MiB, of which nearly each octet counts for two.
    town.run_ms(365_000);
    let seen = town.seen();
    let stored = seen.iter().filter(|line| line.contains("stored as")).count() as u64;
    let entries = seen.iter().filter(|line| line.contains("ann*>")).count() as u64;
    assert_eq!((stored, entries), (ROOMS * 16, ROOMS * 16));
    // That it waits for its budget is said once, and nothing else is.
    let rest: Vec<_> = seen.iter().filter(|line| !line.contains("stored as") && !line.contains("ann*>")).collect();
    assert!(matches!(rest[..], [waits] if waits.contains("octets wait, ") && waits.ends_with(" a second")), "{rest:?}");
}

#[test]
fn leaving_waits_for_what_was_said() {
    let mut town = Town::new(23);
    town.gather(&["ann", "bob"], "lobby");
    town.say("bob", "lobby", 1, "bye");
    town.command("bob", Command::Leave { room: "lobby".into() });
    town.say("bob", "lobby", 2, "too late");
    town.run_ms(200);
    assert_eq!(town.seen_by("ann"), ["#lobby 1 bob> bye", "#lobby bob Online -> Left"],);
    town.say("ann", "lobby", 3, "alone");
    town.run_ms(200);
    assert_eq!(town.texts("bob", "#lobby"), ["bye"]);
    town.join("bob", "lobby");
    town.run_ms(200);
    assert_eq!(town.texts("bob", "#lobby"), ["bye", "alone"], "it goes on from where it was left");
    assert!(town.seen().contains(&"ann: #lobby bob -> Online".into()));
}

#[test]
fn history_is_read_from_the_store_and_what_is_skipped_is_said() {
    let mut town = Town::new(24);
    town.gather(&["ann"], "lobby");
    for n in 1..=1_500 {
        town.say("ann", "lobby", n, &format!("{n}"));
        if n % 100 == 0 {
            town.run_ms(100);
        }
    }
    town.run_ms(2_000);
    assert_eq!(town.texts("ann", "#lobby").len(), 1_500);
    town.command("ann", Command::Quit);
    town.run_ms(3_000);

    town.start("bob");
    town.command("bob", Command::join("lobby".into(), Start::All));
    town.run_ms(3_000);
    assert_eq!(town.texts("bob", "#lobby"), (1..=1_500).map(|n| n.to_string()).collect::<Vec<_>>());
    town.start("cat");
    town.join("cat", "lobby");
    town.run_ms(3_000);
    assert_eq!(town.texts("cat", "#lobby"), (1_301..=1_500).map(|n| n.to_string()).collect::<Vec<_>>());
    town.kill("cat");
    for n in 1..=1_100 {
        town.say("bob", "lobby", n, &format!("{}", 1_500 + n));
        if n % 100 == 0 {
            town.run_ms(100);
        }
    }
    town.run_ms(1_000);
    town.seen();
    town.start("cat");
    town.join("cat", "lobby");
    town.run_ms(3_000);
    assert!(town.seen().contains(&"cat: in #lobby after 2400 of 2600, 900 skipped".into()));
}

#[test]
fn a_full_store_refuses_and_recovers() {
    let mut town = Town::new(25);
    town.gather(&["ann"], "lobby");
    town.disk_says = Some(StoreError::Full);
    town.say("ann", "lobby", 1, "one");
    town.run_ms(200);
    assert_eq!(town.seen(), ["ann: 1 refused: StoreFull"]);
    town.disk_says = None;
    town.say("ann", "lobby", 2, "two");
    town.run_ms(200);
    assert_eq!(town.seen_by_each(), ["ann: 2 stored as 1", "ann: #lobby 1 ann*> two"]);
}

#[test]
fn a_store_that_failed_acknowledges_nothing_more() {
    let mut town = Town::new(26);
    town.gather(&["ann"], "lobby");
    town.disk_says = Some(StoreError::Failed("no space on device".into()));
    town.say("ann", "lobby", 1, "one");
    town.run_ms(200);
    town.disk_says = None;
    town.say("ann", "lobby", 2, "two");
    town.run_ms(2_000);
    assert_eq!(town.seen(), [""; 0]);
    let failed = server::Notice::StoreFailed(StoreError::Failed("no space on device".into()));
    assert!(town.server_notices.contains(&failed));
}

#[test]
fn a_server_that_stops_says_so() {
    let mut town = Town::new(27);
    town.gather(&["ann"], "lobby");
    town.command_server(server::Command::Stop { reason: "tea".into() });
    town.run_ms(500);
    assert!(town.server_notices.contains(&server::Notice::Stopped));
    let seen = town.seen();
    assert_eq!(seen[0], "ann: lost: the server went down: tea");
    assert!(seen[1..].iter().all(|line| line == "ann: trying"), "nobody is taken in any more: {seen:?}");
}

#[test]
fn two_programs_of_one_person_are_one_person() {
    let mut town = Town::new(28);
    town.gather(&["ann", "bob"], "lobby");
    town.start_second("bob", "bob2");
    town.join("bob2", "lobby");
    town.run_ms(200);
    assert_eq!(town.seen_by("ann"), [""; 0], "bob is here already");
    town.say("bob2", "lobby", 1, "from the other one");
    town.run_ms(200);
    assert_eq!(town.seen_by("bob"), ["#lobby 1 bob*> from the other one"]);
    town.command("bob2", Command::Quit);
    town.run_ms(500);
    assert_eq!(town.seen_by("ann"), [""; 0], "bob is here still");
    town.command("bob", Command::Quit);
    town.run_ms(500);
    assert_eq!(town.seen_by("ann"), ["#lobby bob Online -> Left"]);
}

#[test]
fn cursors_wait_for_what_was_shown() {
    let mut town = Town::new(29);
    town.gather(&["ann"], "lobby");
    town.start_with("bob", client::Config { shown_by_face: true, ..client::Config::new("bob") });
    town.join("bob", "lobby");
    town.run_ms(200);
    for n in 1..=3 {
        town.say("ann", "lobby", n, "x");
    }
    town.run_ms(200);
    assert_eq!(town.cursors("bob"), [("#lobby".into(), 0)]);
    let upto = chinwag_proto::wire::id::RoomSeq(2);
    town.command("bob", Command::Shown { room: "#lobby".into(), upto });
    assert_eq!(town.cursors("bob"), [("#lobby".into(), 2)]);
}

#[test]
fn a_crowd_arrives_in_batches_and_is_complete() {
    let mut town = Town::new(30);
    let names: Vec<_> = (0..80).map(|n| format!("m{n:02}")).collect();
    for name in &names {
        town.start(name);
        town.join(name, "lobby");
        town.run_ms(5);
    }
    town.run_ms(2_000);
    town.seen();
    let everyone: Vec<_> = names.iter().map(|name| format!("{name} Online")).collect();
    for name in ["m00", "m40", "m79"] {
        town.command(name, Command::Who { room: "lobby".into() });
        assert_eq!(town.seen(), [format!("{name}: #lobby has {}", everyone.join(", "))]);
    }
    town.command("m05", Command::Quit);
    town.run_ms(600);
    assert_eq!(town.seen_by("m00"), ["#lobby m05 Online -> Left"]);
}

#[test]
fn the_same_seed_gives_the_same_transcript() {
    let run = || {
        let mut town = Town::new(31);
        town.weather("loss=30%,delay=1ms");
        for name in ["ann", "bob"] {
            town.start(name);
            town.join(name, "lobby");
            town.say(name, "lobby", 1, name);
        }
        town.run_ms(20_000);
        town.seen()
    };
    assert_eq!(run(), run());
}
