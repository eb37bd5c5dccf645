//! The same in memory: for tests and simulations, where what is saved outlives a process and nothing outlives the test.

use std::collections::{BTreeMap, BTreeSet};

use super::{Keep, KeepError, Kept};
use chinwag_client_core::{Draft, Save, SavedCursor, SavedPost, SavedSent};

/// What one device keeps. One program at a time uses it: [`Keep::adopt`] gives all that is unanswered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    cursors: BTreeMap<String, SavedCursor>,
    sent: BTreeMap<String, SavedSent>,
    outbox: Vec<SavedPost>,
    ignored: BTreeSet<String>,
    muted: BTreeSet<String>,
    drafts: BTreeMap<String, Draft>,
    settings: BTreeMap<String, String>,
    leaving: BTreeSet<String>,
}

impl Memory {
    /// Messages that are kept.
    #[must_use]
    pub fn outbox(&self) -> &[SavedPost] {
        &self.outbox
    }
}

impl Keep for Memory {
    fn load(&mut self) -> Result<Kept, KeepError> {
        let cursors = self.cursors.values().cloned().collect();
        Ok(Kept {
            cursors,
            sent: self.sent.values().cloned().collect(),
            ignored: self.ignored.clone(),
            muted: self.muted.clone(),
            settings: self.settings.clone(),
            leaving: self.leaving.clone(),
        })
    }

    fn adopt(&mut self) -> Result<Vec<SavedPost>, KeepError> {
        Ok(self.outbox.clone())
    }

    fn drafts(&mut self) -> Result<BTreeMap<String, Draft>, KeepError> {
        Ok(self.drafts.clone())
    }

    fn save(&mut self, save: &Save) -> Result<(), KeepError> {
        for cursor in &save.cursors {
            let is_older = |old: &SavedCursor| old.log == cursor.log && old.upto >= cursor.upto && !cursor.is_put_back;
            if !self.cursors.get(&cursor.name).is_some_and(is_older) {
                self.cursors.insert(cursor.name.clone(), cursor.clone());
            }
        }
        for sent in &save.sent {
            let known = self.sent.get(&sent.name).cloned();
            self.sent.insert(sent.name.clone(), sent.clone().after(known));
        }
        let is_there = |outbox: &[SavedPost], id| outbox.iter().any(|post| post.id == id);
        for post in &save.said {
            if !is_there(&self.outbox, post.id) {
                self.outbox.push(post.clone());
            }
        }
        for settled in &save.settled {
            self.outbox.iter_mut().filter(|post| post.id == settled.id).for_each(|post| post.clone_from(settled));
        }
        self.outbox.retain(|post| !save.answered.contains(&post.id));
        for (room, draft) in &save.drafts {
            match draft {
                Some(draft) => drop(self.drafts.insert(room.clone(), draft.clone())),
                None => drop(self.drafts.remove(room)),
            }
        }
        for (name, value) in &save.settings {
            match value {
                Some(value) => drop(self.settings.insert(name.clone(), value.clone())),
                None => drop(self.settings.remove(name)),
            }
        }
        let changes =
            [(&mut self.ignored, &save.ignored), (&mut self.muted, &save.muted), (&mut self.leaving, &save.leaving)];
        for (names, changes) in changes {
            for (name, is_in) in changes {
                if *is_in {
                    names.insert(name.clone());
                } else {
                    names.remove(name);
                }
            }
        }
        Ok(())
    }
}
