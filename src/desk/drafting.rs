//! What the user types, in each room by itself: whatever is typed in a room stays there, with its caret, when the user looks at
//! another one, and nothing typed in one room is said in another. Drafts are kept on this device, a moment after a key was
//! pressed, until they are entered.

use std::collections::BTreeMap;
use std::time::Duration;

use chinwag_proto::wire::message::name::fold;

use super::desk::Desk;
use super::remark::Typed;
use super::state::{Entered, Next};
use crate::compose::Composer;
use crate::compose::complete::command_of;
use chinwag_client_core::{Command, Draft};

/// How long after a key what is being typed is kept on disk: one write for a burst of keys.
const KEEP_AFTER: Duration = Duration::from_secs(2);

impl Desk {
    /// What is typed in the room in view.
    #[must_use]
    pub const fn composer(&self) -> &Composer {
        &self.drafts.here
    }

    /// What is typed in the room in view, to be changed.
    pub const fn composer_mut(&mut self) -> &mut Composer {
        &mut self.drafts.here
    }

    /// Something is typed in a room that is not in view, and waits to be entered.
    #[must_use]
    pub fn has_draft(&self, room: &str) -> bool {
        !self.drafts.elsewhere.is_empty() && self.drafts.elsewhere.get(&fold(room)).is_some_and(is_some)
    }

    /// What earlier programs of this device left half typed.
    pub fn resume(&mut self, drafts: BTreeMap<String, Draft>) {
        let here = fold(&self.room);
        for (room, draft) in &drafts {
            let composer = if *room == here {
                &mut self.drafts.here
            } else {
                self.drafts.elsewhere.entry(room.clone()).or_default()
            };
            if composer.text().is_empty() {
                composer.set_at(&draft.text, draft.caret);
            }
        }
        self.drafts.kept = drafts;
    }

    /// The user enters what is typed. What is refused is given back.
    pub fn enter(&mut self) -> Entered {
        if std::mem::take(&mut self.drafts.is_elsewhere) && self.drafts.here.is_message() {
            self.remark(Typed::RoomIsAnother { room: self.room.clone() });
            return Entered { taken: false, next: Next::GoOn };
        }
        let text = self.drafts.here.enter();
        let entered = self.entered(&text);
        if !entered.taken {
            self.drafts.here.give_back(&text);
        }
        self.keep_drafts();
        entered
    }

    /// Takes what is typed along: to the same room, at another server.
    pub fn take_typed(&mut self) -> Option<(String, Composer)> {
        (!self.room.starts_with('@')).then(|| (fold(&self.room), std::mem::take(&mut self.drafts.here)))
    }

    /// Puts in what was typed in the room in view at another server; nothing where another room is in view.
    pub fn put_typed(&mut self, (room, typed): (String, Composer)) {
        if room == fold(&self.room) && is_some(&typed) {
            self.drafts.here = typed;
            self.draft_changed();
        }
    }

    /// A key was pressed, so what is typed may be another text.
    pub(super) fn draft_changed(&mut self) {
        self.drafts.changed = self.drafts.changed.or(Some(self.now.mono));
    }

    /// How long until what is typed is to be kept; `None`: it is.
    #[must_use]
    pub fn drafts_due_in(&self) -> Option<Duration> {
        self.drafts.changed.map(|changed| KEEP_AFTER.saturating_sub(self.now.mono.since(changed)))
    }

    /// Keeps what is typed in all rooms, and forgets what is not any more.
    pub fn keep_drafts(&mut self) {
        self.drafts.changed = None;
        let here = (fold(&self.room), &self.drafts.here);
        let all = self.drafts.elsewhere.iter().map(|(room, composer)| (room.clone(), composer)).chain([here]);
        let now: BTreeMap<String, Draft> = all
            .filter(|(_, composer)| is_some(composer) && !has_password(composer.text()))
            .filter_map(|(room, composer)| Some((room, lasting(composer)?)))
            .collect();
        let gone = self.drafts.kept.keys().filter(|room| !now.contains_key(*room));
        let gone: Vec<_> = gone.map(|room| Command::Draft { room: room.clone(), draft: None }).collect();
        let is_news = |(room, draft): &(&String, &Draft)| self.drafts.kept.get(*room) != Some(*draft);
        let news = now.iter().filter(is_news);
        let news: Vec<_> =
            news.map(|(room, draft)| Command::Draft { room: room.clone(), draft: Some(draft.clone()) }).collect();
        self.commands.extend(gone.into_iter().chain(news));
        self.drafts.kept = now;
    }

    /// The room in view is `self.room` from now on: what is typed there comes into view.
    pub(super) fn drafts_follow(&mut self, left: &str) {
        let (left, here) = (fold(left), fold(&self.room));
        if left == here {
            return;
        }
        let typed = self.drafts.elsewhere.remove(&here).unwrap_or_default();
        let was_typed = std::mem::replace(&mut self.drafts.here, typed);
        if was_typed != Composer::default() {
            self.drafts.elsewhere.insert(left, was_typed);
        }
        self.drafts.is_elsewhere = false;
    }

    /// The user was in the middle of a line, and the room in view is another one now.
    pub(super) fn take_away(&mut self, from: &str) {
        if !self.has_draft(from) {
            return;
        }
        let typed = self.drafts.elsewhere.get(&fold(from)).map(|composer| composer.text().to_owned());
        self.remark(Typed::NotSaid { room: from.to_owned(), text: typed.unwrap_or_default() });
        self.drafts.is_elsewhere = true;
    }
}

/// Something is typed there.
fn is_some(composer: &Composer) -> bool {
    !composer.text().trim().is_empty()
}

/// What is typed, as a later program of this device understands it: that one numbers anew what it says, so a line about something
/// without a number becomes what it says of that, if that is a message.
fn lasting(composer: &Composer) -> Option<Draft> {
    let (text, caret) = (composer.text(), composer.caret());
    let is_about = matches!(command_of(text), Some("reply" | "edit" | "delete" | "react" | "pin" | "unpin"));
    let behind = text.split_once(char::is_whitespace).map_or("", |(_, behind)| behind.trim_start());
    if !is_about || !behind.starts_with('~') {
        return Some(Draft { text: text.to_owned(), caret });
    }
    let said = behind.split_once(char::is_whitespace).map_or("", |(_, said)| said.trim_start());
    let is_message = matches!(command_of(text), Some("reply" | "edit")) && !said.is_empty();
    let text = if said.starts_with('/') { format!("/{said}") } else { said.to_owned() };
    is_message.then_some(Draft { caret: text.len(), text })
}

/// A room's password may be in it, which is for no disk.
fn has_password(text: &str) -> bool {
    command_of(text) == Some("join") && text.split_whitespace().nth(2).is_some()
}
