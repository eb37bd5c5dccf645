//! Messages of a room: how far they are, which one is chosen, and what is done to it.

use super::*;
use chinwag_proto::wire::message::Facts;

#[test]
fn what_the_user_said_before_is_marked_as_stored() {
    let (mut tui, mut desk) = (face(), desk());
    says(&mut desk, "#lobby", 1, 1, text("said yesterday"));
    says(&mut desk, "#lobby", 2, 2, text("so it was"));
    let (rows, _) = drawn(&mut tui, &mut desk, 80, 24);
    assert!(rows.iter().any(|row| row.contains("said yesterday ✓ ")), "{rows:#?}");
    assert!(!rows.iter().any(|row| row.contains("so it was ✓")), "{rows:#?}");
}

#[test]
fn history_is_fetched_where_one_looks_and_scrolling_ends_at_its_beginning() {
    let mut desk = Desk::new(SCREEN, "ann", BTreeSet::new(), "lobby", UTC, now());
    joins(&mut desk, "#lobby", 300, 300);
    let mut tui = face();
    desk.take_commands();
    let mut pages = 0;
    for _ in 0..200 {
        drawn(&mut tui, &mut desk, 60, 20);
        for command in desk.take_commands() {
            let Command::Ask { tag, ask: crate::client_core::Ask::History { position, count, .. } } = command else {
                continue;
            };
            let chinwag_proto::wire::message::Position::Before(end) = position else { panic!("{position:?}") };
            pages += 1;
            let first = end.0.saturating_sub(u64::from(count)).max(1);
            let entry = |n: u64| {
                let at = WallTime::from_unix_millis(MORNING + n * 60_000);
                (
                    RoomSeq(n),
                    Entry { at, author: AccountId(2), name: "bob".into(), body: text(&format!("message {n}")) },
                )
            };
            let entries = (first..end.0).map(entry).collect();
            let reply = crate::client_core::Reply::History { room: "#lobby".into(), entries, is_more: first > 1 };
            desk.notice(Notice::Answered { tag, result: Ok(reply) });
        }
        press(&mut tui, &mut desk, KeyCode::PageUp, KeyModifiers::NONE);
    }
    let (rows, _) = drawn(&mut tui, &mut desk, 60, 20);
    assert_eq!(pages, 2);
    assert!(rows[1].contains("Monday, 23 November 2026"), "{rows:#?}");
    assert!(rows[2].ends_with("message 1") && rows[17].ends_with("message 16"), "{rows:#?}");
    for _ in 0..40 {
        press(&mut tui, &mut desk, KeyCode::PageDown, KeyModifiers::NONE);
    }
    let (rows, _) = drawn(&mut tui, &mut desk, 60, 20);
    assert!(rows[17].ends_with("message 300"), "{rows:#?}");
    assert_eq!(tui.anchor, None);
}

#[test]
fn a_message_is_chosen_and_answered_by_key() {
    let (mut tui, mut desk) = (face(), talk());
    drawn(&mut tui, &mut desk, 80, 24);
    for _ in 0..3 {
        press(&mut tui, &mut desk, KeyCode::Up, KeyModifiers::SHIFT);
        drawn(&mut tui, &mut desk, 80, 24);
    }
    type_in(&mut tui, &mut desk, "r");
    assert_eq!(desk.composer().text(), "/reply 4 ");
    desk.composer_mut().take();
    for _ in 0..4 {
        press(&mut tui, &mut desk, KeyCode::Up, KeyModifiers::SHIFT);
        drawn(&mut tui, &mut desk, 80, 24);
    }
    type_in(&mut tui, &mut desk, "e");
    assert_eq!(desk.composer().text(), "/edit 3 好的! 👨‍👩‍👧‍👦 🇩🇪 👍🏽 e\u{301}");
}

#[test]
fn what_is_pinned_is_marked_and_a_chosen_message_is_pinned_by_key_or_command() {
    let (mut tui, mut desk) = (face(), desk());
    says(&mut desk, "#lobby", 1, 2, text("tea at four"));
    says(&mut desk, "#lobby", 2, 2, text("bring cups"));
    let row = |tui: &mut Tui, desk: &mut Desk, with: &str| {
        drawn(tui, desk, 80, 24).0.into_iter().find(|row| row.contains(with)).unwrap_or_default()
    };
    assert!(!row(&mut tui, &mut desk, "tea at four").contains("pinned"));
    let pins = |desk: &mut Desk, pins: &[u64]| {
        let facts = Facts { pins: pins.iter().copied().map(RoomSeq).collect(), ..Facts::default() };
        desk.notice(Notice::Facts { room: "#lobby".into(), upto: RoomSeq(2), facts });
    };
    pins(&mut desk, &[1]);
    assert!(row(&mut tui, &mut desk, "tea at four").contains("(pinned)"));
    assert!(!row(&mut tui, &mut desk, "bring cups").contains("pinned"));
    let choose = |tui: &mut Tui, desk: &mut Desk, steps: usize| {
        desk.composer_mut().take();
        for _ in 0..steps {
            press(tui, desk, KeyCode::Up, KeyModifiers::SHIFT);
            drawn(tui, desk, 80, 24);
        }
    };
    let standing = Standing::In(Role::Moderator);
    desk.notice(Notice::Room { name: "#lobby".into(), info: RoomInfo { standing, ..info("#lobby", 2, 2) } });
    choose(&mut tui, &mut desk, 1);
    type_in(&mut tui, &mut desk, "p");
    assert_eq!(desk.composer().text(), "/pin 2");
    choose(&mut tui, &mut desk, 2);
    type_in(&mut tui, &mut desk, "p");
    assert_eq!(desk.composer().text(), "/unpin 1", "it is pinned already");
    choose(&mut tui, &mut desk, 2);
    type_in(&mut tui, &mut desk, "/pin");
    desk.take_commands();
    enter(&mut tui, &mut desk);
    let is_it = |command: &Command| {
        let wanted = Body::Act(Act::Pin { of: RoomSeq(1), is_set: true });
        matches!(command, Command::Post { body, .. } if *body == wanted)
    };
    assert!(desk.take_commands().iter().any(is_it), "the one that is chosen");
    pins(&mut desk, &[]);
    assert!(!row(&mut tui, &mut desk, "tea at four").contains("pinned"));
}

#[test]
fn a_link_is_one_over_its_rows_and_is_opened_and_copied() {
    let (mut tui, mut desk) = (face(), desk());
    let url = "https://example.org/a/very/long/path/that/does/not/fit/into/one/row/of/this/screen";
    says(&mut desk, "#lobby", 1, 2, text(&format!("see {url}, and mailto:bob@example.org")));
    says(&mut desk, "#lobby", 2, 2, text("no link: file:///etc/passwd"));
    drawn(&mut tui, &mut desk, 80, 24);
    let ids: Vec<&str> = tui.links.iter().map(|placed| placed.link.id.as_str()).collect();
    assert!(ids.iter().filter(|id| **id == "1.0").count() > 1 && ids.contains(&"1.1"), "{ids:?}");
    press(&mut tui, &mut desk, KeyCode::Up, KeyModifiers::SHIFT);
    type_in(&mut tui, &mut desk, "o");
    assert_eq!(tui.take_wanted(), super::super::Wanted::default(), "there is none in the last message");
    assert!(drawn(&mut tui, &mut desk, 80, 24).0.iter().any(|row| row.contains("there is no link in it")));
    type_in(&mut tui, &mut desk, "y");
    assert_eq!(tui.take_wanted().copy.as_deref(), Some("no link: file:///etc/passwd"));
    press(&mut tui, &mut desk, KeyCode::Up, KeyModifiers::SHIFT);
    type_in(&mut tui, &mut desk, "o");
    assert_eq!(tui.take_wanted().open.as_deref(), Some(url));
    type_in(&mut tui, &mut desk, "o");
    assert_eq!(tui.take_wanted().open.as_deref(), Some("mailto:bob@example.org"), "then the next");
    type_in(&mut tui, &mut desk, "y");
    assert_eq!(tui.take_wanted().copy.as_deref(), Some(url));
    assert_eq!(desk.composer().text(), "", "nothing was typed");
    press(&mut tui, &mut desk, KeyCode::F(1), KeyModifiers::NONE);
    drawn(&mut tui, &mut desk, 80, 24);
    assert!(tui.links.is_empty(), "the help covers them");
}

#[test]
fn what_was_only_to_be_done_is_not_called_undelivered() {
    let mut desk = desk();
    desk.entered("/topic tea");
    desk.entered("hello");
    let tags: Vec<u64> = desk.pending_in("#lobby").map(|(tag, _)| tag).collect();
    for tag in tags {
        desk.notice(Notice::Refused { tag, reason: chinwag_proto::wire::message::Refusal::NotAllowed });
    }
    face().take_in(&mut desk);
    let said: Vec<String> =
        desk.in_view().expect("the lobby").asides.values().map(|aside| aside.text.clone()).collect();
    assert!(said.iter().any(|said| said.starts_with("not done (") && said.ends_with("/topic tea")), "{said:?}");
    assert!(said.iter().any(|said| said.starts_with("NOT DELIVERED (") && said.ends_with("hello")), "{said:?}");
}
