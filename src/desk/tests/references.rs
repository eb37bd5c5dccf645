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
