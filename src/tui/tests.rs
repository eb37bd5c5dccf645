//! Whole screens, cell by cell: what is in a row is all there is in it, and takes exactly its columns.

mod messages;
mod narrow;
mod rooms;
mod rows;
mod widths;

use std::collections::BTreeSet;

use chinwag_proto::time::{Instant, Now, WallTime};
use chinwag_proto::wire::id::{AccountId, LogId, RoomId, RoomSeq};
use chinwag_proto::wire::message::{Access, Act, Body, Entry, Presence, Reach, Role, RoomInfo, RoomKind, Standing};
use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::cells::width_of;
use super::timeline::Chosen;
use super::{Flow, Notify, Theme, Tui};
use crate::client_core::{Command, Connection, Delivered, Notice, Present, Quality};
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
        (2, Body::React { of: RoomSeq(3), emoji: "👍🏽".into(), is_set: true }),
        (4, Body::React { of: RoomSeq(3), emoji: "👍🏽".into(), is_set: true }),
        (1, Body::Edit { of: RoomSeq(3), text: "好的! 👨‍👩‍👧‍👦 🇩🇪 👍🏽 e\u{301}".into() }),
        (2, text("ann: \u{1b}[2J nothing \u{202e}escapes")),
    ];
    for (n, (author, body)) in lobby.into_iter().enumerate() {
        says(&mut desk, "#lobby", n as u64 + 1, author, body);
    }
    let reach = Reach { delivered: 3, read: 1, of: 3 };
    desk.notice(Notice::Delivered(Delivered { room: "#lobby".into(), number: RoomSeq(3), reach }));
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
            "  好的! 👨‍👩‍👧‍👦 🇩🇪 👍🏽 e\u{301} (edited)",
            "  ✓✓1/3 read",
            "  👍🏽 2",
            "דנה: שלום עולם, what a לילה",
            "ليلى: مرحبا بالعالم",
            "bob: ann: ␛[2J nothing",
            "  <U+202E>escapes",
            "      13 elsewhere, 3 for you",
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
fn a_screen_that_is_too_narrow_for_a_list_says_so() {
    let (mut tui, mut desk) = (face(), talk());
    for (key, said) in [(2, "too narrow: Ctrl-K lists rooms"), (3, "too narrow for people; /who lists them")] {
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
fn every_sentence_above_the_line_is_whole_at_40_columns() {
    let columns = 38;
    for ways in super::sentences::hint::ALL {
        let said = super::sentences::hint::fitting(ways, columns);
        assert!(super::cells::width(&said) <= columns, "{said}");
        assert_eq!(super::sentences::hint::fitting(ways, 200), ways[0], "and in full where there is room");
    }
    let forms = |help: &crate::words::help::Help| [format!("/{}", help.name), format!("/{} ", help.name)];
    let usages = crate::words::help::COMMANDS.iter().flat_map(forms);
    let begun = ["/", "/u", "/un", "/p", "/nosuch", "/edit 1 x"].map(str::to_owned);
    for typed in usages.chain(begun) {
        let (mut tui, mut desk) = (face(), talk());
        type_in(&mut tui, &mut desk, &typed);
        let (rows, _) = drawn(&mut tui, &mut desk, 40, 12);
        assert!(
            rows[10].starts_with(' ') && rows[10].trim().len() > 1 && !rows[10].contains('…'),
            "{typed}: {rows:#?}"
        );
        let whole = rows[10].split_whitespace().all(|word| !word.starts_with('/') || is_command(word));
        assert!(whole, "{typed}: {rows:#?}");
    }
}

fn is_command(word: &str) -> bool {
    crate::words::help::of(&word[1..]).is_some()
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
fn no_row_of_the_help_and_no_key_for_a_message_is_cut_at_80_and_at_40_columns() {
    for screen in [80, 40] {
        let inside = usize::from(screen) - 6;
        for line in super::overlay::help_lines(screen) {
            assert!(super::cells::width(&line) <= inside, "{screen}: {line}");
        }
        let mut desk = desk();
        says(&mut desk, "#lobby", 1, 1, text("see https://a.example"));
        let standing = Standing::In(Role::Moderator);
        desk.notice(Notice::Room { name: "#lobby".into(), info: RoomInfo { standing, ..info("#lobby", 1, 1) } });
        desk.entered("on its way to https://a.example");
        let tag = desk.pending_in("#lobby").map(|(tag, _)| tag).next().expect("on its way");
        let waiting = (RoomSeq(u64::MAX), u32::try_from(tag).expect("small"));
        let of = |key, chosen| super::offers::of(&desk, key, chosen);
        let message = of((RoomSeq(1), 0), Chosen::Entry(RoomSeq(1)));
        let chosen = [
            ("message 7", message.clone(), &["r", "e", "d", "p", "+", "y", "o"][..]),
            ("message 123456 by somebody with a long name", message, &["r", "e", "d", "p", "+", "y", "o"]),
            ("on its way", of(waiting, Chosen::OnItsWay(tag)), &["e", "d", "y", "o"]),
            ("message 7 of somebody", Vec::new(), &[]),
        ];
        for (what, offers, keys) in chosen {
            assert_eq!(offers.iter().map(|offer| offer.key).collect::<Vec<_>>(), keys, "{what}");
            let hint = super::sentences::offers::in_words(what, &offers, usize::from(screen) - 2);
            assert!(super::cells::width(&hint) <= usize::from(screen) - 2, "{screen}: {hint}");
            let words: Vec<_> = hint.split([' ', ',', '(']).collect();
            assert!(keys.iter().all(|key| words.contains(key)), "{screen}: {hint}");
        }
    }
}
