//! Which keys can do something to the row that is chosen: only these are named.

use super::sentences::offers::{
    AGAIN, CHANGE, COPY, DELETE, EDIT, OPEN, Offer, PIN, REACT, REMOVE, REPLY, TAKE_BACK, UNPIN,
};
use super::timeline::{Chosen, item};
use crate::desk::{Desk, Doing, Key};

/// Those of a row.
pub(super) fn of(desk: &Desk, key: Key, chosen: Chosen) -> Vec<Offer> {
    let mut offers = match chosen {
        Chosen::Entry(number) => {
            let is_pinned =
                desk.in_view().and_then(|room| room.messages.line(number)).is_some_and(|line| line.is_pinned);
            let pin = if is_pinned { UNPIN } else { PIN };
            let all = [
                (Doing::Reply, REPLY),
                (Doing::Edit, EDIT),
                (Doing::Delete, DELETE),
                (Doing::Pin, pin),
                (Doing::React, REACT),
            ];
            all.into_iter().filter(|(doing, _)| desk.can(*doing, number)).map(|(_, offer)| offer).collect()
        }
        Chosen::OnItsWay(tag) => {
            let change = desk.can_reword(tag).then_some(CHANGE);
            let take_back = desk.can_take_back(tag).then_some(TAKE_BACK);
            change.into_iter().chain(take_back).collect::<Vec<_>>()
        }
        Chosen::Refused(_) => {
            let is_there = item::text_of(desk, key).is_some_and(|again| !again.is_empty());
            let again = is_there.then_some(AGAIN);
            again.into_iter().chain([REMOVE]).collect()
        }
    };
    let has_text = item::text_of(desk, key).is_some_and(|text| !text.is_empty());
    offers.extend(has_text.then_some(COPY));
    offers.extend((!item::links_of(desk, key).is_empty()).then_some(OPEN));
    offers
}
