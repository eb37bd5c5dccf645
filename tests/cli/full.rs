//! The terminal interface on real terminals, as people see it.

use crate::process::{Scratch, Server};
use crate::pty::{Terminal, has};

fn chat(scratch: &Scratch, server: &Server, whose: &str) -> Terminal {
    scratch.chat(server, whose, (80, 24), &["--accept-new"])
}

#[test]
fn two_people_talk_on_whole_screens() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let mut ann = chat(&scratch, &server, "ann");
    ann.until(has("● ann"));
    let mut bob = chat(&scratch, &server, "bob");
    bob.until(has("● bob"));
    ann.until(has("● bob"));
    ann.press("half typed 你好");
    ann.until_typed("> half typed 你好", 17);
    bob.until(has("ann types"));
    bob.press("one 👍🏽 שלום\r\x1b[200~two \r\n你好\x1b[201~\r");
    let rows = ann.until(has("你好         "));
    // This terminal leaves out the tone of the skin; what stands behind it is in its place all the same.
    assert!(rows.iter().any(|row| row.contains("bob one 👍") && row.contains("שלום")), "{rows:#?}");
    ann.until_typed("> half typed 你好", 17);
    ann.press("!\r");
    ann.until(has("ann half typed 你好! ✓✓ read"));
    ann.until_typed(">", 2);
    bob.press("@ann look\r");
    ann.until(has("bob @ann look"));
    bob.press("/msg ann psst\r");
    ann.until_bell();
    ann.until(has(" @bob        1"));
    ann.press("\x1ba");
    ann.until(has("bob psst"));
    ann.until(|rows| rows[0].starts_with(" @bob"));
}

#[test]
fn another_size_is_drawn_at_once_and_the_terminal_is_given_back() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let mut ann = chat(&scratch, &server, "ann");
    ann.until(has("● ann"));
    assert!(ann.screen.screen().alternate_screen());
    ann.press("a line that is longer than thirty columns are\r");
    ann.until(has("✓"));
    ann.resize(30, 10);
    let rows = ann.until(|rows| rows.iter().any(|row| row.starts_with("ann: a line")));
    assert!(rows.iter().all(|row| !row.contains('│')), "{rows:#?}");
    ann.resize(100, 20);
    ann.until(|rows| rows.iter().any(|row| row.contains("a line that is longer than thirty columns are")));
    ann.press("/quit\r");
    assert_eq!(ann.end(), Some(0));
    assert!(!ann.screen.screen().alternate_screen() && !ann.screen.screen().hide_cursor());
}

#[test]
fn a_stop_by_whatever_signal_leaves_no_trace_on_the_screen() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let mut ann = chat(&scratch, &server, "ann");
    ann.until(has("● ann"));
    ann.press("half typed");
    ann.until_typed("> half typed", 12);
    ann.stop_and_continue(rustix::process::Signal::STOP);
    let told = has("● ann");
    let rows = ann.until(|rows| told(rows) && rows.last().is_some_and(|last| last == "> half typed"));
    assert!(!rows.concat().contains("$ fg"), "{rows:#?}");
    assert!(ann.screen.screen().alternate_screen() && ann.screen.screen().bracketed_paste());
    assert_eq!(ann.echoes(), (false, false), "keys come one by one, and are not shown");
    // Another program resets the terminal, and the user draws all anew.
    ann.screen.process(b"\x1bcgone");
    ann.press("\x0c");
    ann.until(has("● ann"));
    assert!(ann.screen.screen().alternate_screen() && ann.screen.screen().bracketed_paste());
}

#[test]
fn a_signal_gives_the_terminal_back_and_is_its_exit_code() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let mut ann = chat(&scratch, &server, "ann");
    ann.until(has("● ann"));
    ann.signal(rustix::process::Signal::TERM);
    assert_eq!(ann.end(), Some(143));
    assert!(!ann.screen.screen().alternate_screen());
}

#[test]
fn an_account_is_deleted_by_its_own_user_and_by_no_slip() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    // The first one owns the server.
    scratch
        .chinwag("ann", &["send", "--server", &server.addr, "--accept-new", "--room", "lobby", "hello"])
        .end()
        .expect(0, &[]);
    let mut bob = chat(&scratch, &server, "bob");
    bob.until(has("ann hello"));
    bob.press("/unregister ann\r");
    bob.until(has("only your own account"));
    // What was refused stays to be corrected.
    bob.press("\x15/unregister bob\r");
    bob.until(has("your password, to delete the account (Enter: there is none):"));
    bob.press("\r");
    assert_eq!(bob.end(), Some(7));
    let users = scratch.chinwag("server", &["admin", "users"]).end().out;
    assert!(users.contains("ann: ") && !users.contains("bob: "), "{users}");
}

#[test]
fn whoever_is_ignored_is_not_found_either() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    for whose in ["eve", "bob"] {
        let send = ["send", "--server", &server.addr, "--accept-new", "--name", whose, "--room", "lobby"];
        scratch.chinwag(whose, &[&send[..], &[&format!("zebra of {whose}")]].concat()).end().expect(0, &[]);
    }
    let mut ann = chat(&scratch, &server, "ann");
    ann.until(has("zebra of bob"));
    ann.press("/ignore eve\r");
    ann.until(|rows| !rows.iter().any(|row| row.contains("eve zebra")));
    ann.press("/history\r");
    let rows = ann.until(has("history of #lobby"));
    let told = |rows: &[String], who: &str| rows.iter().filter(|row| row.contains(who)).count();
    assert_eq!((told(&rows, "eve: zebra"), told(&rows, "bob: zebra")), (0, 1), "{rows:#?}");
    ann.press("/quit\r");
    assert_eq!(ann.end(), Some(0));
    for args in [&["history", "lobby"][..], &["history", "lobby", "--since", "1h", "--json"], &["search", "zebra"]] {
        let ended = scratch.chinwag("ann", &[args, &["--server", &server.addr]].concat()).end();
        ended.expect(0, &[]);
        assert!(ended.out.contains("bob") && !ended.out.contains("eve"), "{args:?}: {}", ended.out);
    }
}

#[test]
fn nothing_is_lost_of_what_is_typed_or_said_at_once() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let mut ann = chat(&scratch, &server, "ann");
    ann.until(has("● ann"));
    let long: String = (0..40).map(|n| format!("word{n:02} ")).collect();
    ann.press(&long);
    ann.press("end\r");
    let told = has("end ✓");
    ann.until(|rows| told(rows) && rows.last().is_some_and(|row| row == ">"));
    let history = scratch.chinwag("ann", &["history", "lobby", "--json"]).end().out;
    assert!(history.contains(&format!("{long}end")), "{history}");
    // More than the screen takes in at once, each of which says which it is.
    let mut lines =
        scratch.chinwag("bob", &["send", "--server", &server.addr, "--accept-new", "--room", "lobby", "--stdin"]);
    (1..=300).for_each(|n| lines.write(&format!("line {n} of 300")));
    lines.end().expect(0, &[]);
    ann.until(has("bob line 300 of 300"));
    // Twenty rows are in view: all that belongs there is there.
    let rows = ann.until(has("bob line 290 of 300"));
    (290..=300).for_each(|n| assert!(has(&format!("line {n} of 300"))(&rows), "{n} in {rows:#?}"));
}
