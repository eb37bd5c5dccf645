//! What is to be recorded on this device: cursors, the outbox, who is ignored. One record is under way at a time and takes all
//! there is, so that a burst of messages costs one commit.

use std::collections::{BTreeMap, BTreeSet};

use chinwag_proto::wire::id::ClientMsgId;

use super::limits::SAVE_MAX;
use super::place::Key;
use super::room::Recorded;
use super::save::{Draft, Save, SavedCursor, SavedPost, SavedSent};

/// What is not durable yet.
#[derive(Debug, Default)]
pub(super) struct Keeper {
    /// There may be something to record.
    dirty: bool,
    under_way: Option<Batch>,
    /// What could not be recorded yet, and was told.
    not_kept: BTreeSet<ClientMsgId>,
    next: Batch,
    /// Changes of messages that were recorded, or can't be: the interface's numbers of the change and of the message.
    reworded: Vec<(u64, u64)>,
}

/// What one record takes.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) cursors: Vec<(Key, Recorded)>,
    /// Said in this process, with the interface's number; in order.
    pub(super) said: BTreeMap<ClientMsgId, (u64, SavedPost)>,
    settled: BTreeMap<ClientMsgId, SavedPost>,
    /// Messages that read otherwise now, with the interface's numbers of the change and of the message.
    reworded: Vec<(ClientMsgId, u64, u64)>,
    answered: Vec<ClientMsgId>,
    ignored: BTreeMap<String, bool>,
    muted: BTreeMap<String, bool>,
    drafts: BTreeMap<String, Option<Draft>>,
    sent: BTreeMap<String, SavedSent>,
    settings: BTreeMap<String, Option<String>>,
    leaving: BTreeMap<String, bool>,
}

impl Keeper {
    /// A cursor may have moved.
    pub(super) const fn note(&mut self) {
        self.dirty = true;
    }

    /// Something was said.
    pub(super) fn said(&mut self, tag: u64, post: SavedPost) {
        self.next.said.insert(post.id, (tag, post));
        self.dirty = true;
    }

    /// What a message is about has its number now.
    pub(super) fn settled(&mut self, post: SavedPost) {
        match self.next.said.get_mut(&post.id) {
            Some((_, said)) => *said = post,
            None => drop(self.next.settled.insert(post.id, post)),
        }
        self.dirty = true;
    }

    /// What a message says was changed, under the interface's number `tag`.
    pub(super) fn reworded(&mut self, post: SavedPost, tag: u64, about: u64) {
        self.next.reworded.push((post.id, tag, about));
        self.settled(post);
    }

    /// Changes that are recorded since the last time, or are nothing to be recorded any more: the interface's numbers of each and of
    /// its message. One that could not be recorded is among them, too: while this program runs, it is made all the same.
    pub(super) fn take_reworded(&mut self) -> Vec<(u64, u64)> {
        std::mem::take(&mut self.reworded)
    }

    /// A message was answered. What was never recorded need not be.
    pub(super) fn answered(&mut self, id: ClientMsgId) {
        let over = self.next.reworded.extract_if(.., |(changed, ..)| *changed == id);
        self.reworded.extend(over.map(|(_, tag, about)| (tag, about)));
        if self.next.said.remove(&id).is_some() {
            return;
        }
        if let Some(batch) = &mut self.under_way {
            batch.said.remove(&id);
        }
        self.next.settled.remove(&id);
        self.not_kept.remove(&id);
        self.next.answered.push(id);
        self.dirty = true;
    }

    /// Someone is ignored, or not any more.
    pub(super) fn ignored(&mut self, name: String, is_ignored: bool) {
        self.next.ignored.insert(name, is_ignored);
        self.dirty = true;
    }

    /// A room is muted, or not any more.
    pub(super) fn muted(&mut self, room: String, is_muted: bool) {
        self.next.muted.insert(room, is_muted);
        self.dirty = true;
    }

    /// Something is being typed in a room, or nothing any more.
    pub(super) fn draft(&mut self, room: String, draft: Option<Draft>) {
        self.next.drafts.insert(room, draft);
        self.dirty = true;
    }

    /// The server has stored something of this device.
    pub(super) fn sent(&mut self, sent: SavedSent) {
        self.next.sent.insert(sent.name.clone(), sent);
        self.dirty = true;
    }

    /// The user has set something, or set it back.
    pub(super) fn setting(&mut self, name: String, value: Option<String>) {
        self.next.settings.insert(name, value);
        self.dirty = true;
    }

    /// A room is to be left as soon as that can be said, or that is not to be said any more.
    pub(super) fn leaving(&mut self, room: String, is_leaving: bool) {
        self.next.leaving.insert(room, is_leaving);
        self.dirty = true;
    }

    /// What is to be recorded now, if nothing is under way. `cursors` gives those that moved.
    pub(super) fn begin(&mut self, cursors: impl FnOnce() -> Vec<(Key, SavedCursor)>) -> Option<Save> {
        if self.under_way.is_some() || !std::mem::take(&mut self.dirty) {
            return None;
        }
        let mut batch = std::mem::take(&mut self.next);
        if let Some(more) = batch.said.keys().nth(SAVE_MAX).copied() {
            self.next.said = batch.said.split_off(&more);
            let later = batch.reworded.extract_if(.., |(changed, ..)| self.next.said.contains_key(changed));
            self.next.reworded = later.collect();
            self.dirty = true;
        }
        let (keys, cursors): (Vec<_>, Vec<_>) = cursors().into_iter().unzip();
        let recorded =
            cursors.iter().map(|cursor| Recorded { log: cursor.log, upto: cursor.upto, marks: cursor.marks });
        batch.cursors = keys.into_iter().zip(recorded).collect();
        let save = Save {
            cursors,
            said: batch.said.values().map(|(_, post)| post.clone()).collect(),
            settled: batch.settled.values().cloned().collect(),
            answered: batch.answered.clone(),
            ignored: batch.ignored.iter().map(|(name, is)| (name.clone(), *is)).collect(),
            muted: batch.muted.iter().map(|(room, is)| (room.clone(), *is)).collect(),
            drafts: batch.drafts.iter().map(|(room, draft)| (room.clone(), draft.clone())).collect(),
            sent: batch.sent.values().cloned().collect(),
            settings: batch.settings.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
            leaving: batch.leaving.iter().map(|(room, is)| (room.clone(), *is)).collect(),
        };
        if save.is_empty() {
            return None;
        }
        self.under_way = Some(batch);
        Some(save)
    }

    /// The record under way is durable. Gives what was in it and was not answered meanwhile.
    pub(super) fn kept(&mut self) -> Batch {
        let batch = self.under_way.take().unwrap_or_default();
        self.reworded.extend(batch.reworded.iter().map(|(_, tag, about)| (*tag, *about)));
        for id in batch.said.keys() {
            self.not_kept.remove(id);
        }
        batch
    }

    /// The record under way is not durable. All of it is tried again with the next one. Gives the interface's numbers of
    /// what was said, each once.
    pub(super) fn failed(&mut self) -> Vec<u64> {
        let Some(mut batch) = self.under_way.take() else { return Vec::new() };
        self.reworded.extend(batch.reworded.drain(..).map(|(_, tag, about)| (tag, about)));
        let is_news = |(id, (tag, _)): (&ClientMsgId, &(u64, SavedPost))| self.not_kept.insert(*id).then_some(*tag);
        let tags = batch.said.iter().filter_map(is_news).collect();
        for (id, said) in batch.said {
            // It may have got its number meanwhile.
            let settled = self.next.settled.remove(&id);
            self.next.said.insert(id, (said.0, settled.unwrap_or(said.1)));
        }
        batch.settled.append(&mut self.next.settled);
        self.next.settled = batch.settled;
        batch.answered.append(&mut self.next.answered);
        self.next.answered = batch.answered;
        batch.ignored.append(&mut self.next.ignored);
        self.next.ignored = batch.ignored;
        batch.muted.append(&mut self.next.muted);
        self.next.muted = batch.muted;
        batch.drafts.append(&mut self.next.drafts);
        self.next.drafts = batch.drafts;
        batch.sent.append(&mut self.next.sent);
        self.next.sent = batch.sent;
        batch.settings.append(&mut self.next.settings);
        self.next.settings = batch.settings;
        batch.leaving.append(&mut self.next.leaving);
        self.next.leaving = batch.leaving;
        tags
    }

    pub(super) const fn is_under_way(&self) -> bool {
        self.under_way.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::save::Reference;

    fn post(counter: u64) -> SavedPost {
        SavedPost {
            id: ClientMsgId { start: 1, counter },
            room: "#lobby".into(),
            post: vec![],
            reference: Reference::Open,
            makes_room: true,
        }
    }

    fn said(save: Option<Save>) -> Vec<u64> {
        save.into_iter().flat_map(|save| save.said).map(|post| post.id.counter).collect()
    }

    #[test]
    fn one_record_at_a_time_takes_all_there_is() {
        let mut keeper = Keeper::default();
        assert_eq!(keeper.begin(Vec::new), None);
        keeper.said(10, post(1));
        assert_eq!(said(keeper.begin(Vec::new)), [1]);
        (2..5).for_each(|n| keeper.said(n * 10, post(n)));
        assert_eq!(keeper.begin(Vec::new), None, "one is under way");
        assert_eq!(keeper.kept().said.values().map(|(tag, _)| *tag).collect::<Vec<_>>(), [10]);
        assert_eq!(said(keeper.begin(Vec::new)), [2, 3, 4]);
    }

    #[test]
    fn what_is_answered_before_it_is_recorded_is_never_written() {
        let mut keeper = Keeper::default();
        keeper.said(10, post(1));
        keeper.answered(post(1).id);
        assert_eq!(keeper.begin(Vec::new), None);
        keeper.said(20, post(2));
        assert_eq!(said(keeper.begin(Vec::new)), [2]);
        keeper.answered(post(2).id);
        assert!(keeper.kept().said.is_empty(), "it is not queued but answered");
        assert_eq!(keeper.begin(Vec::new).map(|save| save.answered), Some(vec![post(2).id]));
    }

    #[test]
    fn a_change_is_made_when_it_is_recorded_and_when_it_need_not_be_any_more() {
        let mut keeper = Keeper::default();
        keeper.said(10, post(1));
        keeper.reworded(post(1), 20, 10);
        assert_eq!(keeper.take_reworded(), []);
        assert_eq!(said(keeper.begin(Vec::new)), [1]);
        assert_eq!(keeper.take_reworded(), []);
        keeper.kept();
        assert_eq!(keeper.take_reworded(), [(20, 10)]);
        // Its message was answered before that.
        keeper.said(30, post(2));
        keeper.reworded(post(2), 40, 30);
        keeper.answered(post(2).id);
        assert_eq!((keeper.take_reworded(), keeper.begin(Vec::new)), (vec![(40, 30)], None));
        // It can't be recorded.
        keeper.reworded(post(1), 50, 10);
        assert_eq!(keeper.begin(Vec::new).map(|save| save.settled.len()), Some(1));
        keeper.failed();
        assert_eq!(keeper.take_reworded(), [(50, 10)]);
    }

    #[test]
    fn what_could_not_be_recorded_is_tried_again_with_the_next() {
        let mut keeper = Keeper::default();
        keeper.said(10, post(1));
        keeper.ignored("eve".into(), true);
        assert_eq!(said(keeper.begin(Vec::new)), [1]);
        assert_eq!(keeper.failed(), [10]);
        assert_eq!(keeper.begin(Vec::new), None, "but not over and over");
        keeper.said(20, post(2));
        let save = keeper.begin(Vec::new);
        assert_eq!(save.as_ref().map(|save| save.ignored.len()), Some(1));
        assert_eq!(said(save), [1, 2]);
        assert_eq!(keeper.failed(), [20], "of the first it was told");
        keeper.said(30, post(3));
        assert_eq!(said(keeper.begin(Vec::new)), [1, 2, 3]);
        keeper.kept();
        assert!(keeper.not_kept.is_empty());
    }
}
