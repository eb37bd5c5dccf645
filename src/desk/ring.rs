//! Which messages ring: those that are said to the user, unless there is another rule for their room or for who says them.

use std::collections::BTreeMap;
use std::str::FromStr;

use chinwag_proto::wire::message::name;
use thiserror::Error;

/// Which messages ring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum About {
    /// Messages that name the user, or are said to nobody else.
    #[default]
    Mentions,
    /// All of others.
    All,
    /// None.
    None,
}

impl About {
    /// What they are called.
    pub const NAMES: [&str; 3] = ["mentions", "all", "none"];

    /// What this one is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        let [mentions, all, none] = Self::NAMES;
        match self {
            Self::Mentions => mentions,
            Self::All => all,
            Self::None => none,
        }
    }
}

/// What was typed is none of the words of [`About`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{0}` is none of {names}", names = About::NAMES.join(", "))]
pub struct NoAbout(String);

impl FromStr for About {
    type Err = NoAbout;

    fn from_str(given: &str) -> Result<Self, NoAbout> {
        match given {
            "mentions" => Ok(Self::Mentions),
            "all" => Ok(Self::All),
            "none" => Ok(Self::None),
            other => Err(NoAbout(other.to_owned())),
        }
    }
}

/// A rule for one room or for one person: `#ops=all`, `@ci=none`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// `#ops` or `@ci`, folded.
    of: String,
    about: About,
}

/// Why a text is no rule.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NoRule {
    /// The rule has no room or person, or no word.
    #[error("`{0}` is no rule; write #ROOM=all, @PERSON=none, or mentions")]
    Form(String),
    /// The word is none.
    #[error(transparent)]
    Word(#[from] NoAbout),
}

impl FromStr for Rule {
    type Err = NoRule;

    fn from_str(given: &str) -> Result<Self, NoRule> {
        let form = || NoRule::Form(given.to_owned());
        let (of, about) = given.split_once('=').ok_or_else(form)?;
        let (of, about) = (of.trim(), about.trim());
        let bare = of.strip_prefix(['#', '@']).ok_or_else(form)?;
        name::check(bare).map_err(|_| form())?;
        Ok(Self { of: name::fold(of), about: about.parse()? })
    }
}

/// All rules. One for a person is about what that person says anywhere, and comes before one for a room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    about: About,
    of: BTreeMap<String, About>,
}

impl Rules {
    /// Rules from a list, and what holds where none of them does. Of two for the same the last one holds.
    #[must_use]
    pub fn new(about: About, rules: impl IntoIterator<Item = Rule>) -> Self {
        Self { about, of: rules.into_iter().map(|Rule { of, about }| (of, about)).collect() }
    }

    /// What rings in that room, people apart.
    pub(super) fn about(&self, room: &str) -> About {
        self.of.get(&name::fold(room)).copied().unwrap_or(self.about)
    }

    /// From now on that rings in that room.
    pub(super) fn set(&mut self, room: &str, about: About) {
        self.of.insert(name::fold(room), about);
    }

    /// Whether a message rings, of that person in that room (`#ops`, `@ann`).
    pub(super) fn ring(&self, room: &str, who: &str, is_meant: bool) -> bool {
        let rule = |of: &str| self.of.get(&name::fold(of)).copied();
        let about = if self.of.is_empty() { None } else { rule(&format!("@{who}")).or_else(|| rule(room)) };
        match about.unwrap_or(self.about) {
            About::Mentions => is_meant,
            About::All => true,
            About::None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_comes_before_a_room_and_both_before_the_rest() {
        let rule = |given: &str| given.parse::<Rule>().expect("a rule");
        let rules = Rules::new(About::Mentions, ["#Ops=all", "#noise=none", "@ci=none", "@boss = all"].map(rule));
        assert!(rules.ring("#lobby", "bob", true) && !rules.ring("#lobby", "bob", false));
        assert!(rules.ring("#ops", "bob", false));
        assert!(!rules.ring("#ops", "CI", true) && !rules.ring("@ci", "ci", true));
        assert!(!rules.ring("#noise", "bob", true) && rules.ring("#noise", "boss", false));
        let quiet = Rules::new(About::None, [rule("@bob=mentions")]);
        assert!(!quiet.ring("#lobby", "ann", true) && quiet.ring("@bob", "bob", true));
    }

    #[test]
    fn what_is_no_rule_is_told_what_is_one() {
        for given in ["ops=all", "#ops", "#=all", "#a b=all", "="] {
            let said = given.parse::<Rule>().expect_err(given).to_string();
            assert!(said.contains("#ROOM=all"), "{said}");
        }
        let said = "#ops=loud".parse::<Rule>().expect_err("no word").to_string();
        assert_eq!(said, "`loud` is none of mentions, all, none");
    }
}
