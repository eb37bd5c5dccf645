//! Passwords that commands ask for.

use super::*;
use crate::For;

#[test]
fn where_nobody_can_be_asked_for_a_password_nothing_waits_for_it_and_it_is_said_what_it_was_for() {
    for (line, what) in [
        ("/create #pw password", For::Create("#pw".into())),
        ("/open password", For::Open("#lobby".into())),
        ("/password", For::Old),
        ("/unregister ann", For::Unregister),
    ] {
        let mut seat = Seat::new(PIPE);
        seat.said();
        seat.desk.entered(line);
        assert_eq!(seat.said(), [Remark::NobodyToAsk(what)], "{line}");
        assert_eq!((seat.desk.failed(), seat.desk.all_is_answered()), (1, true), "{line}");
        assert_eq!(seat.desk.room(), "#lobby", "{line}");
    }
}

#[test]
fn a_room_that_wants_a_password_is_entered_when_that_is_typed_and_not_before() {
    for manner in [ROOMS, LINES] {
        let mut seat = Seat::new(manner);
        asked(&mut seat.desk);
        seat.desk.entered("/create #pw password");
        assert!(seat.desk.question().is_some() && seat.desk.all_is_answered(), "{manner:?}");
        seat.desk.secret(String::new());
        assert_eq!((seat.desk.question(), seat.desk.all_is_answered()), (None, true), "{manner:?}");
        assert_eq!((asked(&mut seat.desk).1.len(), seat.desk.room()), (0, "#lobby"), "{manner:?}");
        seat.desk.entered("/create #pw password");
        (0..2).for_each(|_| seat.desk.secret("sesame".into()));
        assert!(!seat.desk.all_is_answered(), "{manner:?}");
        let is_made = |command: &Command| matches!(command, Command::Join { room, entering: Entering::Made { password: Some(_), .. }, .. } if room == "#pw");
        assert!(seat.desk.take_commands().iter().any(is_made), "{manner:?}");
        assert_eq!(seat.desk.room(), "#pw", "{manner:?}");
    }
}

#[test]
fn a_password_that_no_account_may_have_is_refused_before_it_is_typed_twice() {
    for manner in [ROOMS, LINES] {
        let mut seat = Seat::new(manner);
        seat.desk.entered("/password");
        seat.desk.secret(String::new());
        seat.said();
        for unfit in ["short".to_owned(), "x".repeat(257)] {
            let asked_for = seat.desk.asked_for();
            seat.desk.secret(unfit);
            assert_eq!(seat.said(), [AboutSecret::Unfit.into()]);
            assert!(seat.desk.question().is_some_and(|question| !question.is_again()), "it is asked once more");
            assert_eq!(seat.desk.asked_for(), asked_for + 1);
        }
        seat.desk.secret("long enough".into());
        assert!(seat.desk.question().is_some_and(|question| question.is_again()));
    }
}

#[test]
fn too_long_a_password_of_a_room_is_refused_by_the_rooms_own_limit_and_a_short_one_is_taken() {
    for line in ["/create #vault password", "/open password"] {
        let mut seat = Seat::new(LINES);
        seat.desk.entered(line);
        seat.said();
        seat.desk.secret("x".repeat(257));
        assert_eq!(seat.said(), [AboutSecret::UnfitForRoom.into()], "{line}");
        assert!(seat.desk.question().is_some_and(|question| !question.is_again()), "it is asked once more");
        seat.desk.secret("me".into());
        assert!(seat.said().is_empty() && seat.desk.question().is_some_and(|question| question.is_again()), "{line}");
    }
}

#[test]
fn whoever_has_an_account_and_registers_is_asked_for_a_password_so_that_it_is_said_to_nobody() {
    for (line, manner) in [("/register", ROOMS), ("/login", LINES)] {
        let mut seat = Seat::new(manner);
        seat.logs_in();
        seat.said();
        seat.desk.entered(line);
        assert_eq!(seat.said(), [Setting::IsSomeone("ann".into()).into()]);
        assert!(seat.desk.question().is_some_and(|question| *question.what() == For::Old));
    }
}
