//! What a store remembers of the wall clock, and what becomes of entries that a wrong clock dated.

use std::time::Duration;

use chinwag_proto::time::{BootId, Instant, Uptime};

use super::*;
use crate::{PRUNE_MAX, Reading, Retention, Timekeeping};

pub(super) fn check<S: Store>(maker: &Maker<'_, S>) {
    what_is_known_of_the_clock_is_remembered(maker);
    nothing_goes_for_its_age_where_nobody_is_sure_of_the_time(maker);
    what_a_wrong_clock_dated_is_dated_anew(maker);
    dating_anew_takes_bounded_steps(maker);
}

fn what_is_known_of_the_clock_is_remembered<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let known = |town: &mut Town<S>| town.store.snapshot().expect("a snapshot").timekeeping;
    assert_eq!(known(&mut town), Timekeeping::default());
    let reading =
        |ms, boot, us| Reading { wall: at(ms), uptime: Uptime { boot: BootId(boot), since: Instant::from_micros(us) } };
    let full = Timekeeping {
        believed: Some(reading(u64::MAX, u64::MAX, u64::MAX)),
        is_set_back: true,
        ended: at(u64::MAX - 1),
        doubted: Some(reading(0, 0, 7)),
        waited: Duration::from_micros(86_399_999_999),
    };
    for told in [full, Timekeeping { doubted: None, is_set_back: false, ..full }, Timekeeping::default(), full] {
        assert_eq!(town.one(Write::Timekeeping(told)), Outcome::Ok);
        assert_eq!(known(&mut town), told);
        town.store = (maker.reopen)(town.store);
        assert_eq!(known(&mut town), told);
    }
}

/// A room that keeps what was said for 100 ms, with entries taken then.
fn aged<S: Store>(town: &mut Town<S>, taken: impl IntoIterator<Item = u64>) -> RoomId {
    let (ann, lobby) = (town.ann, town.lobby);
    let retention = Retention::For(Duration::from_millis(100));
    assert_eq!(town.one(Write::Retain { room: lobby, retention }), Outcome::Ok);
    for (n, ms) in (1..).zip(taken) {
        let body = Body::Text(format!("word {n}"));
        let append = append(lobby, ann, (BOB, n), body, Change::None, ms);
        assert!(matches!(town.one(Write::Append(append)), Outcome::Appended { .. }));
    }
    lobby
}

fn pruned<S: Store>(town: &mut Town<S>, room: RoomId, now: Option<u64>) -> u64 {
    let outcome = town.one(Write::Prune { room, at: now.map(at) });
    let Outcome::Pruned { upto, is_more: false, .. } = outcome else { panic!("{outcome:?}") };
    upto.0
}

fn nothing_goes_for_its_age_where_nobody_is_sure_of_the_time<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let room = aged(&mut town, [10, 20, 30]);
    assert_eq!(pruned(&mut town, room, None), 0);
    assert_eq!(pruned(&mut town, room, Some(120)), 2);
    assert_eq!(pruned(&mut town, room, None), 2);
    assert_eq!(town.one(Write::Retain { room, retention: Retention::Last(0) }), Outcome::Ok);
    assert_eq!(pruned(&mut town, room, None), 3, "what goes for its number needs no clock");
}

fn what_a_wrong_clock_dated_is_dated_anew<S: Store>(maker: &Maker<'_, S>) {
    for is_reopened in [false, true] {
        let mut town = Town::new(maker);
        // The fourth comes when the clock is right again, and counts as taken after the third.
        let room = aged(&mut town, [10, 20, 9_000, 30]);
        assert_eq!(pruned(&mut town, room, Some(200)), 2);
        let redate = Write::Redate { room, now: at(200) };
        assert_eq!(town.one(redate.clone()), Outcome::Redated { is_more: false });
        assert_eq!(town.one(redate), Outcome::Redated { is_more: false });
        if is_reopened {
            town.store = (maker.reopen)(town.store);
        }
        town.says(room, town.ann, "at once");
        assert_eq!(pruned(&mut town, room, Some(299)), 2);
        assert_eq!(pruned(&mut town, room, Some(300)), 5, "also the one that came after them");
    }
    let mut town = Town::new(maker);
    assert_eq!(town.one(Write::Redate { room: RoomId(99), now: at(1) }), refused(Refusal::NoSuchRoom));
    let lobby = town.lobby;
    assert_eq!(
        town.one(Write::Redate { room: lobby, now: at(1) }),
        Outcome::Redated { is_more: false },
        "an empty one"
    );
    assert_eq!(town.one(Write::Retain { room: lobby, retention: Retention::Ephemeral }), Outcome::Ok);
    town.says(lobby, town.ann, "in memory");
    assert_eq!(town.one(Write::Redate { room: lobby, now: at(0) }), Outcome::Redated { is_more: false });
}

fn dating_anew_takes_bounded_steps<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let room = aged(&mut town, (0..PRUNE_MAX + 2).map(|n| if n == 0 { 10 } else { 9_000 }));
    let redate = Write::Redate { room, now: at(200) };
    assert_eq!(town.one(redate.clone()), Outcome::Redated { is_more: true });
    assert_eq!(pruned(&mut town, room, Some(250)), 1);
    assert_eq!(town.one(redate), Outcome::Redated { is_more: false });
    assert_eq!(town.store.commit(&[Write::Prune { room, at: Some(at(300)) }]).map(|o| o.len()), Ok(1));
    assert_eq!(pruned(&mut town, room, Some(300)), PRUNE_MAX + 2);
}
