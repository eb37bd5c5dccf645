//! A room's outbox: what was said and is not answered yet. A message leaves it when the server has stored or refused it, and
//! not before; on a new link all of it goes again, in order, under new numbers and the same ids.

use std::collections::VecDeque;

use chinwag_proto::wire::id::{ClientMsgId, LogId, RoomSeq};
use chinwag_proto::wire::message::{Post, Wire as _};

use super::limits::{UNDER_WAY_MAX, UNDER_WAY_MAX_BYTES};
use super::save::Reference;

/// The messages of a room without an answer.
#[derive(Debug)]
pub(super) struct Outbox {
    items: VecDeque<Item>,
    /// The number of the first item on the present link.
    base: u64,
    /// Items without an answer, and their octets.
    len: usize,
    bytes: usize,
}

/// A message that leaves the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sent {
    /// The interface's number for it; `None`: an earlier program of this device had said it, and the interface does not show it.
    pub(super) tag: Option<u64>,
    /// An earlier program of this device had said it. It may have been sent then.
    pub(super) is_earlier: bool,
    pub(super) id: ClientMsgId,
    /// The encoded post.
    pub(super) body: Vec<u8>,
    /// What it is about.
    pub(super) reference: Reference,
}

impl Sent {
    /// It is about an entry after this one, by its number: not about one that has none yet.
    pub(super) fn is_beyond(&self, upto: RoomSeq) -> bool {
        let is_numbered = !matches!(self.reference, Reference::Said(_));
        is_numbered && Post::decode(&self.body).is_ok_and(|post| post.body.about() > Some(upto))
    }
}

/// One message. Answers may come in any order, so an answered one may still stand between others.
#[derive(Debug)]
struct Item {
    sent: Sent,
    answered: bool,
    /// A link has taken it, this one or one before, maybe of an earlier program: it may have been sent, whatever was heard of it.
    was_taken: bool,
}

impl Outbox {
    pub(super) const fn new() -> Self {
        Self { items: VecDeque::new(), base: 1, len: 0, bytes: 0 }
    }

    pub(super) fn push(&mut self, sent: Sent) {
        self.len += 1;
        self.bytes += sent.body.len();
        let was_taken = sent.is_earlier;
        self.items.push_back(Item { sent, answered: false, was_taken });
    }

    /// The link is gone: on the next one all go again, from number 1.
    pub(super) fn renumber(&mut self) {
        self.items.retain(|item| !item.answered);
        self.base = 1;
    }

    /// The message with this number on the present link, unless it is answered.
    pub(super) fn post(&self, number: u64) -> Option<&[u8]> {
        let item = self.items.get(self.index(number)?)?;
        (!item.answered).then_some(&item.sent.body)
    }

    /// The link takes the message with this number, to send it.
    pub(super) fn taken(&mut self, number: u64) {
        if let Some(item) = self.index(number).and_then(|index| self.items.get_mut(index)) {
            item.was_taken = true;
        }
    }

    /// Gives up what was said under that tag, if no link has ever taken it. Its number on the present link is used up.
    pub(super) fn take_back(&mut self, tag: u64) -> Option<Sent> {
        let is_it = |item: &Item| !item.answered && !item.was_taken && item.sent.tag == Some(tag);
        let index = self.items.iter().position(is_it)?;
        self.answered(self.base + index as u64)
    }

    /// Gives what was said under that tag another body, if no link has ever taken it. `rewrite` gives that, or `None` where it is
    /// to stay.
    pub(super) fn reword(&mut self, tag: u64, rewrite: impl FnOnce(&[u8]) -> Option<Vec<u8>>) -> Option<Sent> {
        let is_it = |item: &&mut Item| !item.answered && !item.was_taken && item.sent.tag == Some(tag);
        let item = self.items.iter_mut().find(is_it)?;
        let body = rewrite(&item.sent.body)?;
        self.bytes = self.bytes - item.sent.body.len() + body.len();
        item.sent.body = body;
        Some(item.sent.clone())
    }

    /// The message with this number on the present link is answered. Gives it, the first time.
    pub(super) fn answered(&mut self, number: u64) -> Option<Sent> {
        let index = self.index(number)?;
        let item = self.items.get_mut(index).filter(|item| !item.answered)?;
        item.answered = true;
        let sent = Sent { body: std::mem::take(&mut item.sent.body), ..item.sent };
        self.len -= 1;
        self.bytes -= sent.body.len();
        while self.items.pop_front_if(|item| item.answered).is_some() {
            self.base += 1;
        }
        Some(sent)
    }

    /// The number up to which messages may be under way now: not beyond one that waits for the number of what it is about.
    pub(super) fn head(&self) -> u64 {
        let mut bytes = 0;
        let waits = |item: &&Item| !item.answered && matches!(item.sent.reference, Reference::Said(_));
        let fits = |item: &&Item| {
            bytes += item.sent.body.len();
            bytes <= UNDER_WAY_MAX_BYTES || bytes == item.sent.body.len()
        };
        self.base - 1
            + self.items.iter().take(UNDER_WAY_MAX).take_while(|item| !waits(item)).take_while(fits).count() as u64
    }

    /// The first message without an answer that is so.
    pub(super) fn find(&self, is_it: impl Fn(&Sent) -> bool) -> Option<&Sent> {
        self.items.iter().filter(|item| !item.answered).map(|item| &item.sent).find(|sent| is_it(sent))
    }

    /// The message with this id has a number in this log. Those that waited for it are rewritten, and given.
    pub(super) fn settle(
        &mut self,
        id: ClientMsgId,
        log: LogId,
        rewrite: impl Fn(&[u8]) -> Option<Vec<u8>>,
    ) -> Vec<Sent> {
        let mut settled = Vec::new();
        for item in self.items.iter_mut().filter(|item| !item.answered) {
            if item.sent.reference == Reference::Said(id)
                && let Some(body) = rewrite(&item.sent.body)
            {
                self.bytes = self.bytes - item.sent.body.len() + body.len();
                item.sent.body = body;
                item.sent.reference = Reference::In(log);
                settled.push(item.sent.clone());
            }
        }
        settled
    }

    /// Gives up those whose reference means nothing any more. Their numbers on the present link are used up.
    pub(super) fn give_up(&mut self, is_void: impl Fn(&Sent) -> bool) -> Vec<Sent> {
        let is_it = |item: &Item| !item.answered && is_void(&item.sent);
        let all = self.items.iter().enumerate().filter(|(_, item)| is_it(item)).map(|(index, _)| index as u64);
        let numbers: Vec<u64> = all.map(|index| self.base + index).collect();
        numbers.into_iter().filter_map(|number| self.answered(number)).collect()
    }

    /// Gives up all of it. The numbers of the present link are used up.
    pub(super) fn clear(&mut self) -> impl Iterator<Item = Sent> + use<> {
        let items = std::mem::take(&mut self.items);
        *self = Self { base: self.base + items.len() as u64, ..Self::new() };
        items.into_iter().filter(|item| !item.answered).map(|item| item.sent)
    }

    /// Messages without an answer.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Their octets.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    fn index(&self, number: u64) -> Option<usize> {
        usize::try_from(number.checked_sub(self.base)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(tag: u64, body: Vec<u8>) -> Sent {
        let id = ClientMsgId { start: 1, counter: tag };
        Sent { tag: Some(tag), is_earlier: false, id, body, reference: Reference::Open }
    }

    fn tag(sent: Option<Sent>) -> Option<u64> {
        sent?.tag
    }

    fn tags(cleared: impl Iterator<Item = Sent>) -> Vec<u64> {
        cleared.filter_map(|sent| sent.tag).collect()
    }

    fn outbox(count: u8) -> Outbox {
        let mut outbox = Outbox::new();
        (1..=count).for_each(|n| outbox.push(sent(u64::from(n) * 100, vec![n])));
        outbox
    }

    #[test]
    fn a_message_stays_until_it_is_answered() {
        let mut outbox = outbox(3);
        assert_eq!((outbox.head(), outbox.post(2)), (3, Some(&[2][..])));
        assert_eq!(tag(outbox.answered(2)), Some(200));
        assert_eq!(tag(outbox.answered(2)), None, "once");
        assert_eq!(outbox.post(2), None);
        assert_eq!((outbox.post(1), outbox.post(3)), (Some(&[1][..]), Some(&[3][..])));
        assert_eq!(tag(outbox.answered(1)), Some(100));
        assert_eq!((outbox.len(), outbox.items.len(), outbox.head()), (1, 1, 3));
        assert_eq!((outbox.answered(0), outbox.answered(9)), (None, None), "nobody asked");
    }

    #[test]
    fn on_a_new_link_what_is_left_goes_again_in_order() {
        let mut outbox = outbox(4);
        outbox.answered(1);
        outbox.answered(3);
        outbox.renumber();
        assert_eq!((outbox.post(1), outbox.post(2), outbox.head()), (Some(&[2][..]), Some(&[4][..]), 2));
        assert_eq!(tag(outbox.answered(2)), Some(400));
        assert_eq!(tags(outbox.clear()), [200]);
        assert_eq!((outbox.len(), outbox.bytes()), (0, 0));
    }

    #[test]
    fn a_link_uses_no_number_twice() {
        let mut outbox = outbox(2);
        outbox.answered(1);
        assert_eq!(tags(outbox.clear()), [200]);
        outbox.push(sent(300, vec![3]));
        assert_eq!((outbox.post(2), outbox.post(3), outbox.head()), (None, Some(&[3][..]), 3));
    }

    #[test]
    fn what_is_about_another_one_waits_for_its_number_and_holds_up_what_comes_after() {
        let mut outbox = outbox(1);
        let about = |tag, of| Sent { reference: Reference::Said(sent(of, vec![]).id), ..sent(tag, vec![0]) };
        outbox.push(about(200, 100));
        outbox.push(about(300, 200));
        outbox.push(sent(400, vec![4]));
        assert_eq!(outbox.head(), 1);
        let rewrite = |body: &[u8]| Some([body, &[7, 7]].concat());
        outbox.answered(1);
        assert_eq!(outbox.settle(sent(100, vec![]).id, LogId(9), rewrite).len(), 1);
        assert_eq!((outbox.head(), outbox.post(2), outbox.bytes()), (2, Some(&[0, 7, 7][..]), 5));
        let void = outbox.give_up(|it| it.reference == Reference::Said(sent(200, vec![]).id));
        assert_eq!(tags(void.into_iter()), [300]);
        assert_eq!((outbox.head(), outbox.post(3), outbox.post(4)), (4, None, Some(&[4][..])));
        let void = outbox.give_up(|it| it.reference == Reference::In(LogId(9)));
        assert_eq!((tags(void.into_iter()), outbox.len(), outbox.bytes()), (vec![200], 1, 1));
    }

    #[test]
    fn only_what_no_link_has_ever_taken_is_taken_back() {
        let mut outbox = outbox(3);
        outbox.taken(1);
        assert_eq!(tag(outbox.take_back(100)), None, "it may be on its way");
        assert_eq!(tag(outbox.take_back(200)), Some(200));
        assert_eq!(tag(outbox.take_back(200)), None, "once");
        assert_eq!((outbox.post(1), outbox.post(2), outbox.post(3)), (Some(&[1][..]), None, Some(&[3][..])));
        assert_eq!((outbox.len(), outbox.bytes()), (2, 2));
        outbox.renumber();
        assert_eq!(tag(outbox.take_back(100)), None, "an earlier link may have sent it");
        assert_eq!(tag(outbox.take_back(300)), Some(300));
        outbox.answered(1);
        assert_eq!(tag(outbox.take_back(100)), None, "it was answered");
    }

    #[test]
    fn only_what_no_link_has_ever_taken_gets_another_body() {
        let mut outbox = outbox(2);
        outbox.push(Sent { is_earlier: true, ..sent(300, vec![3]) });
        outbox.taken(1);
        let longer = |_: &[u8]| Some(vec![9, 9]);
        assert_eq!(outbox.reword(100, longer), None, "it may be on its way");
        assert_eq!(outbox.reword(300, longer), None, "an earlier program may have sent it");
        assert_eq!(outbox.reword(200, |_| None), None);
        assert_eq!(outbox.reword(200, longer).map(|sent| sent.body), Some(vec![9, 9]));
        assert_eq!((outbox.post(2), outbox.len(), outbox.bytes()), (Some(&[9, 9][..]), 3, 4));
        assert_eq!(tag(outbox.take_back(300)), None, "the same");
    }

    #[test]
    fn what_is_under_way_is_bounded() {
        let mut outbox = Outbox::new();
        (0..10).for_each(|tag| outbox.push(sent(tag, vec![0; UNDER_WAY_MAX_BYTES / 4])));
        assert_eq!(outbox.head(), 4);
        outbox.answered(1);
        assert_eq!(outbox.head(), 5);
        let mut outbox = Outbox::new();
        (0..10_000).for_each(|tag| outbox.push(sent(tag, vec![0])));
        assert_eq!(outbox.head(), UNDER_WAY_MAX as u64);
    }
}
