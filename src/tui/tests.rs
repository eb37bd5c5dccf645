//! Whole screens, cell by cell: what is in a row is all there is in it, and takes exactly its columns.

use std::collections::BTreeSet;

use chinwag_proto::time::{Instant, Now, WallTime};
use chinwag_proto::wire::id::{AccountId, LogId, RoomId, RoomSeq};
use chinwag_proto::wire::message::{Access, Act, Body, Entry, Presence, Reach, Role, RoomInfo, RoomKind, Standing};
use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::cells::width_of;
use super::{Flow, Notify, Theme, Tui};
use crate::client_core::{Command, Connection, Notice, Present, Quality};
use crate::desk::{Desk, Manner, Shows, UTC};

/// 2026-11-23 09:12.
const MORNING: u64 = 1_795_425_120_000;
const NAMES: [&str; 5] = ["ann", "bob", "安娜", "דנה", "ليلى"];

const SCREEN: Manner = Manner { is_attended: true, shows: Shows::Rooms };

fn now() -> Now {
    Now { mono: Instant::EPOCH, wall: WallTime::from_unix_millis(MORNING), ..Now::default() }
}

fn info(name: &str, head: u64, read: u64) -> RoomInfo {
    let kind = match name.strip_prefix('@') {
        Some(who) => RoomKind::Direct(AccountId(2), who.into()),
        None => RoomKind::Named(name.trim_start_matches('#').into()),
    };
    RoomInfo {
        id: RoomId(7),
        kind,
        log: LogId(1),
        head: RoomSeq(head),
        access: Access::Public,
        topic: if name == "#lobby" { "tea, 茶 and שיחה".into() } else { String::new() },
        standing: Standing::In(Role::Member),
        since: RoomSeq(0),
        read: RoomSeq(read),
    }
}

/// Ann's desk, connected, in the lobby.
fn desk() -> Desk {
    let mut desk = Desk::new(SCREEN, "ann", BTreeSet::new(), "lobby", UTC, now());
    let (name, server) = ("ann".to_owned(), "lab".to_owned());
    desk.notice(Notice::Connection(Connection::LoggedIn { name, server, is_made: false }));
    desk.notice(Notice::Link(Quality { rtt_us: 412, loss_ppht: 0 }));
    joins(&mut desk, "#lobby", 0, 0);
    let who =
        [("ann", Presence::Online), ("bob", Presence::Away), ("安娜", Presence::Online), ("דנה", Presence::Offline)];
    let who = who.map(|(name, presence)| Present { name: name.into(), presence, status: String::new() }).to_vec();
    desk.notice(Notice::Roster { room: "#lobby".into(), who });
    desk
}

fn joins(desk: &mut Desk, name: &str, head: u64, read: u64) {
    desk.notice(Notice::Room { name: name.into(), info: info(name, head, read) });
    let (after, head) = (RoomSeq(head), RoomSeq(head));
    desk.notice(Notice::Joined { room: RoomId(7), name: name.into(), after, head, skipped: 0 });
}

/// Someone (1 is ann) says or does something, a minute after what came before.
fn says(desk: &mut Desk, room: &str, number: u64, author: u64, body: Body) {
    let at = WallTime::from_unix_millis(MORNING + number * 60_000);
    let name = NAMES[usize::try_from(author - 1).expect("few")].to_owned();
    let entry = Entry { at, author: AccountId(author), name, body };
    let number = RoomSeq(number);
    desk.notice(Notice::Entry {
        room: RoomId(7),
        name: room.into(),
        number,
        contiguous_upto: number,
        own: author == 1,
        is_ignored: false,
        entry,
    });
}

fn text(text: &str) -> Body {
    Body::Text(text.into())
}

fn talk() -> Desk {
    let mut desk = desk();
    let lobby = [
        (2, text("hello ann, I am behind 30 % loss, and still here")),
        (3, text("你好，世界！今天天气怎么样？我们一起喝茶吧。")),
        (1, Body::Reply { to: RoomSeq(2), text: "好的 👨‍👩‍👧‍👦 🇩🇪 👍🏽 e\u{301}".into() }),
        (4, text("שלום עולם, what a לילה")),
        (5, text("مرحبا بالعالم")),
        (2, Body::React { to: RoomSeq(3), emoji: "👍🏽".into(), is_set: true }),
        (4, Body::React { to: RoomSeq(3), emoji: "👍🏽".into(), is_set: true }),
        (1, Body::Edit { of: RoomSeq(3), text: "好的! 👨‍👩‍👧‍👦 🇩🇪 👍🏽 e\u{301}".into() }),
        (2, text("ann: \u{1b}[2J nothing \u{202e}escapes")),
    ];
    for (n, (author, body)) in lobby.into_iter().enumerate() {
        says(&mut desk, "#lobby", n as u64 + 1, author, body);
    }
    let reach = Reach { delivered: 3, read: 1, of: 3 };
    desk.notice(Notice::Delivered { room: "#lobby".into(), number: RoomSeq(3), reach });
    joins(&mut desk, "#plans", 0, 0);
    (1..=12).for_each(|n| says(&mut desk, "#plans", n, 2, text(if n < 3 { "Ann?" } else { "x" })));
    joins(&mut desk, "@bob", 0, 0);
    says(&mut desk, "@bob", 1, 2, text("psst"));
    desk
}

fn face() -> Tui {
    Tui::new(Theme::Dark, Notify::Bell)
}

/// The screen's rows, without the spaces at their ends, and the caret's cell.
fn drawn(tui: &mut Tui, desk: &mut Desk, columns: u16, rows: u16) -> (Vec<String>, Position) {
    let area = Rect::new(0, 0, columns, rows);
    let mut buf = Buffer::empty(area);
    tui.take_in(desk);
    let caret = tui.draw(desk, area, &mut buf);
    tui.drawn(desk);
    let row = |y: u16| {
        let (mut row, mut x) = (String::new(), 0);
        while x < columns {
            let symbol = buf[(x, y)].symbol();
            row.push_str(symbol);
            let width = u16::try_from(width_of(symbol)).expect("narrow");
            assert!(width >= 1, "a cell of no width at {x}, {y}");
            assert!(
                (x + 1..x + width).all(|x| buf[(x, y)].symbol() == " "),
                "something lies under {symbol} at {x}, {y}"
            );
            x += width;
        }
        assert_eq!(x, columns, "row {y} ends in half a character");
        row.trim_end().to_owned()
    };
    assert!(area.contains(caret), "{caret:?}");
    ((0..rows).map(row).collect(), caret)
}

#[track_caller]
fn shows(tui: &mut Tui, desk: &mut Desk, columns: u16, wanted: &[&str]) -> Position {
    let (rows, caret) = drawn(tui, desk, columns, u16::try_from(wanted.len()).expect("few"));
    let listed = |rows: &[String]| rows.iter().map(|row| format!("{row:?},\n")).collect::<String>();
    assert!(rows == wanted, "\n{}", listed(&rows));
    caret
}

fn press(tui: &mut Tui, desk: &mut Desk, code: KeyCode, modifiers: KeyModifiers) -> Flow {
    tui.event(&Event::Key(KeyEvent::new(code, modifiers)), desk)
}

fn type_in(tui: &mut Tui, desk: &mut Desk, text: &str) {
    for c in text.chars() {
        press(tui, desk, KeyCode::Char(c), KeyModifiers::NONE);
    }
}

fn enter(tui: &mut Tui, desk: &mut Desk) -> Flow {
    press(tui, desk, KeyCode::Enter, KeyModifiers::NONE)
}

#[test]
fn a_screen_of_80_by_24() {
    let (mut tui, mut desk) = (face(), talk());
    type_in(&mut tui, &mut desk, "你好 שלום");
    let caret = shows(
        &mut tui,
        &mut desk,
        80,
        &[
            " #lobby  tea, 茶 and שיחה                                                0.4 ms",
            " #lobby        │                                                  │ ● ann",
            " #plans  @2 12 │                                                  │ ● 安娜",
            " @bob        1 │                                                  │ ○ bob",
            "               │                                                  │ · דנה",
            "               │                                                  │",
            "               │                                                  │",
            "               │                                                  │",
            "               │                                                  │",
            "               │                                                  │",
            "               │──────────── Monday, 23 November 2026 ────────────│",
            "               │09:13       bob hello ann, I am behind 30 % loss, │",
            "               │                and still here                    │",
            "               │09:14      安娜 你好，世界！今天天气怎么样？我们一│",
            "               │                起喝茶吧。                        │",
            "               │09:15       ann ╭ 安娜: 你好，世界！今天天气怎么… │",
            "               │                好的! 👨‍👩‍👧‍👦 🇩🇪 👍🏽 e\u{301} (edited)         │",
            "               │                ✓✓1/3 read                        │",
            "               │                👍🏽 2                              │",
            "               │09:16       דנה שלום עולם, what a לילה            │",
            "               │09:17      ليلى مرحبا بالعالم                     │",
            "               │09:21       bob ann: ␛[2J nothing <U+202E>escapes │",
            "",
            "> 你好 שלום",
        ],
    );
    assert_eq!(caret, Position { x: 2 + 5 + 4, y: 23 });
}

#[test]
fn a_screen_of_30_by_10() {
    let (mut tui, mut desk) = (face(), talk());
    shows(
        &mut tui,
        &mut desk,
        30,
        &[
            " #lobby  tea, 茶 and…  0.4 ms",
            "好的! 👨‍👩‍👧‍👦 🇩🇪 👍🏽 e\u{301} (edited)",
            "✓✓1/3 read",
            "  👍🏽 2",
            "דנה: שלום עולם, what a לילה",
            "ليلى: مرحبا بالعالم",
            "bob: ann: ␛[2J nothing",
            "<U+202E>escapes",
            "              @3 13 elsewhere",
            ">",
        ],
    );
}

#[test]
fn a_screen_of_200_by_60() {
    let (mut tui, mut desk) = (face(), talk());
    let blank = format!("{:23}│{:154}│", "", "");
    let blank = blank.as_str();
    let people = [
        " #lobby  tea, 茶 and שיחה                                                                                                                                                                        0.4 ms",
        " #lobby                │                                                                                                                                                          │ ● ann",
        " #plans          @2 12 │                                                                                                                                                          │ ● 安娜",
        " @bob                1 │                                                                                                                                                          │ ○ bob",
        "                       │                                                                                                                                                          │ · דנה",
    ];
    let said = [
        "                       │──────────────────────────────────────────────────────────────── Monday, 23 November 2026 ────────────────────────────────────────────────────────────────│",
        "                       │09:13            bob hello ann, I am behind 30 % loss, and still here                                                                                     │",
        "                       │09:14           安娜 你好，世界！今天天气怎么样？我们一起喝茶吧。                                                                                         │",
        "                       │09:15            ann ╭ 安娜: 你好，世界！今天天气怎么样？我们一起喝茶吧。                                                                                 │",
        "                       │                     好的! 👨‍👩‍👧‍👦 🇩🇪 👍🏽 e\u{301} (edited) ✓✓1/3 read                                                                                                 │",
        "                       │                     👍🏽 2                                                                                                                                 │",
        "                       │09:16            דנה שלום עולם, what a לילה                                                                                                               │",
        "                       │09:17           ليلى مرحبا بالعالم                                                                                                                        │",
        "                       │09:21            bob ann: ␛[2J nothing <U+202E>escapes                                                                                                    │",
        " type and press Enter; F1 or /help for help",
        ">",
    ];
    let wanted = [&people[..], &[blank; 44], &said].concat();
    shows(&mut tui, &mut desk, 200, &wanted);
}

#[test]
fn every_size_is_drawn_and_the_caret_is_in_it() {
    let (mut tui, mut desk) = (face(), talk());
    type_in(&mut tui, &mut desk, "some text\n你好 and more of it than fits into a narrow screen 👨‍👩‍👧‍👦");
    for columns in (1..130).step_by(3) {
        for rows in 1..30 {
            drawn(&mut tui, &mut desk, columns, rows);
        }
    }
    for overlay in [KeyCode::Char('k'), KeyCode::Char('f')] {
        press(&mut tui, &mut desk, overlay, KeyModifiers::CONTROL);
        (1..40).for_each(|n| drop(drawn(&mut tui, &mut desk, 2 * n, n)));
        press(&mut tui, &mut desk, KeyCode::Esc, KeyModifiers::NONE);
    }
}

#[test]
#[expect(clippy::wildcard_enum_match_arm, reason = "the rest is not looked at")]
fn what_is_in_view_is_read_once_it_was_drawn_and_the_rest_is_held() {
    let (mut tui, mut desk) = (face(), talk());
    desk.take_commands();
    drawn(&mut tui, &mut desk, 80, 24);
    let told: Vec<String> = desk
        .take_commands()
        .into_iter()
        .filter_map(|command| match command {
            Command::Shown { room, upto } => Some(format!("shown {room} {upto}")),
            Command::Held { room, upto } => Some(format!("held {room} {upto}")),
            _ => None,
        })
        .collect();
    assert_eq!(told, ["shown #lobby 9", "held #plans 12", "held @bob 1"]);
    drawn(&mut tui, &mut desk, 80, 24);
    assert!(desk.take_commands().is_empty(), "each is told once");
    tui.event(&Event::FocusLost, &mut desk);
    says(&mut desk, "#lobby", 10, 2, text("behind your back"));
    drawn(&mut tui, &mut desk, 80, 24);
    assert_eq!(
        desk.take_commands().into_iter().collect::<Vec<_>>(),
        [Command::Held { room: "#lobby".into(), upto: RoomSeq(10) }]
    );
    tui.event(&Event::FocusGained, &mut desk);
    drawn(&mut tui, &mut desk, 80, 24);
    assert_eq!(
        desk.take_commands().into_iter().collect::<Vec<_>>(),
        [Command::Shown { room: "#lobby".into(), upto: RoomSeq(10) }]
    );
}

#[test]
fn only_what_is_said_to_the_user_elsewhere_rings() {
    let (mut tui, mut desk) = (face(), talk());
    let rings = |desk: &mut Desk, tui: &mut Tui| {
        tui.take_in(desk);
        tui.notification(desk).0.len()
    };
    rings(&mut desk, &mut tui);
    says(&mut desk, "#lobby", 10, 2, text("ann!"));
    assert_eq!(rings(&mut desk, &mut tui), 0, "it is in view");
    says(&mut desk, "#plans", 13, 2, text("annex"));
    assert_eq!(rings(&mut desk, &mut tui), 0);
    says(&mut desk, "#plans", 14, 2, text("Ann?"));
    assert_eq!(rings(&mut desk, &mut tui), 1);
    says(&mut desk, "@bob", 2, 2, text("psst"));
    assert_eq!(rings(&mut desk, &mut tui), 1);
    tui.event(&Event::FocusLost, &mut desk);
    says(&mut desk, "#lobby", 11, 2, text("ann!"));
    assert_eq!(rings(&mut desk, &mut tui), 1, "nobody looks");
    let rule = |given: &str| given.parse().expect("a rule");
    desk.ring_by(crate::desk::Rules::new(crate::desk::About::Mentions, [rule("#plans=all")]));
    says(&mut desk, "#lobby", 12, 2, text("x"));
    assert_eq!(rings(&mut desk, &mut tui), 0);
    says(&mut desk, "#plans", 15, 2, text("x"));
    assert_eq!(rings(&mut desk, &mut tui), 1, "all of that room ring");
}

#[test]
fn the_next_unread_room_is_where_the_user_was_called() {
    let (mut tui, mut desk) = (face(), talk());
    drawn(&mut tui, &mut desk, 80, 24);
    press(&mut tui, &mut desk, KeyCode::Char('a'), KeyModifiers::ALT);
    assert_eq!(desk.room(), "#plans");
    drawn(&mut tui, &mut desk, 80, 24);
    press(&mut tui, &mut desk, KeyCode::Char('a'), KeyModifiers::ALT);
    assert_eq!(desk.room(), "@bob");
    drawn(&mut tui, &mut desk, 80, 24);
    press(&mut tui, &mut desk, KeyCode::Char('a'), KeyModifiers::ALT);
    assert_eq!(desk.room(), "@bob", "there is nothing more");
}

#[test]
fn a_few_letters_lead_to_a_room_or_a_person() {
    let (mut tui, mut desk) = (face(), talk());
    press(&mut tui, &mut desk, KeyCode::Char('k'), KeyModifiers::CONTROL);
    type_in(&mut tui, &mut desk, "pla");
    let (rows, _) = drawn(&mut tui, &mut desk, 60, 12);
    assert!(rows.iter().any(|row| row.contains("#plans  (@2 12)")), "{rows:#?}");
    enter(&mut tui, &mut desk);
    assert_eq!(desk.room(), "#plans");
    press(&mut tui, &mut desk, KeyCode::Char('k'), KeyModifiers::CONTROL);
    type_in(&mut tui, &mut desk, "安");
    enter(&mut tui, &mut desk);
    assert_eq!(desk.room(), "@安娜");
}

#[test]
fn the_switcher_knows_each_person_once_stands_still_and_is_never_empty() {
    let (mut tui, mut desk) = (face(), desk());
    press(&mut tui, &mut desk, KeyCode::Char('k'), KeyModifiers::CONTROL);
    let shown = |tui: &mut Tui, desk: &mut Desk| drawn(tui, desk, 60, 14).0[2..9].join("\n");
    let listed = shown(&mut tui, &mut desk);
    assert!(listed.contains("#lobby  (you are here)") && listed.contains("@bob"), "{listed}");
    // Many rooms with the same people in them, of whom each is found once.
    let crowd: Vec<Present> = (0..2_000)
        .map(|n| Present { name: format!("person{n}"), presence: Presence::Online, status: String::new() })
        .collect();
    for n in 0..50 {
        let room = format!("#room{n}");
        joins(&mut desk, &room, 0, 0);
        desk.notice(Notice::Roster { room, who: crowd.clone() });
    }
    assert_eq!(shown(&mut tui, &mut desk), listed, "the list stands still");
    type_in(&mut tui, &mut desk, "person");
    let Some(super::overlay::Overlay::Switcher { found, .. }) = &tui.overlay else { panic!("it is open") };
    assert_eq!(found.len(), 2_000);
}

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
fn whoever_is_new_is_told_how_until_something_was_entered() {
    let (mut tui, mut desk) = (face(), desk());
    let hint = |tui: &mut Tui, desk: &mut Desk| drawn(tui, desk, 80, 24).0[22].clone();
    assert_eq!(hint(&mut tui, &mut desk), " type and press Enter; F1 or /help for help");
    type_in(&mut tui, &mut desk, "x");
    assert_eq!(hint(&mut tui, &mut desk), "");
    enter(&mut tui, &mut desk);
    assert_eq!(hint(&mut tui, &mut desk), "");
}

#[test]
fn a_long_paste_is_asked_about() {
    let (mut tui, mut desk) = (face(), talk());
    tui.event(&Event::Paste("one\ntwo\n".into()), &mut desk);
    assert_eq!(desk.composer().text(), "one\ntwo");
    desk.composer_mut().take();
    tui.event(&Event::Paste("one pasted line\n".into()), &mut desk);
    let (rows, _) = drawn(&mut tui, &mut desk, 60, 12);
    assert_eq!(rows[11], "> one pasted line", "one row, and nothing below it");
    desk.composer_mut().take();
    let long = "line\r\n".repeat(200);
    tui.event(&Event::Paste(long.clone()), &mut desk);
    assert_eq!(desk.composer().text(), "");
    let (rows, _) = drawn(&mut tui, &mut desk, 60, 12);
    assert!(rows.iter().any(|row| row.contains("200 lines, 1000 octets")), "{rows:#?}");
    press(&mut tui, &mut desk, KeyCode::Esc, KeyModifiers::NONE);
    assert_eq!(desk.composer().text(), "");
    tui.event(&Event::Paste(long), &mut desk);
    enter(&mut tui, &mut desk);
    assert_eq!(desk.composer().text().lines().count(), 200);
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
fn a_password_is_asked_for_and_not_shown() {
    let (mut tui, mut desk) = (face(), talk());
    type_in(&mut tui, &mut desk, "/password");
    enter(&mut tui, &mut desk);
    type_in(&mut tui, &mut desk, "correct horse");
    let (rows, caret) = drawn(&mut tui, &mut desk, 80, 24);
    assert!(rows[23].starts_with("the present password") && !rows.concat().contains("horse"), "{rows:#?}");
    assert_eq!(usize::from(caret.x), rows[23].len() + 1);
    press(&mut tui, &mut desk, KeyCode::Esc, KeyModifiers::NONE);
    assert!(desk.question().is_none());
}

#[test]
fn what_is_typed_in_one_room_is_never_entered_in_another() {
    let (mut desk, mut tui) = (desk(), face());
    joins(&mut desk, "@bob", 0, 0);
    joins(&mut desk, "#ops", 0, 0);
    let posts = |desk: &mut Desk| -> Vec<(String, Body)> {
        let post = |command| if let Command::Post { room, body, .. } = command { Some((room, body)) } else { None };
        desk.take_commands().into_iter().filter_map(post).collect()
    };
    let alt = |tui: &mut Tui, desk: &mut Desk, c| press(tui, desk, KeyCode::Char(c), KeyModifiers::ALT);
    alt(&mut tui, &mut desk, '3');
    type_in(&mut tui, &mut desk, "private words for bob");
    press(&mut tui, &mut desk, KeyCode::Left, KeyModifiers::NONE);
    alt(&mut tui, &mut desk, '1');
    let (rows, _) = drawn(&mut tui, &mut desk, 80, 24);
    assert!(rows.iter().any(|row| row.starts_with(" @bob ") && row.contains("✎")), "{rows:?}");
    enter(&mut tui, &mut desk);
    assert_eq!(posts(&mut desk), [], "nothing is typed here");
    type_in(&mut tui, &mut desk, "hello");
    enter(&mut tui, &mut desk);
    assert_eq!(posts(&mut desk), [("#lobby".to_owned(), text("hello"))]);
    // What was entered here is recalled here only.
    alt(&mut tui, &mut desk, '2');
    press(&mut tui, &mut desk, KeyCode::Up, KeyModifiers::NONE);
    assert_eq!(desk.composer().text(), "");
    alt(&mut tui, &mut desk, '3');
    assert_eq!((desk.composer().text(), desk.composer().caret()), ("private words for bob", 20));
    enter(&mut tui, &mut desk);
    assert_eq!(posts(&mut desk), [("@bob".to_owned(), text("private words for bob"))]);
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
        let pins = pins.iter().copied().map(RoomSeq).collect();
        desk.notice(Notice::Pins { room: "#lobby".into(), pins });
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
fn whoever_is_put_out_in_the_middle_of_a_line_says_it_nowhere_else() {
    let (mut desk, mut tui) = (desk(), face());
    joins(&mut desk, "#secret", 0, 0);
    press(&mut tui, &mut desk, KeyCode::Char('2'), KeyModifiers::ALT);
    type_in(&mut tui, &mut desk, "the code is");
    desk.notice(Notice::Out { name: "#secret".into() });
    assert_eq!(desk.room(), "#lobby");
    type_in(&mut tui, &mut desk, " 1234");
    desk.take_commands();
    enter(&mut tui, &mut desk);
    let said = drawn(&mut tui, &mut desk, 120, 24).0.join("\n");
    for wanted in ["-- not said in #secret: the code is", "-- this is #lobby now; Enter once more says it here"] {
        assert!(said.contains(wanted), "{said}");
    }
    assert!(!desk.take_commands().iter().any(|command| matches!(command, Command::Post { .. })));
    enter(&mut tui, &mut desk);
    assert!(desk.take_commands().iter().any(|command| matches!(command, Command::Post { .. })));
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
    assert_eq!(tui.take_wanted(), super::Wanted::default(), "there is none in the last message");
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
fn a_screen_that_is_too_narrow_for_a_list_says_so() {
    let (mut tui, mut desk) = (face(), talk());
    for (key, said) in [(2, "too narrow for rooms"), (3, "too narrow for people")] {
        drawn(&mut tui, &mut desk, 40, 12);
        press(&mut tui, &mut desk, KeyCode::F(key), KeyModifiers::NONE);
        let (rows, _) = drawn(&mut tui, &mut desk, 40, 12);
        assert!(rows.iter().any(|row| row.contains(said)), "{rows:#?}");
    }
    tui.event(&Event::Resize(60, 12), &mut desk);
    let (rows, _) = drawn(&mut tui, &mut desk, 60, 12);
    assert!(!rows.iter().any(|row| row.contains("too narrow")), "another size: {rows:#?}");
    press(&mut tui, &mut desk, KeyCode::F(3), KeyModifiers::NONE);
    type_in(&mut tui, &mut desk, "x");
    let (rows, _) = drawn(&mut tui, &mut desk, 40, 12);
    assert!(!rows.iter().any(|row| row.contains("too narrow")), "until the next key");
    let (rows, _) = drawn(&mut tui, &mut desk, 80, 24);
    assert!(rows.iter().any(|row| row.contains("● ann")), "and nothing was put away");
}

#[test]
fn a_question_about_a_paste_stands_beside_the_line() {
    let (mut tui, mut desk) = (face(), talk());
    tui.event(&Event::Paste("one\n".repeat(10)), &mut desk);
    for (columns, rows) in [(80, 24), (40, 12), (200, 60)] {
        let (shown, _) = drawn(&mut tui, &mut desk, columns, rows);
        let below = shown.iter().rev().take_while(|row| !row.contains('╰')).count();
        assert_eq!(below, 1, "only the line is below it: {shown:#?}");
        assert!(shown.iter().any(|row| row.contains("Esc")), "{shown:#?}");
    }
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

#[test]
fn no_row_of_the_help_and_no_key_for_a_message_is_cut_at_80_and_at_40_columns() {
    for screen in [80, 40] {
        let inside = usize::from(screen) - 6;
        for line in super::overlay::help_lines(screen) {
            assert!(super::cells::width(&line) <= inside, "{screen}: {line}");
        }
        for chosen in ["message 7", "message 123456 by somebody with a long name"] {
            let hint = super::status::about_chosen(chosen, usize::from(screen) - 2);
            assert!(super::cells::width(&hint) <= usize::from(screen) - 2, "{screen}: {hint}");
            let words: Vec<_> = hint.split([' ', ',', '(']).collect();
            assert!(["r", "e", "d", "p", "+", "y", "o"].iter().all(|key| words.contains(key)), "{screen}: {hint}");
        }
    }
}
