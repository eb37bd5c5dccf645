//! Rows that are no messages of the room yet, or never will be: they are chosen and dealt with as messages are.

use chinwag_proto::wire::id::ClientMsgId;
use chinwag_proto::wire::message::{Facts, Post, Refusal, Wire as _};
use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

use super::*;
use crate::client_core::{Reference, SavedPost};

/// Ann's desk with a message of bob's, and what ann has said since, on its way. Gives its tags.
fn waiting(texts: &[&str]) -> (Desk, Vec<u64>) {
    let mut desk = desk();
    says(&mut desk, "#lobby", 1, 2, text("tea at four"));
    for text in texts {
        assert!(desk.entered(text).taken, "{text}");
    }
    desk.take_commands();
    let tags = desk.pending_in("#lobby").map(|(tag, _)| tag).collect();
    (desk, tags)
}

/// Goes up by a row, so often.
fn choose(tui: &mut Tui, desk: &mut Desk, steps: usize) {
    desk.composer_mut().take();
    press(tui, desk, KeyCode::Esc, KeyModifiers::NONE);
    for _ in 0..steps {
        press(tui, desk, KeyCode::Up, KeyModifiers::SHIFT);
        drawn(tui, desk, 80, 24);
    }
}

/// How many messages or acts were given to the client.
fn posts(desk: &mut Desk) -> usize {
    let is_one = |command: &Command| matches!(command, Command::Post { .. });
    desk.take_commands().into_iter().filter(is_one).count()
}

fn refuse(desk: &mut Desk, tag: u64) {
    desk.notice(Notice::Refused { tag, reason: Refusal::Muted });
}

fn shows(tui: &mut Tui, desk: &mut Desk, words: &str) -> bool {
    drawn(tui, desk, 80, 24).0.iter().any(|row| row.contains(words))
}

#[test]
fn what_is_on_its_way_is_chosen_by_key_and_by_mouse_and_a_line_about_it_knows_it() {
    let (mut tui, (mut desk, tags)) = (face(), waiting(&["first", "second"]));
    drawn(&mut tui, &mut desk, 80, 24);
    choose(&mut tui, &mut desk, 2);
    assert!(shows(&mut tui, &mut desk, "on its way: e changes it, d takes it back"));
    type_in(&mut tui, &mut desk, "e");
    assert_eq!(desk.composer().text(), format!("/edit ~{} first", tags[0]), "that row, and not the last one");
    choose(&mut tui, &mut desk, 1);
    type_in(&mut tui, &mut desk, "d");
    assert_eq!(desk.composer().text(), format!("/delete ~{}", tags[1]));
    enter(&mut tui, &mut desk);
    let is_it = |command: &Command| matches!(command, Command::Post { about, body: Body::Delete { .. }, .. } if *about == Some(tags[1]));
    assert!(desk.take_commands().iter().any(is_it));
    let at = drawn(&mut tui, &mut desk, 80, 24).0.iter().position(|row| row.contains("first")).expect("on the screen");
    let (column, row) = (tui.parts.timeline.left(), u16::try_from(at).expect("a row"));
    let kind = MouseEventKind::Down(MouseButton::Left);
    tui.event(&Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }), &mut desk);
    type_in(&mut tui, &mut desk, "y");
    assert_eq!(tui.take_wanted().copy.as_deref(), Some("first"));
}

#[test]
fn what_makes_no_sense_of_a_row_without_a_number_is_said_and_nothing_is_typed_or_sent() {
    let (mut tui, (mut desk, tags)) = (face(), waiting(&["first", "/topic tea"]));
    let hint = |tui: &mut Tui, desk: &mut Desk, key: &str, words: &str| {
        type_in(tui, desk, key);
        assert!(shows(tui, desk, words), "{key}: {words}");
        assert_eq!(posts(desk), 0, "{key}");
        assert_eq!(desk.composer().text(), "", "{key}");
    };
    drawn(&mut tui, &mut desk, 80, 24);
    choose(&mut tui, &mut desk, 1);
    hint(&mut tui, &mut desk, "e", "is no message: it can't be taken back");
    desk.notice(Notice::Connection(Connection::Suspect));
    hint(&mut tui, &mut desk, "e", "is no message: d takes it back");
    desk.notice(Notice::Connection(Connection::Alive));
    choose(&mut tui, &mut desk, 2);
    for key in ["r", "p", "+"] {
        hint(&mut tui, &mut desk, key, "has no number yet: e changes it, d takes it back");
    }
    type_in(&mut tui, &mut desk, "/pin");
    desk.take_commands();
    enter(&mut tui, &mut desk);
    assert!(shows(&mut tui, &mut desk, "what is on its way can be pinned when it has come"));
    assert_eq!(posts(&mut desk), 0);
    assert_eq!(desk.composer().text(), "/pin", "it can be entered later");
    // It gets its number: it stays chosen, and is a message like others.
    desk.notice(Notice::Stored { tag: tags[0], room: RoomId(7), number: RoomSeq(2) });
    says(&mut desk, "#lobby", 2, 1, text("first"));
    drawn(&mut tui, &mut desk, 80, 24);
    enter(&mut tui, &mut desk);
    let is_it = |command: &Command| {
        let wanted = Body::Act(Act::Pin { of: RoomSeq(2), is_set: true });
        matches!(command, Command::Post { body, .. } if *body == wanted)
    };
    assert!(desk.take_commands().iter().any(is_it));
}

#[test]
fn a_change_of_what_is_on_its_way_is_shown_in_its_row_and_not_as_a_second_message() {
    let (mut tui, (mut desk, tags)) = (face(), waiting(&["lunhc?", "at noon"]));
    desk.entered(&format!("/edit ~{} lunch?", tags[0]));
    let rows = |tui: &mut Tui, desk: &mut Desk, words: &str| {
        drawn(tui, desk, 80, 24).0.iter().filter(|row| row.contains(words)).count()
    };
    assert_eq!(["lunhc?", "lunch?", "at noon"].map(|words| rows(&mut tui, &mut desk, words)), [0, 1, 1]);
    choose(&mut tui, &mut desk, 2);
    type_in(&mut tui, &mut desk, "e");
    assert_eq!(desk.composer().text(), format!("/edit ~{} lunch?", tags[0]));
}

#[test]
fn what_was_refused_is_chosen_and_typed_again_or_removed() {
    let (mut tui, (mut desk, tags)) = (face(), waiting(&["first", "/react 1 +1", "second"]));
    tags.iter().for_each(|tag| refuse(&mut desk, *tag));
    drawn(&mut tui, &mut desk, 80, 24);
    choose(&mut tui, &mut desk, 3);
    assert!(shows(&mut tui, &mut desk, "not delivered: e or Enter takes it up again, d removes it"));
    for key in ["r", "p", "+"] {
        type_in(&mut tui, &mut desk, key);
        assert!(shows(&mut tui, &mut desk, "that was not delivered: Enter or e takes it up again"), "{key}");
    }
    enter(&mut tui, &mut desk);
    assert_eq!(desk.composer().text(), "first");
    assert!(!shows(&mut tui, &mut desk, "): first"), "it stands in the line now");
    choose(&mut tui, &mut desk, 2);
    type_in(&mut tui, &mut desk, "e");
    assert_eq!(desk.composer().text(), "/react 1 +1");
    choose(&mut tui, &mut desk, 1);
    type_in(&mut tui, &mut desk, "d");
    assert!(!shows(&mut tui, &mut desk, "second"));
    assert_eq!((desk.composer().text(), tui.chosen), ("", None));
    // Nothing is left of it, so the last message is the one that is seen.
    choose(&mut tui, &mut desk, 1);
    type_in(&mut tui, &mut desk, "r");
    assert_eq!(desk.composer().text(), "/reply 1 ");
}

#[test]
fn what_was_refused_elsewhere_is_typed_again_where_it_was_said_and_takes_no_other_text_away() {
    let (mut tui, (mut desk, tags)) = (face(), waiting(&["for the lobby", "another"]));
    joins(&mut desk, "#plans", 0, 0);
    desk.look_at("#plans");
    tags.iter().for_each(|tag| refuse(&mut desk, *tag));
    assert!(shows(&mut tui, &mut desk, "NOT DELIVERED in #lobby ("));
    choose(&mut tui, &mut desk, 2);
    enter(&mut tui, &mut desk);
    assert_eq!((desk.room(), desk.composer().text()), ("#lobby", "for the lobby"));
    desk.look_at("#plans");
    choose(&mut tui, &mut desk, 1);
    enter(&mut tui, &mut desk);
    assert!(shows(&mut tui, &mut desk, "something else is being typed there"));
    assert_eq!((desk.room(), desk.composer().text()), ("#plans", ""));
    assert!(shows(&mut tui, &mut desk, "another"), "it is there still");
}

#[test]
fn a_chosen_message_takes_the_keys_and_what_was_being_typed_waits() {
    let (mut tui, (mut desk, _)) = (face(), waiting(&[]));
    let begin = |tui: &mut Tui, desk: &mut Desk| {
        choose(tui, desk, 0);
        type_in(tui, desk, "draft text");
        drawn(tui, desk, 80, 24);
        press(tui, desk, KeyCode::Up, KeyModifiers::SHIFT);
        assert!(shows(tui, desk, "r repl"), "the keys are named");
    };
    begin(&mut tui, &mut desk);
    press(&mut tui, &mut desk, KeyCode::Esc, KeyModifiers::NONE);
    assert_eq!((tui.chosen, desk.composer().text()), (None, "draft text"), "back to the draft");
    begin(&mut tui, &mut desk);
    type_in(&mut tui, &mut desk, "s are here");
    assert_eq!(desk.composer().text(), "draft texts are here", "any other letter goes on with the draft");
    assert!(!shows(&mut tui, &mut desk, "r reply"), "and no key is named that would not act");
    begin(&mut tui, &mut desk);
    type_in(&mut tui, &mut desk, "r");
    assert_eq!(desk.composer().text(), "/reply 1 ");
    press(&mut tui, &mut desk, KeyCode::Esc, KeyModifiers::NONE);
    assert_eq!(desk.composer().text(), "draft text", "it waited");
    begin(&mut tui, &mut desk);
    type_in(&mut tui, &mut desk, "r");
    type_in(&mut tui, &mut desk, "yes");
    enter(&mut tui, &mut desk);
    assert_eq!((posts(&mut desk), desk.composer().text()), (1, "draft text"), "the reply only was sent");
}

#[test]
fn what_waits_stays_in_its_room() {
    let (mut tui, (mut desk, _)) = (face(), waiting(&[]));
    joins(&mut desk, "#plans", 0, 0);
    type_in(&mut tui, &mut desk, "draft text");
    drawn(&mut tui, &mut desk, 80, 24);
    press(&mut tui, &mut desk, KeyCode::Up, KeyModifiers::SHIFT);
    type_in(&mut tui, &mut desk, "r");
    tui.go_to("#plans", &mut desk);
    press(&mut tui, &mut desk, KeyCode::Esc, KeyModifiers::NONE);
    assert_eq!(desk.composer().text(), "");
    tui.go_to("#lobby", &mut desk);
    assert_eq!(desk.composer().text(), "/reply 1 ");
    press(&mut tui, &mut desk, KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert_eq!(desk.composer().text(), "draft text");
}

#[test]
fn what_an_earlier_program_queued_has_rows_before_there_is_a_connection() {
    let said = |counter: u64| {
        let (id, body) = (ClientMsgId { start: 5, counter }, text(&format!("queued {counter}")));
        let post = Post { id, body }.encode();
        SavedPost { id, room: "#lobby".into(), post, reference: Reference::Open, makes_room: true }
    };
    let mut desk = Desk::new(SCREEN, "ann", BTreeSet::new(), "lobby", UTC, now());
    // However many there are, no more of them are drawn than there is room for.
    desk.take_over(&(1..=10_000).map(said).collect::<Vec<_>>());
    let mut tui = face();
    let (shown, _) = drawn(&mut tui, &mut desk, 80, 24);
    assert!(shown[0].contains("connecting, 10000 queued"), "{shown:#?}");
    assert!(shown.iter().any(|row| row.contains("ann queued 10000 (queued)")), "{shown:#?}");
    choose(&mut tui, &mut desk, 2);
    type_in(&mut tui, &mut desk, "e");
    assert_eq!(desk.composer().text(), "/edit ~9999 queued 9999");
    choose(&mut tui, &mut desk, 1);
    type_in(&mut tui, &mut desk, "d");
    enter(&mut tui, &mut desk);
    assert!(shows(&mut tui, &mut desk, "ann queued 10000 (being deleted)"));
    assert!(!shows(&mut tui, &mut desk, "/delete"), "its deletion has no row of its own");
}

/// The keys that the row above the line names, of the row that is so many above the end.
fn named(tui: &mut Tui, desk: &mut Desk, steps: usize) -> String {
    choose(tui, desk, steps);
    let shown = drawn(tui, desk, 120, 24).0;
    let row = shown.iter().rev().find(|row| row.contains("Esc")).expect("it tells of them");
    let (_, keys) = row.split_once(": ").unwrap_or(("", row));
    let keys: Vec<&str> = keys.trim().trim_end_matches(" │").split(", ").collect();
    keys.iter().filter_map(|does| does.split(' ').next()).filter(|key| *key != "Esc").collect::<Vec<_>>().join(" ")
}

#[test]
fn only_keys_that_can_do_something_are_named_and_the_others_say_why_not() {
    let (mut tui, mut desk) = (face(), desk());
    says(&mut desk, "#lobby", 1, 2, text("of bob's"));
    says(&mut desk, "#lobby", 2, 1, text("of ann's, see https://a.example"));
    says(&mut desk, "#lobby", 3, 2, text("gone"));
    says(&mut desk, "#lobby", 4, 2, Body::Delete { of: RoomSeq(3) });
    drawn(&mut tui, &mut desk, 120, 24);
    assert_eq!([3, 2, 1].map(|steps| named(&mut tui, &mut desk, steps)), ["r + y", "r e d + y o", ""]);
    for (steps, key, why) in [
        (3, "e", "only by who wrote it"),
        (3, "d", "only who wrote a text, or a moderator, can delete it"),
        (3, "p", "only moderators pin messages"),
        (1, "r", "it was deleted"),
        (1, "+", "it was deleted"),
        (3, "o", "there is no link in it"),
    ] {
        choose(&mut tui, &mut desk, steps);
        type_in(&mut tui, &mut desk, key);
        assert!(shows(&mut tui, &mut desk, why), "{key}: {why}");
        assert_eq!(desk.composer().text(), "", "{key}");
    }
    let standing = Standing::In(Role::Moderator);
    desk.notice(Notice::Room { name: "#lobby".into(), info: RoomInfo { standing, ..info("#lobby", 4, 4) } });
    assert_eq!([3, 2, 1].map(|steps| named(&mut tui, &mut desk, steps)), ["r d p + y", "r e d p + y o", ""]);
    let facts = Facts { pins: vec![RoomSeq(1)], ..Facts::default() };
    desk.notice(Notice::Facts { room: "#lobby".into(), upto: RoomSeq(4), facts });
    choose(&mut tui, &mut desk, 3);
    let (shown, _) = drawn(&mut tui, &mut desk, 120, 24);
    assert!(shown.iter().any(|row| row.contains("p unpins")), "{shown:#?}");
}

#[test]
fn a_row_on_its_way_names_what_can_still_be_done_to_it() {
    let (mut tui, (mut desk, tags)) = (face(), waiting(&["first", "/react 1 +1"]));
    drawn(&mut tui, &mut desk, 120, 24);
    assert_eq!([2, 1].map(|steps| named(&mut tui, &mut desk, steps)), ["e d y", "y"], "what was sent stays done");
    desk.notice(Notice::Connection(Connection::Suspect));
    assert_eq!(named(&mut tui, &mut desk, 1), "d y");
    desk.entered(&format!("/delete ~{}", tags[0]));
    assert_eq!(named(&mut tui, &mut desk, 2), "y");
    for key in ["e", "d", "r"] {
        type_in(&mut tui, &mut desk, key);
        assert!(shows(&mut tui, &mut desk, "it is deleted as soon as it has come"), "{key}");
        assert_eq!(desk.composer().text(), "", "{key}");
    }
}
