//! What holds in a room: told to whoever enters it, and whenever it is asked for.

use chinwag_proto::wire::message::Fact;

use super::*;

fn told(seat: &mut Seat, upto: u64, facts: Facts) -> Vec<Fact> {
    seat.desk.notice(Notice::Facts { room: "#lobby".to_owned(), upto: RoomSeq(upto), facts });
    facts_in(seat.desk.take_changes())
}

fn facts_in(changes: Vec<Change>) -> Vec<Fact> {
    let fact = |change| if let Change::Fact { fact, .. } = change { Some(fact) } else { None };
    changes.into_iter().filter_map(fact).collect()
}

fn slow(slow_s: u32) -> Facts {
    Facts { slow_s, ..Facts::default() }
}

#[test]
fn what_holds_is_told_once_to_whoever_enters_and_again_when_it_became_otherwise_meanwhile() {
    for manner in MANNERS {
        let mut seat = Seat::new(manner);
        seat.desk.take_changes();
        assert_eq!(told(&mut seat, 0, slow(10)), [Fact::Slow(10)]);
        assert_eq!(told(&mut seat, 0, Facts::default()), [], "on a new link it is told anew,");
        assert_eq!(told(&mut seat, 0, slow(10)), [], "and is as it was");
        assert_eq!(told(&mut seat, 0, slow(20)), [Fact::Slow(20)], "it was changed before the link was there again");
    }
}

#[test]
fn what_is_done_while_the_user_looks_on_is_told_by_its_entry_alone() {
    for manner in MANNERS {
        let mut seat = Seat::new(manner);
        seat.desk.take_changes();
        assert_eq!(told(&mut seat, 7, slow(10)), []);
        assert_eq!(told(&mut seat, 0, slow(10)), [], "also on the next link");
        seat.desk.entered("/slow");
        assert_eq!(facts_in(seat.desk.take_changes()), [Fact::Slow(10)], "whoever asks is told");
        told(&mut seat, 9, Facts::default());
        seat.desk.entered("/slow");
        assert_eq!(seat.said(), [Setting::NothingHolds("#lobby".to_owned()).into()]);
    }
}
