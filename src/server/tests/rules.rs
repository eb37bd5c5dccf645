//! Rules of a room: who may set them, and that whoever enters is told.

use chinwag_proto::limits::RULES_MAX_LEN;
use chinwag_proto::wire::message::{Act, Fact, Role};

use super::*;

fn rules(rules: &str) -> Body {
    Body::Act(Act::Set(Fact::Rules(rules.to_owned())))
}

/// The rules that a session was told, and up to which entry they were so.
fn told(house: &mut House, session: SessionId) -> Vec<(u64, String)> {
    let told = house.heard(session).into_iter().filter_map(|told| {
        let Told::Down(Down::Fact { upto, fact: Fact::Rules(rules), .. }) = told else { return None };
        Some((upto.0, rules))
    });
    told.collect()
}

#[test]
fn owners_set_the_rules_and_whoever_enters_is_told_also_after_a_restart() {
    let mut house = House::new();
    let (ann, bob) = (house.enter(1, "ann"), house.enter(2, "bob"));
    let room = house.join(ann, "kitchen").expect("made").id;
    house.join(bob, "kitchen").expect("in");
    let moderator = Body::Act(Act::Role { who: "bob".into(), role: Role::Moderator });
    house.post(ann, room, moderator).expect("stored");
    assert_eq!(house.post(bob, room, rules("be rude")), Err(Refusal::NotAllowed), "a moderator may not");
    assert_eq!(house.post(ann, room, rules("be\nkind")), Err(Refusal::TextUnfit));
    assert_eq!(house.post(ann, room, rules(&"x".repeat(RULES_MAX_LEN + 1))), Err(Refusal::TooLarge));
    let at = house.post(ann, room, rules("be kind")).expect("an owner may").0;
    assert_eq!(told(&mut house, bob), [(at, "be kind".to_owned())]);
    let gone = house.post(ann, room, rules("")).expect("stored").0;
    assert_eq!(told(&mut house, bob), [(gone, String::new())], "that there are none any more is told, too");
    let at = house.post(ann, room, rules("be kind")).expect("stored").0;
    let mut house = house.restarted();
    let cat = house.enter(3, "cat");
    house.join(cat, "kitchen").expect("in");
    assert_eq!(told(&mut house, cat), [(at, "be kind".to_owned())]);
}

#[test]
fn what_is_pinned_is_set_entry_by_entry_and_never_whole() {
    let mut house = House::new();
    let ann = house.enter(1, "ann");
    let room = house.join(ann, "kitchen").expect("made").id;
    let whole = Body::Act(Act::Set(Fact::Pins(vec![RoomSeq(1)])));
    assert_eq!(house.post(ann, room, whole), Err(Refusal::NotAllowed));
}
