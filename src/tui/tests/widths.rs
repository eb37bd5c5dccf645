//! How many columns texts take: by our count, and on a real terminal. A library that changes its mind fails here, and not on
//! somebody's screen. Where the terminal differs, the row is drawn whole, each cell in its place.

use std::collections::BTreeSet;
use std::process::Command;
use std::rc::Rc;

use ratatui::backend::Backend as _;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation as _;

use crate::tui::cells::{is_doubtful, put, settle, width, width_of};
use crate::tui::linked::Linked;

/// The terminal that the table was made with: others, and other versions, differ from it.
const TERMINAL: &str = "tmux 3.3a";

/// Texts, the columns that we count, and those that the terminal takes. Latin, Chinese, half-width Katakana and its sound marks,
/// Arabic with lam and alef, Hebrew, Devanagari, Thai, Lao, Tamil, Burmese, Khmer, Korean, emoji in all their forms, flags, what
/// is invisible, and what is ambiguous.
const TABLE: &[(&str, usize, usize)] = &[
    ("a", 1, 1),
    ("e\u{301}", 1, 1),
    ("\u{e9}", 1, 1),
    ("\u{4f60}", 2, 2),
    ("\u{ff0c}", 2, 2),
    ("\u{3002}", 2, 2),
    ("\u{ff76}\u{ff9e}", 2, 2),
    ("\u{ff8a}\u{ff9f}", 2, 2),
    ("\u{ff76}", 1, 1),
    ("\u{30ab}\u{3099}", 2, 2),
    ("\u{644}\u{627}", 2, 2),
    ("\u{633}\u{644}\u{627}\u{645}", 4, 4),
    ("\u{645}\u{64f}\u{62d}\u{64e}\u{645}\u{64e}\u{651}\u{62f}", 4, 4),
    ("\u{5e9}\u{5c1}\u{5b8}", 1, 1),
    ("\u{939}\u{93f}\u{928}\u{94d}\u{926}\u{940}", 5, 5),
    ("\u{915}\u{94d}\u{937}", 2, 2),
    ("\u{915}\u{94d}\u{200d}\u{937}", 2, 1),
    ("\u{915}\u{93f}", 2, 2),
    ("\u{915}\u{940}", 2, 2),
    ("\u{e17}\u{e35}\u{e48}", 1, 1),
    ("\u{e19}\u{e49}\u{e33}", 2, 2),
    ("\u{e97}\u{eb5}\u{ec8}", 1, 1),
    ("\u{ba4}\u{bae}\u{bbf}\u{bb4}\u{bcd}", 4, 4),
    ("\u{1000}\u{103c}\u{1031}", 3, 3),
    ("\u{1781}\u{17d2}\u{1798}\u{17c2}\u{179a}", 3, 4),
    ("\u{1100}\u{1161}\u{11a8}", 2, 2),
    ("\u{ac01}", 2, 2),
    ("\u{2764}", 1, 1),
    ("\u{2764}\u{fe0f}", 2, 1),
    ("\u{2764}\u{fe0e}", 1, 1),
    ("\u{263a}\u{fe0f}", 2, 1),
    ("\u{231a}", 2, 2),
    ("\u{231a}\u{fe0e}", 1, 2),
    ("1\u{fe0f}\u{20e3}", 2, 1),
    ("\u{1f600}", 2, 2),
    ("\u{1f44d}\u{1f3fd}", 2, 4),
    ("\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}\u{200d}\u{1f466}", 2, 2),
    ("\u{2764}\u{fe0f}\u{200d}\u{1f525}", 2, 1),
    ("\u{1f1e9}\u{1f1ea}", 2, 2),
    ("\u{1f1e9}", 1, 1),
    ("\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}", 2, 2),
    ("\u{1f3f3}\u{fe0f}\u{200d}\u{1f308}", 2, 1),
    ("\u{200b}", 0, 0),
    ("\u{200d}", 0, 0),
    ("\u{200e}", 0, 0),
    ("\u{ad}", 0, 1),
    ("\u{2014}", 1, 1),
    ("\u{2026}", 1, 1),
    ("\u{3000}", 2, 2),
    ("\u{201c}", 1, 1),
    ("\u{2460}", 1, 1),
    ("\u{b1}", 1, 1),
    ("\u{fb01}", 1, 1),
    ("\u{a9c1}", 1, 1),
    ("\u{661}", 1, 1),
    ("\u{20ac}", 1, 1),
    ("\u{20000}", 2, 2),
    ("\u{1fae8}", 2, 0),
    ("\u{115f}", 2, 2),
    ("\u{3164}", 0, 2),
    ("\u{2060}", 0, 0),
];

/// Seen alone, these are wider or narrower there than they are here: the terminal knows no Unicode that is so new, or gives a
/// column to what nobody sees (which is not written to it).
const ALONE: &[&str] = &["\u{1fae8}", "\u{ad}", "\u{3164}"];

#[test]
fn columns_are_counted_as_the_table_has_them() {
    let wrong: Vec<_> = TABLE.iter().filter(|(text, ours, _)| width(text) != *ours).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    let unsettled = |&&(text, ours, theirs): &&(&str, usize, usize)| {
        ours != theirs && !ALONE.contains(&text) && !text.graphemes(true).any(is_doubtful)
    };
    let wrong: Vec<_> = TABLE.iter().filter(unsettled).collect();
    assert!(wrong.is_empty(), "a row with one of these would be torn: {wrong:?}");
}

#[test]
fn what_stands_behind_a_text_is_drawn_whatever_the_library_counts() {
    for (text, ours, _) in TABLE {
        let area = Rect::new(0, 0, 12, 1);
        let (before, mut after) = (Buffer::empty(area), Buffer::empty(area));
        put(&mut after, area, 0, 0, &format!("{text}x"), Style::new());
        let drawn = before.diff(&after);
        let at = u16::try_from(*ours).expect("narrow");
        assert!(drawn.iter().any(|(x, _, cell)| *x == at && cell.symbol() == "x"), "{text:?}: {drawn:?}");
        let covered = text.graphemes(true).filter(|grapheme| width_of(grapheme) > 0).count();
        assert!(drawn.len() > covered, "{text:?}");
    }
}

#[test]
fn what_replaces_a_cluster_of_several_cells_leaves_none_of_them() {
    for text in ["\u{ff76}\u{ff9e}", "\u{928}\u{94d}\u{926}\u{940}", "\u{e19}\u{e49}\u{e33}"] {
        let area = Rect::new(0, 0, 6, 1);
        let (mut before, mut after, mut rows) = (Buffer::empty(area), Buffer::empty(area), BTreeSet::new());
        put(&mut before, area, 0, 0, text, Style::new());
        settle(&mut before, &mut rows, &BTreeSet::new());
        put(&mut after, area, 0, 0, ",", Style::new());
        settle(&mut after, &mut rows, &BTreeSet::new());
        let written: Vec<u16> = before.diff(&after).iter().map(|(x, ..)| *x).collect();
        assert_eq!(written, [0, 1, 2, 3, 4, 5], "{text:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_table_is_what_a_real_terminal_does() {
    let version =
        Command::new("tmux").arg("-V").output().map(|said| String::from_utf8_lossy(&said.stdout).into_owned());
    match version {
        Ok(version) if version.trim() == TERMINAL => {}
        Ok(other) => return eprintln!("skipped: the table is of {TERMINAL}, and here is {}", other.trim()),
        Err(_) => return eprintln!("skipped: there is no tmux"),
    }
    let terminal = real::Terminal::start();
    let wrong: Vec<_> = TABLE.iter().filter(|(text, _, theirs)| terminal.columns_of(text) != *theirs).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// The rows of a screen there.
#[cfg(target_os = "linux")]
const ROWS: usize = 20;

#[cfg(target_os = "linux")]
#[test]
fn a_screen_drawn_after_another_is_the_same_as_one_drawn_on_an_empty_one() {
    if !Command::new("tmux").arg("-V").output().is_ok_and(|said| said.status.success()) {
        return eprintln!("skipped: there is no tmux");
    }
    let area = Rect::new(0, 0, 20, 20);
    let terminal = real::Terminal::start();
    // What a terminal gives no cell to is never in one of ours; and this one forgets a joiner where its reading ends by chance.
    let texts = || {
        TABLE.iter().filter(|(text, ours, _)| *ours > 0 && !ALONE.contains(text) && !text.contains('\u{200d}')).cycle()
    };
    let frame = |first: usize, doubtful: &mut BTreeSet<u16>| {
        let mut buf = Buffer::empty(area);
        for (y, (text, ..)) in (0..).zip(texts().skip(first).take(ROWS)) {
            put(&mut buf, area, 3, y, &format!("{text}  x {text}{text} y"), Style::new());
        }
        settle(&mut buf, doubtful, &BTreeSet::new());
        buf
    };
    let written = |before: &Buffer, after: &Buffer| {
        let mut written = Vec::new();
        Linked::new(&mut written, Rc::default()).draw(before.diff_iter(after)).expect("memory can be written");
        written
    };
    let empty = Buffer::empty(area);
    for first in 0..TABLE.len() {
        for by in [1, 2, ROWS] {
            let mut doubtful = BTreeSet::new();
            let before = frame(first, &mut doubtful);
            let after = frame(first + by, &mut doubtful);
            let scrolled = terminal.screen(&[written(&empty, &before), written(&before, &after)]);
            let fresh = terminal.screen(&[written(&empty, &after)]);
            assert_eq!(scrolled, fresh, "from {first} by {by}");
        }
    }
}

/// tmux with an idle program, at whose terminal this process writes and reads.
#[cfg(target_os = "linux")]
mod real {
    use std::fs::{File, OpenOptions};
    use std::io::{Read as _, Write as _};
    use std::os::unix::fs::OpenOptionsExt as _;
    use std::process::{Command, Stdio};

    use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

    pub(super) struct Terminal {
        socket: tempfile::TempDir,
        tty: File,
    }

    impl Terminal {
        pub(super) fn start() -> Self {
            let socket = tempfile::tempdir().expect("a folder");
            // It ends by itself after a while, should this process be killed.
            let args =
                ["-u", "-f", "/dev/null", "new-session", "-d", "-P", "-F", "#{pane_tty}", "-x", "80", "-y", "24"];
            let mut start = tmux(&socket);
            let started =
                start.args(args).arg("exec sleep 600").stderr(Stdio::inherit()).output().expect("tmux starts");
            let path = String::from_utf8(started.stdout).expect("a path");
            let noctty = i32::try_from(rustix::fs::OFlags::NOCTTY.bits()).expect("a flag");
            let tty = OpenOptions::new().read(true).write(true).custom_flags(noctty).open(path.trim()).expect("a tty");
            let mut modes = tcgetattr(&tty).expect("its modes");
            modes.make_raw();
            tcsetattr(&tty, OptionalActions::Now, &modes).expect("raw");
            Self { socket, tty }
        }

        /// Where the cursor stands after the text, as the terminal itself reports it (ECMA-48, DSR and CPR).
        pub(super) fn columns_of(&self, text: &str) -> usize {
            (&self.tty).write_all(format!("\r\x1b[K{text}\x1b[6n").as_bytes()).expect("it shows");
            let mut report = Vec::new();
            while report.last() != Some(&b'R') {
                let mut octet = [0];
                (&self.tty).read_exact(&mut octet).expect("it answers");
                report.extend(octet);
            }
            let report = String::from_utf8(report).expect("text");
            let column =
                report.trim_end_matches('R').rsplit(';').next().and_then(|column| column.parse::<usize>().ok());
            column.expect("a column") - 1
        }

        /// What an empty screen shows after all that was written to it.
        pub(super) fn screen(&self, written: &[Vec<u8>]) -> String {
            (&self.tty).write_all(b"\x1b[H\x1b[2J").expect("it clears");
            written.iter().for_each(|written| (&self.tty).write_all(written).expect("it shows"));
            (&self.tty).write_all(b"\x1b[24;1H").expect("it goes there");
            // It answers when it has shown all before.
            self.columns_of("");
            let shown = tmux(&self.socket).args(["-u", "capture-pane", "-p"]).output().expect("it tells");
            String::from_utf8(shown.stdout).expect("text")
        }
    }

    impl Drop for Terminal {
        fn drop(&mut self) {
            let _ = tmux(&self.socket).arg("kill-server").status();
        }
    }

    fn tmux(socket: &tempfile::TempDir) -> Command {
        let mut command = Command::new("tmux");
        command.env("LC_ALL", "C.UTF-8").arg("-S").arg(socket.path().join("tmux"));
        command
    }
}
