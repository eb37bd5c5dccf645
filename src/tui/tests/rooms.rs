//! Going from room to room.

use super::*;

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
    let Some(super::super::overlay::Overlay::Switcher { found, .. }) = &tui.overlay else { panic!("it is open") };
    assert_eq!(found.len(), 2_000);
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
