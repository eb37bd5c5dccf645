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

fn rules(rules: &str) -> Facts {
    Facts { rules: rules.to_owned(), ..Facts::default() }
}

/// Sends a room whose newest entries come after it was entered, and what holds there.
fn enters_and_hears(seat: &mut Seat, entries: Vec<Body>, facts: Facts) -> Vec<Fact> {
    let head = RoomSeq(entries.len() as u64);
    seat.desk.take_changes();
    let (name, after) = ("#lobby".to_owned(), RoomSeq(0));
    seat.desk.notice(Notice::Joined { room: ROOM, name, after, head, skipped: 0 });
    assert_eq!(told(seat, head.0, facts), [], "the entries come first");
    for (number, body) in (1..).zip(entries) {
        seat.comes(number, 2, body);
    }
    facts_in(seat.desk.take_changes())
}

#[test]
fn what_was_set_just_before_one_enters_is_told_by_its_entry_alone() {
    let text = || Body::Text("tea at four".to_owned());
    let set = |fact| Body::Act(Act::Set(fact));
    let kind = || Fact::Rules("be kind".to_owned());
    for manner in MANNERS {
        let mut seat = Seat::new(manner);
        assert_eq!(enters_and_hears(&mut seat, vec![set(kind()), text()], rules("be kind")), []);
        assert_eq!(told(&mut seat, 0, rules("be kind")), [], "nor on the next link");
        let mut seat = Seat::new(manner);
        let both = Facts { slow_s: 10, ..rules("be kind") };
        assert_eq!(enters_and_hears(&mut seat, vec![set(kind()), text()], both), [Fact::Slow(10)], "the other is");
        let mut seat = Seat::new(manner);
        let old = std::iter::once(set(kind())).chain(std::iter::repeat_with(text).take(10)).collect();
        assert_eq!(enters_and_hears(&mut seat, old, rules("be kind")), [kind()], "nobody sees so far up at a glance");
        let mut seat = Seat::new(manner);
        seat.desk.entered("/ignore bob");
        assert_eq!(enters_and_hears(&mut seat, vec![set(kind())], rules("be kind")), [kind()], "that is not shown");
    }
}

#[test]
fn what_holds_is_told_when_the_page_is_there_that_a_screen_fetches() {
    let head = RoomSeq(3);
    let enters = |seat: &mut Seat| {
        seat.desk.take_changes();
        let name = "#lobby".to_owned();
        seat.desk.notice(Notice::Joined { room: ROOM, name, after: head, head, skipped: 0 });
        told(seat, head.0, rules("be kind"))
    };
    let pages = |seat: &mut Seat, body: &Body| {
        seat.desk.take_commands();
        seat.desk.page("#lobby", head.next());
        let ask = |command: &Command| if let Command::Ask { tag, .. } = command { Some(*tag) } else { None };
        let tag = seat.desk.take_commands().iter().find_map(ask).expect("a page is asked for");
        let entry = |body| Entry { at: WallTime::from_unix_millis(0), author: AccountId(2), name: "bob".into(), body };
        let entries = (1..=3).map(|number| (RoomSeq(number), entry(body.clone()))).collect();
        let reply = Reply::History { room: "#lobby".to_owned(), entries, is_more: false };
        seat.desk.notice(Notice::Answered { tag, result: Ok(reply) });
        facts_in(seat.desk.take_changes())
    };
    let set = Body::Act(Act::Set(Fact::Rules("be kind".to_owned())));
    let mut seat = Seat::new(ROOMS);
    assert_eq!(enters(&mut seat), []);
    assert_eq!(pages(&mut seat, &set), [], "its entry is in view");
    let mut seat = Seat::new(ROOMS);
    assert_eq!(enters(&mut seat), []);
    assert_eq!(pages(&mut seat, &Body::Text("tea".to_owned())), [Fact::Rules("be kind".to_owned())]);
    // Where everything that was shown stays, nothing comes.
    for manner in [LINES, PIPE] {
        let mut seat = Seat::new(manner);
        assert_eq!(enters(&mut seat), [Fact::Rules("be kind".to_owned())]);
    }
}
