//! Search: what is found, and by whom.

use super::*;
use crate::Retention;

pub(super) fn check<S: Store>(maker: &Maker<'_, S>) {
    words_are_found(maker);
    text_without_spaces_is_found_by_any_part(maker);
    nothing_typed_is_an_operator(maker);
    members_find_what_they_may(maker);
    the_newest_edit_is_found(maker);
    results_come_in_pages(maker);
    rooms_are_chosen(maker);
}

fn words_are_found<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let (ann, lobby) = (town.ann, town.lobby);
    town.says(lobby, ann, "The quick brown Fox");
    town.says(lobby, ann, "a lazy dog, quickly");
    town.says(lobby, ann, "ÀÉÎ Ångström déjà-vu");
    let react = Body::React { of: RoomSeq(1), emoji: "fox".into(), is_set: true };
    town.does(lobby, ann, react, Change::About(RoomSeq(1))).expect("a reaction");
    town.does(lobby, ann, Body::Topic("fox".into()), Change::Topic("fox".into())).expect("a topic");
    let reply = Body::Reply { to: RoomSeq(1), text: "which fox?".into() };
    town.does(lobby, ann, reply, Change::About(RoomSeq(1))).expect("a reply");
    town.store = (maker.reopen)(town.store);
    let mut finds = |words| town.finds(ann, words).into_iter().map(|(_, number)| number).collect::<Vec<_>>();
    assert_eq!(finds("fox"), [6, 1], "the newest first; texts only");
    assert_eq!(finds("FOX quick"), [1], "all words, in any order and case");
    assert_eq!(finds("fox lazy"), [0; 0]);
    assert_eq!(finds("quick"), [2, 1], "the last one may be a beginning");
    assert_eq!(finds("qu"), [0; 0], "if it is long enough");
    assert_eq!(finds("quic brown"), [0; 0], "and no other");
    assert_eq!(finds("uick"), [0; 0]);
    assert_eq!(finds("angstrom"), [3], "without its accents");
    assert_eq!(finds("DÉJÀ aei"), [3]);
    assert_eq!(finds("deja-vu"), [3], "what stands between spaces is a phrase");
    assert_eq!(finds("vu-deja"), [0; 0]);
    town.says(lobby, ann, "Große Straße 👍🏽");
    let mut finds = |words| town.finds(ann, words).into_iter().map(|(_, number)| number).collect::<Vec<_>>();
    assert_eq!((finds("GROSSE strasse"), finds("👍"), finds("👍🏽"), finds("👎")), (vec![7], vec![7], vec![7], vec![]));
}

fn text_without_spaces_is_found_by_any_part<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let (ann, lobby) = (town.ann, town.lobby);
    town.says(lobby, ann, "明日は東京都で会いましょう");
    town.says(lobby, ann, "京都と東");
    town.says(lobby, ann, "안녕하세요 세계");
    town.says(lobby, ann, "Rust言語 v2");
    let mut finds = |words| town.finds(ann, words).into_iter().map(|(_, number)| number).collect::<Vec<_>>();
    assert_eq!(finds("東京"), [1]);
    assert_eq!(finds("京都"), [2, 1]);
    assert_eq!(finds("東"), [2, 1]);
    assert_eq!(finds("京東"), [0; 0]);
    assert_eq!(finds("会い 明日"), [1]);
    assert_eq!(finds("녕하"), [3]);
    assert_eq!(finds("st言"), [0; 0], "but for words of letters");
    assert_eq!(finds("rust言語"), [4]);
    assert_eq!(finds("言語 v2"), [4]);
}

fn nothing_typed_is_an_operator<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let (ann, lobby) = (town.ann, town.lobby);
    town.says(lobby, ann, "one or two near col x");
    town.says(lobby, ann, "one");
    for typed in
        ["one OR", "\"one\" two", "one* two", "NEAR(one", "^one two", "-x col:", "one AND two NOT", "{one} + two"]
    {
        let found = town.store.query(&Query::Search(search(ann, typed)));
        assert!(found.is_ok(), "{typed}: {found:?}");
    }
    assert_eq!(town.finds(ann, "one OR two"), [(lobby, 1)]);
    assert_eq!(town.finds(ann, "one NOT two"), [], "there is no `not` in it");
    assert_eq!(town.finds(ann, "NEAR(col"), [(lobby, 1)]);
    assert_eq!(town.finds(ann, "text:one"), []);
    for unfit in ["", "  ", "\"", "* ( ) ^ -", "'; --", "\u{200b}"] {
        match town.store.query(&Query::Search(search(ann, unfit))) {
            Ok(Results::Found(found)) => assert!(found.is_unfit && found.hits.is_empty(), "{unfit}"),
            other => panic!("{unfit}: {other:?}"),
        }
    }
}

fn members_find_what_they_may<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let (ann, bob) = (town.ann, town.bob);
    let attic = town.private("attic");
    let notes = room_of(town.one(Write::Direct { one: ann, other: ann })).id;
    town.says(attic, ann, "treasure one");
    town.says(notes, ann, "treasure two");
    assert_eq!(town.finds(bob, "treasure"), []);
    assert_eq!(town.finds(AccountId(99), "treasure"), []);
    let there = |room| Search { room: Some(room), ..search(bob, "treasure") };
    assert_eq!(town.hits(&there(attic)), []);
    assert_eq!(town.hits(&Search { only: Some(vec![attic, notes]), ..search(bob, "treasure") }), []);
    town.one(Write::Enter { room: attic, account: bob });
    assert_eq!(town.finds(bob, "treasure"), [], "nothing from before");
    town.edits(attic, ann, 1, "treasure chest").expect("an edit");
    assert_eq!(town.finds(bob, "treasure"), [], "and no edit of it");
    town.says(attic, ann, "treasure three");
    assert_eq!(town.finds(bob, "treasure"), [(attic, 3)]);
    assert_eq!(town.finds(ann, "treasure"), [(attic, 3), (notes, 1), (attic, 1)]);
    town.one(Write::Leave { room: attic, account: bob });
    assert_eq!(town.finds(bob, "treasure"), []);
}

fn the_newest_edit_is_found<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let (ann, lobby) = (town.ann, town.lobby);
    town.says(lobby, ann, "apple");
    town.edits(lobby, ann, 1, "banana").expect("an edit");
    town.edits(lobby, ann, 1, "cherry").expect("an edit");
    assert_eq!(town.finds(ann, "apple"), []);
    assert_eq!(town.finds(ann, "banana"), []);
    let hits = town.hits(&search(ann, "cherry"));
    assert_eq!(hits.iter().map(|hit| (hit.number.0, text(&hit.entry))).collect::<Vec<_>>(), [(1, "cherry".into())]);
    town.deletes(lobby, ann, 1, false).expect("a deletion");
    assert_eq!(town.finds(ann, "cherry"), [], "what is deleted is found no more");
}

fn results_come_in_pages<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let (ann, lobby) = (town.ann, town.lobby);
    let attic = town.private("attic");
    // What is in memory only, the oldest and the shortest of all, waits for its turn like the rest.
    let fleeting = town.private("fleeting");
    let retention = Retention::Ephemeral;
    town.store.commit(&[Write::Retain { room: fleeting, retention }]).expect("room for it");
    for n in 0..10 {
        town.says(
            if n == 0 {
                fleeting
            } else if n % 2 == 0 {
                lobby
            } else {
                attic
            },
            ann,
            &"needle ".repeat(1 + n * 7 % 5),
        );
        for _ in 0..3 {
            town.says(lobby, ann, "hay");
        }
    }
    let mut page = |search: &Search| match town.store.query(&Query::Search(search.clone())) {
        Ok(Results::Found(found)) => found,
        other => panic!("{other:?}"),
    };
    let all = page(&search(ann, "needle"));
    assert_eq!((all.hits.len(), all.next), (10, None));
    for (count, bytes) in [(3, 1 << 20), (1, 1 << 20), (5, 1 << 20), (100, 1), (100, 60), (100, 120)] {
        let mut paged = Vec::new();
        let mut after = None;
        loop {
            let found = page(&Search { after, count, bytes, ..search(ann, "needle") });
            assert!(!found.hits.is_empty() && found.hits.len() <= count);
            paged.extend(found.hits);
            after = found.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(paged, all.hits, "{count} {bytes}");
    }
}

fn rooms_are_chosen<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let (ann, lobby) = (town.ann, town.lobby);
    let (attic, cellar) = (town.private("attic"), town.private("cellar"));
    for room in [lobby, attic, cellar] {
        town.says(room, ann, "word");
    }
    let mut rooms = |room, only: Option<&[RoomId]>| {
        let hits = town.hits(&Search { room, only: only.map(<[_]>::to_vec), ..search(ann, "word") });
        hits.into_iter().map(|hit| hit.room).collect::<Vec<_>>()
    };
    assert_eq!(rooms(None, None), [cellar, attic, lobby]);
    assert_eq!(rooms(Some(attic), None), [attic]);
    assert_eq!(rooms(None, Some(&[lobby, cellar])), [cellar, lobby]);
    assert_eq!(rooms(Some(attic), Some(&[lobby])), []);
    assert_eq!(rooms(None, Some(&[])), []);
    assert_eq!(rooms(Some(RoomId(99)), None), []);
    // So many that they are not named to the index one by one.
    let many: Vec<_> = (0..70).map(|n| town.private(&format!("room-{n}"))).collect();
    town.says(many[69], ann, "word");
    assert_eq!(town.finds(ann, "word"), [(many[69], 1), (cellar, 1), (attic, 1), (lobby, 1)]);
    assert_eq!(town.finds(town.bob, "word"), [(lobby, 1)]);
}
