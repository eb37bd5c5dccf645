//! The terminal interface: from a key press to the screen's cells, in a room with a hundred thousand messages.

use std::collections::BTreeSet;

use chinwag::client_core::Notice;
use chinwag::desk::{Desk, Manner, Shows, UTC};
use chinwag::tui::{Notify, Theme, Tui};
use chinwag_proto::limits::TEXT_MAX_LEN;
use chinwag_proto::time::{Now, WallTime};
use chinwag_proto::wire::id::{AccountId, RoomId, RoomSeq};
use chinwag_proto::wire::message::{Body, Entry};
use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use divan::Bencher;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

const MESSAGES: u64 = 100_000;

/// A letter is typed, and seen.
#[divan::bench(args = [(80, 24), (200, 60)])]
fn a_key_press_drawn(bencher: Bencher<'_, '_>, size: (u16, u16)) {
    type_in(bencher, size, "words enough for a line or two, 你好 and so on");
}

/// The same, with a message in view that is as long as one may be.
#[divan::bench(args = [(80, 24), (200, 60)])]
fn a_key_press_drawn_beside_a_long_message(bencher: Bencher<'_, '_>, size: (u16, u16)) {
    type_in(bencher, size, &"a word ".repeat(TEXT_MAX_LEN / 7));
}

fn type_in(bencher: Bencher<'_, '_>, (columns, rows): (u16, u16), last: &str) {
    let mut desk = desk(last);
    let mut tui = Tui::new(Theme::Dark, Notify::Off);
    let area = Rect::new(0, 0, columns, rows);
    let mut screens = [Buffer::empty(area), Buffer::empty(area)];
    let mut typed = 0;
    bencher.bench_local(|| {
        typed += 1;
        // Sixty letters, and the line is emptied.
        let key = match typed % 61 {
            0 => KeyEvent::new(KeyCode::Char('u'), KeyModifiers::CONTROL),
            _ => KeyEvent::new(KeyCode::Char('x'), KeyModifiers::NONE),
        };
        tui.event(&Event::Key(key), &mut desk);
        screens.swap(0, 1);
        screens[1].reset();
        tui.draw(&desk, area, &mut screens[1]);
        tui.drawn(&mut desk);
        desk.take_commands();
        desk.take_changes();
        screens[0].diff(&screens[1]).len()
    });
}

fn desk(last: &str) -> Desk {
    let now = Now::default();
    let mut desk =
        Desk::new(Manner { is_attended: true, shows: Shows::Rooms }, "ann", BTreeSet::new(), "lobby", UTC, now);
    let (name, zero) = (|| "#lobby".to_owned(), RoomSeq(0));
    desk.notice(Notice::Joined { room: RoomId(1), name: name(), after: zero, head: zero, skipped: 0 });
    for n in 1..=MESSAGES {
        let text = if n == MESSAGES { last.to_owned() } else { format!("message {n}, with some words in it") };
        let at = WallTime::from_unix_millis(n * 10_000);
        let entry = Entry { at, author: AccountId(2 + n % 5), name: format!("user{}", n % 5), body: Body::Text(text) };
        let number = RoomSeq(n);
        desk.notice(Notice::Entry {
            room: RoomId(1),
            name: name(),
            number,
            contiguous_upto: number,
            own: false,
            is_ignored: false,
            entry,
        });
    }
    desk.take_changes();
    desk
}
