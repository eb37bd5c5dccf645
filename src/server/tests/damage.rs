//! What is done about a part of the store that can't be read any more.

use chinwag_store::{Found, Loss, Results, Span};

use super::*;
use crate::notice::Damage;

/// A server that starts on a store with a lobby, in which the first messages are lost.
fn house(is_accepted: bool) -> (House, RoomId, Span) {
    let mut house = House::new();
    let ann = house.enter(1, "ann");
    let room = house.join(ann, LOBBY).expect("in").id;
    let span = Span { first: RoomSeq(1), last: RoomSeq(1_200) };
    let mut snapshot = house.store.snapshot().expect("readable");
    snapshot.loss = Loss { spans: BTreeMap::from([(room, vec![span])]), is_accepted };
    house.chat = Chat::new(&Config::default(), snapshot, Rng::from_seed([8; 32]));
    house.notices.clear();
    (house, room, span)
}

fn unreadable(house: &mut House, id: SessionId) -> Vec<(u64, u64)> {
    let span =
        |told| if let Told::Down(Down::Unreadable { first, last, .. }) = told { Some((first.0, last.0)) } else { None };
    house.heard(id).into_iter().filter_map(span).collect()
}

#[test]
fn a_loss_is_told_to_the_operator_at_the_start_until_it_is_accepted_and_always_whole_to_whoever_comes() {
    for is_accepted in [false, true] {
        let (mut house, _, span) = house(is_accepted);
        assert_eq!(house.chat.tables.damages.len(), usize::from(!is_accepted));
        let bob = house.enter(2, "bob");
        house.join(bob, LOBBY).expect("in");
        let told = Notice::StoreDamaged(Damage::Entries { room: "#lobby".into(), first: span.first, last: span.last });
        assert_eq!(house.notices.contains(&told), !is_accepted, "{:?}", house.notices);
        assert_eq!(unreadable(&mut house, bob), [(1, 1_200)], "once");
    }
}

#[test]
fn a_search_that_finds_nothing_beside_what_is_lost_is_refused() {
    let (mut house, room, span) = house(false);
    let bob = house.enter(2, "bob");
    let search = Request::Search { room: None, words: "word77".into(), after: None, count: 100 };
    for (is_damaged, is_refused) in [(true, true), (false, false)] {
        house.requests += 1;
        let body = Up::Request(RequestId(house.requests), search.clone()).encode();
        let number = house.requests;
        let event = link::Event::Message { channel: Channel::Control, number, contiguous_upto: number, body: &body };
        let mut ear = Ear { chat: &mut house.chat, now: house.now };
        ear.event(endpoint::Event::Link { session: bob, event });
        let (id, _) = house.chat.out.queries.next().expect("a query");
        let found = Found { is_damaged, unreadable: BTreeMap::from([(room, span)]), ..Found::default() };
        house.chat.done(Done::Queried(id, Ok(Results::Found(found))), house.now);
        house.settle();
        let told = house.heard(bob);
        let is_told = |down: &dyn Fn(&Down) -> bool| told.iter().any(|t| matches!(t, Told::Down(d) if down(d)));
        assert!(is_told(&|down| matches!(down, Down::Unreadable { .. })), "{told:?}");
        let refused = |down: &Down| matches!(down, Down::Answer(_, Err(Refusal::Damaged)));
        assert_eq!(is_told(&refused), is_refused, "{told:?}");
    }
}
