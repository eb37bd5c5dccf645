//! What a user sets at the desk: what rings, which rooms are quiet, under which name.

use std::collections::BTreeMap;

use chinwag_proto::wire::message::{Refusal, name};

use super::asked::Asked;
use super::desk::Desk;
use super::remark::{AboutRoom, Setting};
use super::ring::About;
use super::state::ConnectionState;
use chinwag_client_core::{Ask, Command, Login};

/// What begins the names of settings that there are several of.
const NOTIFY: &str = "notify ";
const EMOJI: &str = "emoji ";
const ARRIVALS: &str = "arrivals";

impl Desk {
    /// As it was set before, by the record of this device. What is not understood is left as it is: a later version may.
    pub fn settle(&mut self, settings: &BTreeMap<String, String>) {
        for (name, value) in settings {
            if let (Some(room), Ok(about)) = (name.strip_prefix(NOTIFY), value.parse()) {
                self.rules.set(room, about);
            } else if let (Some(emoji), Ok(count)) = (name.strip_prefix(EMOJI), value.parse()) {
                self.emoji.insert(emoji.to_owned(), count);
            } else if name == ARRIVALS {
                self.says_arrivals = value != "off";
            }
        }
    }

    /// Says, or does not, who comes and goes.
    pub const fn say_arrivals(&mut self, says_arrivals: bool) {
        self.says_arrivals = says_arrivals;
    }

    /// Whether it is said who comes and goes.
    #[must_use]
    pub const fn says_arrivals(&self) -> bool {
        self.says_arrivals
    }

    /// Keeps a setting on this device.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.command(Command::Setting { name: name.into(), value: Some(value.into()) });
    }

    /// Says whether it is said who comes and goes, or changes that.
    pub(super) fn arrivals(&mut self, wanted: Option<bool>) {
        if let Some(wanted) = wanted {
            self.says_arrivals = wanted;
            self.set(ARRIVALS, if wanted { "on" } else { "off" });
        }
        self.remark(Setting::Arrivals(self.says_arrivals));
    }

    /// The user has used an emoji once more.
    pub(super) fn count_used(&mut self, emoji: &str) {
        let count = self.emoji.entry(emoji.to_owned()).or_default();
        *count = count.saturating_add(1);
        let count = count.to_string();
        self.set(format!("{EMOJI}{emoji}"), count);
    }

    /// Mutes a room on this device, or does so no more.
    pub(super) fn quiet(&mut self, typed: &str, is_muted: bool) {
        let folded = name::fold(typed);
        let known = self.rooms.keys().find(|room| name::fold(room) == folded).cloned();
        // Before the login it may be one of the account's, of which nothing is known here yet.
        let Some(room) = known.or_else(|| (self.standing.connection != ConnectionState::Up).then(|| typed.to_owned()))
        else {
            self.remark(AboutRoom::NotIn(typed.to_owned()));
            return self.not_done();
        };
        if is_muted {
            self.muted.insert(folded);
        } else {
            self.muted.remove(&folded);
        }
        self.remark(Setting::Muted(room.clone(), is_muted));
        self.count(&room);
        self.command(Command::Mute { room, is_muted });
    }

    /// Says what rings in the room in view, or lets something else ring there from now on, on this device.
    pub(super) fn notify(&mut self, about: Option<About>) {
        let room = self.room().to_owned();
        if let Some(about) = about {
            self.rules.set(&room, about);
            self.set(format!("{NOTIFY}{}", name::fold(&room)), about.name());
        }
        let about = self.rules.about(&room);
        self.remark(match self.is_muted(&room) {
            true => Setting::IsMuted(room, about),
            false => Setting::Rings(room, about),
        });
    }

    /// Says what a room is about.
    pub(super) fn tell_topic(&mut self, room: String) {
        match self.infos.get(&room).map(|info| info.topic.clone()) {
            Some(topic) => self.remark(Setting::Topic(room, topic)),
            None => self.ask(Ask::Look { room: room.clone() }, Asked::Topic(room)),
        }
    }

    /// Another name, while there is no account.
    pub(super) fn nick(&mut self, name: String) {
        if self.standing.is_known {
            self.remark(Setting::NameStays(self.name.clone()));
            return self.not_done();
        }
        self.name.clone_from(&name);
        self.command(Command::Identify { name, login: Login::Device });
    }

    /// The server does not let the user be who they say they are. Another name is asked for at once, where that can help.
    pub(super) fn not_let_in(&mut self, reason: Refusal) {
        let is_name = matches!(reason, Refusal::NameTaken | Refusal::NameConfusable | Refusal::NameInvalid);
        if is_name && self.manner.is_attended && self.composer().text().is_empty() {
            self.composer_mut().suggest("/nick ");
        }
    }
}
