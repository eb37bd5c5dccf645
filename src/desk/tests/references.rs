//! `^` after something was refused: it never is an older message than the one that the user means.

use chinwag_proto::limits::TEXT_MAX_LEN;

use super::*;

/// Every line that may be about the last message.
const OWN_LAST: [&str; 2] = ["/edit ^ oops", "/delete ^"];
const ANY_LAST: [&str; 4] = ["/reply ^ yes", "/react ^ +1", "/pin ^", "/pin"];

fn none_is_meant(seat: &mut Seat, lines: &[&str], why: NoRow) {
    for line in lines {
        assert_eq!(seat.told(line), [Typed::NoRow(why).into()], "{line}");
    }
}

#[test]
fn a_line_that_never_left_this_device_is_the_last_one_for_whatever_is_about_it() {
    let too_long = "y".repeat(TEXT_MAX_LEN + 1);
    let ways: [fn(&mut Seat, &str); 3] = [
        |seat, long| assert!(!seat.desk.entered(long).taken),
        |seat, _| seat.desk.not_taken(Typed::TooLong(1 << 20)),
        |seat, _| seat.desk.not_taken(Typed::NotText),
    ];
    for manner in MANNERS {
        for way in ways {
            let mut seat = Seat::new(manner);
            seat.says(1, OWN, "door code 1234");
            let failed = seat.desk.failed();
            way(&mut seat, &too_long);
            assert_eq!(seat.desk.failed(), failed + 1, "a program learns of it");
            none_is_meant(&mut seat, &OWN_LAST, NoRow::Refused);
            none_is_meant(&mut seat, &ANY_LAST, NoRow::LastRefused);
            // Somebody else has spoken: that is the last one of the room, and still none of one's own.
            seat.says(2, 2, "which code?");
            none_is_meant(&mut seat, &OWN_LAST, NoRow::Refused);
            assert_eq!(edit_of(&seat.types("/reply ^ yes")), Ok(2));
        }
    }
}

#[test]
fn what_was_said_before_the_refused_one_and_comes_later_is_not_the_last_one() {
    for manner in MANNERS {
        let mut seat = Seat::new(manner);
        let (one, two) = (tag(&seat.types("one")), tag(&seat.types("two")));
        seat.refused(two, Refusal::Muted);
        none_is_meant(&mut seat, &OWN_LAST, NoRow::Refused);
        none_is_meant(&mut seat, &ANY_LAST, NoRow::LastRefused);
        // Whether its answer comes first or the entry.
        seat.says(1, OWN, "one");
        none_is_meant(&mut seat, &ANY_LAST, NoRow::LastRefused);
        seat.stored(one, 1);
        none_is_meant(&mut seat, &OWN_LAST, NoRow::Refused);
        none_is_meant(&mut seat, &ANY_LAST, NoRow::LastRefused);
        let three = tag(&seat.types("three"));
        assert_eq!(edit_of(&seat.types("/react ^ +1")), Err(three));
    }
}

#[test]
fn the_last_message_is_the_one_on_its_way_and_never_an_older_one() {
    for manner in MANNERS {
        let mut seat = Seat::new(manner);
        seat.says(1, OWN, "meet at noon in room 7");
        let lunch = tag(&seat.types("lunhc?"));
        for line in ["/edit ^ lunch?", "/delete ^"] {
            assert_eq!(edit_of(&seat.types(line)), Err(lunch), "{line}");
        }
        // It is about to be taken back: the last that stands is the one before.
        assert_eq!(edit_of(&seat.types("/edit ^ noon it is")), Ok(1));
    }
}

#[test]
fn what_is_stored_and_has_not_come_yet_is_the_last_one_by_its_number() {
    for manner in MANNERS {
        let mut seat = Seat::new(manner);
        seat.says(1, OWN, "first");
        let second = tag(&seat.types("second"));
        seat.stored(second, 2);
        assert_eq!(edit_of(&seat.types("/edit ^ otherwise")), Ok(2));
        assert_eq!(seat.desk.pending_len(), 1, "the edit; what is stored is on its way no more");
        seat.says(2, OWN, "second");
        assert_eq!(seat.desk.pending_in("#lobby").count(), 1, "it stands where it belongs now");
        // From another device of the account.
        seat.says(3, OWN, "third");
        assert_eq!(edit_of(&seat.types("/edit ^ otherwise")), Ok(3));
        // The entry may come before the answer.
        let fourth = tag(&seat.types("fourth"));
        seat.says(4, OWN, "fourth");
        seat.stored(fourth, 4);
        assert_eq!(edit_of(&seat.types("/delete ^")), Ok(4));
        assert_eq!(edit_of(&seat.types("/delete ^")), Ok(3));
    }
}

#[test]
fn a_reply_to_the_last_one_is_to_what_stands_lowest() {
    for manner in MANNERS {
        let mut seat = Seat::new(manner);
        seat.says(1, 2, "a question");
        assert_eq!(edit_of(&seat.types("/reply ^ an answer")), Ok(1));
        let answer = seat.desk.pending_in("#lobby").next_back().map(|(tag, _)| tag).expect("on its way");
        assert_eq!(edit_of(&seat.types("/react ^ +1")), Err(answer));
        let last = seat.desk.pending_in("#lobby").next_back().map(|(_, it)| it.deed.row);
        assert_eq!(last, Some(Some(Row::Tag(answer))));
    }
}

#[test]
fn nothing_older_is_changed_in_the_place_of_what_was_refused() {
    for manner in MANNERS {
        let mut seat = Seat::new(manner);
        seat.says(1, OWN, "meet at noon");
        let lunch = tag(&seat.types("lunhc?"));
        let edit = tag(&seat.types("/edit ^ lunch?"));
        seat.refused(lunch, Refusal::Muted);
        seat.refused(edit, Refusal::NoSuchEntry);
        let text = Body::Text("lunhc?".into());
        let change = Body::Edit { of: RoomSeq::default(), text: "lunch?".into() };
        let refused =
            [refusal(text, None, Why::Refused(Refusal::Muted)), refusal(change, Some(Row::Tag(lunch)), Why::Orphan)];
        assert_eq!(seat.said(), refused);
        for line in ["/edit ^ lunch?", "/delete ^"] {
            assert_eq!(seat.told(line), [Typed::NoRow(NoRow::Refused).into()]);
        }
        assert_eq!(edit_of(&seat.types("/edit 1 meet at one")), Ok(1), "by its number");
        let next = tag(&seat.types("next"));
        assert_eq!(edit_of(&seat.types("/edit ^ next one")), Err(next));
    }
}

#[test]
fn a_refusal_is_forgotten_when_another_device_has_spoken_and_not_when_an_earlier_message_comes() {
    for manner in MANNERS {
        let mut seat = Seat::new(manner);
        let (one, two) = (tag(&seat.types("one")), tag(&seat.types("two")));
        seat.stored(one, 1);
        seat.refused(two, Refusal::SlowMode);
        seat.says(1, OWN, "one");
        assert_eq!(seat.told("/edit ^ three"), [Typed::NoRow(NoRow::Refused).into()]);
        seat.says(2, OWN, "from the telephone");
        assert_eq!(edit_of(&seat.types("/edit ^ three")), Ok(2));
    }
}

#[test]
fn how_far_the_last_message_got_is_not_told_of_an_older_one() {
    let mut seat = Seat::new(ROOMS);
    seat.says(1, OWN, "one");
    seat.types("two");
    seat.desk.entered("/status");
    assert!(!seat.desk.take_commands().iter().any(|command| matches!(command, Command::Ask { .. })));
    assert_eq!(seat.said()[0], AboutMessage::OnItsWay.into());
}

#[test]
fn what_was_taken_back_is_gone_with_what_was_to_be_done_to_it_and_an_answer_to_it_comes_back() {
    for manner in MANNERS {
        let mut seat = Seat::new(manner);
        seat.says(1, OWN, "first");
        let code = tag(&seat.types("door code 1234"));
        seat.types("/react ^ +1");
        let reply = tag(&seat.types("/reply ^ and 5678"));
        let command = seat.types(&format!("/delete ~{code}"));
        assert!(
            matches!(command, Command::Post { about, body: Body::Delete { .. }, .. } if about == Some(code)),
            "{command:?}"
        );
        seat.desk.take_answered();
        seat.desk.notice(Notice::TakenBack { tag: tag(&command), about: code });
        seat.refused(reply, Refusal::NoSuchEntry);
        let body = Body::Reply { to: RoomSeq::default(), text: "and 5678".into() };
        assert_eq!(seat.said(), [AboutMessage::TakenBack.into(), refusal(body, Some(Row::Tag(code)), Why::Orphan)]);
        assert_eq!((seat.desk.pending_len(), seat.desk.take_answered()), (0, 4), "each line was dealt with once");
    }
}

#[test]
fn what_is_typed_about_a_row_on_its_way_is_about_that_row_whatever_becomes_of_it_meanwhile() {
    for manner in MANNERS {
        let mut seat = Seat::new(manner);
        let (one, two) = (tag(&seat.types("one")), tag(&seat.types("two")));
        assert_eq!(edit_of(&seat.types(&format!("/edit ~{one} eins"))), Err(one), "not the last one");
        seat.stored(one, 7);
        assert_eq!(edit_of(&seat.types(&format!("/edit ~{one} uno"))), Ok(7));
        seat.says(7, OWN, "one");
        assert_eq!(edit_of(&seat.types(&format!("/delete ~{one}"))), Ok(7));
        assert_eq!(seat.desk.number_of(one), Some(RoomSeq(7)));
        for nothing in ["/edit ~99 x", "/delete ~0"] {
            assert_eq!(seat.told(nothing), [Typed::NoRow(NoRow::Absent).into()], "{nothing}");
        }
        // It is another room's.
        seat.enters("#plans");
        seat.desk.look_at("#plans");
        for of in [one, two] {
            assert_eq!(seat.told(&format!("/edit ~{of} x")), [Typed::NoRow(NoRow::Absent).into()]);
        }
    }
}

#[test]
fn a_refused_row_is_taken_up_once_and_the_last_row_is_the_one_before_it_then() {
    let mut seat = Seat::new(ROOMS);
    seat.says(1, OWN, "meet at noon");
    for text in ["one", "two"] {
        let said = tag(&seat.types(text));
        seat.refused(said, Refusal::Muted);
        let refused = Some(Refused { room: "#lobby".into(), again: text.into() });
        let place = seat.desk.place();
        seat.desk.put_aside(place, Aside { refused, ..Aside::new(Tone::Trouble, "NOT DELIVERED") });
    }
    seat.desk.put_aside(seat.desk.place(), Aside::new(Tone::News, "something else"));
    let rows: Vec<Key> = seat.desk.in_view().expect("a room").asides.keys().copied().collect();
    assert_eq!(seat.desk.take_refused(rows[2]), None, "that is nothing to take up");
    assert_eq!(seat.desk.take_refused(rows[0]).map(|refused| refused.again), Some("one".into()));
    assert_eq!(seat.desk.take_refused(rows[0]), None, "once");
    assert_eq!(seat.told("/edit ^ x"), [Typed::NoRow(NoRow::Refused).into()]);
    assert_eq!(seat.desk.take_refused(rows[1]).map(|refused| refused.again), Some("two".into()));
    assert_eq!(edit_of(&seat.types("/edit ^ meet at one")), Ok(1));
}

#[test]
fn a_draft_about_what_has_no_number_is_kept_as_what_it_says() {
    let mut seat = Seat::new(ROOMS);
    let kept = |seat: &mut Seat, typed: &str| {
        seat.desk.composer_mut().set(typed);
        seat.desk.keep_drafts();
        drafts(&mut seat.desk).into_iter().find_map(|(_, draft)| draft).map(|(text, _)| text)
    };
    assert_eq!(kept(&mut seat, "/edit ~3 lunch?").as_deref(), Some("lunch?"));
    assert_eq!(kept(&mut seat, "/reply ~3 /etc is a folder").as_deref(), Some("//etc is a folder"));
    assert_eq!(kept(&mut seat, "/delete ~3"), None);
    for lasts in ["/edit 3 lunch?", "/search ~3 x", "~3 lunch?"] {
        assert_eq!(kept(&mut seat, lasts).as_deref(), Some(lasts));
    }
}
