//! Screens of 40 columns: what matters is whole, and who says what is plain.

use super::*;
use crate::client_core::{Found, Lost, Reply};

#[test]
fn the_state_of_the_link_is_whole_whatever_the_topic_is() {
    for (link, queued) in [(Connection::Suspect, 2), (Connection::Lost { why: Lost::Silent }, 128)] {
        let (mut tui, mut desk) = (face(), talk());
        for n in 0..queued {
            assert!(desk.entered(&format!("message {n}")).taken);
        }
        desk.notice(Notice::Connection(link));
        let (rows, _) = drawn(&mut tui, &mut desk, 40, 12);
        assert!(rows[0].starts_with(" #lobby") && rows[0].ends_with(&format!(", {queued} queued")), "{}", rows[0]);
    }
}

#[test]
fn the_further_rows_of_a_message_hang_below_its_first() {
    let (mut tui, mut desk) = (face(), desk());
    says(&mut desk, "#lobby", 1, 2, text("see you at the door of the new building at noon, all of you"));
    says(
        &mut desk,
        "#lobby",
        2,
        1,
        Body::Reply { to: RoomSeq(1), text: "that is fine with me, I bring the keys".into() },
    );
    let shown = [
        " #lobby                         0.4 ms",
        "",
        "",
        "",
        "─────── Monday, 23 November 2026 ───────",
        "bob: see you at the door of the new",
        "  building at noon, all of you",
        "ann: ╭ bob: see you at the door of the …",
        "  that is fine with me, I bring the keys",
        "  ✓",
        "",
        ">",
    ];
    let (rows, _) = drawn(&mut tui, &mut desk, 40, 12);
    assert_eq!(rows[4..], shown[4..], "{rows:#?}");
}

#[test]
fn what_was_found_shows_its_words_before_its_number_and_time() {
    let (mut tui, mut desk) = (face(), talk());
    desk.take_commands();
    assert!(desk.entered("/search cups").taken);
    let asked = |command| if let Command::Ask { tag, .. } = command { Some(tag) } else { None };
    let tag = desk.take_commands().into_iter().find_map(asked);
    let entry = Entry {
        at: WallTime::from_unix_millis(MORNING),
        author: AccountId(2),
        name: "bob".into(),
        body: text("bring the cups"),
    };
    let hits = vec![Found { room: "#lobby".into(), number: RoomSeq(7), entry }];
    desk.notice(Notice::Answered { tag: tag.expect("asked"), result: Ok(Reply::Found { hits, next: None }) });
    for (columns, wanted) in [(40, "#lobby bob: bring the cups"), (80, "#lobby 7 2026-11-23 09:12 bob: bring the cups")]
    {
        let (rows, _) = drawn(&mut tui, &mut desk, columns, 12);
        assert!(rows.iter().any(|row| row.contains(wanted)), "{rows:#?}");
    }
}

#[test]
fn help_tells_a_key_from_what_it_does() {
    let lines = super::super::overlay::help_lines(40);
    for wanted in
        ["Enter: send; Alt-Enter or Ctrl-J", "/join #room [PASSWORD]: enter a", "/rooms: the rooms that there are"]
    {
        assert!(lines.iter().any(|line| line == wanted), "{wanted}: {lines:#?}");
    }
}

#[test]
fn what_is_elsewhere_says_what_of_it_is_for_the_user_as_far_as_there_is_room() {
    let (mut tui, mut desk) = (face(), talk());
    let row = |tui: &mut Tui, desk: &mut Desk| drawn(tui, desk, 40, 12).0[10].clone();
    assert!(row(&mut tui, &mut desk).ends_with(" 13 elsewhere, 3 for you"));
    press(&mut tui, &mut desk, KeyCode::Esc, KeyModifiers::NONE);
    type_in(&mut tui, &mut desk, "/topic ");
    let shown = row(&mut tui, &mut desk);
    assert!(shown.starts_with(" /topic [TEXT | -]") && shown.ends_with(" 13 elsewhere"), "{shown}");
    press(&mut tui, &mut desk, KeyCode::Char('u'), KeyModifiers::CONTROL);
    type_in(&mut tui, &mut desk, "/");
    let shown = row(&mut tui, &mut desk);
    assert!(shown.starts_with(" /join  /leave  /who  /msg") && !shown.contains("elsewhere"), "{shown}");
}
