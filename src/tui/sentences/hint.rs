//! What is said above the composer about a key that could do nothing, or did something that nobody sees: each in a wide and in a
//! narrow form, so that none is ever cut on a screen of 40 columns.

use crate::tui::cells::width;
use crate::words;

/// A sentence in some ways, the longest first.
pub(in crate::tui) type Ways = &'static [&'static str];

/// What a key can't do to something on its way.
pub(in crate::tui) const NO_NUMBER: Ways = &[
    "that is on its way, and has no number yet: e changes it, d takes it back",
    "on its way: only e, d, y, o, or Esc",
];
/// The same, where it is nothing that is said.
pub(in crate::tui) const NO_MESSAGE: Ways =
    &["that is on its way, and is no message: d takes it back", "on its way: d takes it back"];
/// The same, where it may have been sent.
pub(in crate::tui) const MAY_BE_SENT: Ways =
    &["that may have been sent, and is no message: it can't be taken back", "sent, maybe: it can't be taken back"];
/// What a key can't do to something that is about to be deleted.
pub(in crate::tui) const DELETING: Ways = &["it is deleted as soon as it has come", "it is about to be deleted"];
/// What a key can't do to a message.
pub(in crate::tui) const DELETED: Ways = &["it was deleted"];
pub(in crate::tui) const NOT_TO_EDIT: Ways =
    &["only a text can be edited, and only by who wrote it", "only one's own texts can be edited"];
pub(in crate::tui) const NOT_TO_DELETE: Ways =
    &["only who wrote a text, or a moderator, can delete it", "only one's own texts can be deleted"];
pub(in crate::tui) const NOT_TO_PIN: Ways =
    &["only moderators pin messages in this room, and only texts", "only moderators pin texts here"];
/// What a key can't do to something refused.
pub(in crate::tui) const NOT_DELIVERED: Ways =
    &["that was not delivered: Enter or e takes it up again, d removes it", "not delivered: e again, d removes it"];
/// There is nothing to take up.
pub(in crate::tui) const NOT_AGAIN: Ways =
    &["what that was about is not there any more; d removes it", "that is not there any more; d removes"];
/// Something is typed already where it would be typed again.
pub(in crate::tui) const IS_TYPING: Ways =
    &["something else is being typed there: enter that first, or remove it", "a draft is there: enter it first"];
pub(in crate::tui) const NO_TEXT: Ways = &["there is no text in it to edit"];
pub(in crate::tui) const NO_LINK: Ways = &["there is no link in it"];
pub(in crate::tui) const COPIED: Ways =
    &["copied, if this terminal lets programs do that", "copied, if this terminal lets us"];
pub(in crate::tui) const NOTHING_TO_COPY: Ways = &["there is nothing to copy"];
pub(in crate::tui) const NO_PIN_YET: Ways =
    &["what is on its way can be pinned when it has come", "it can be pinned when it has come"];
pub(in crate::tui) const NO_PIN: Ways =
    &["what was not delivered can't be pinned", "not delivered: it can't be pinned"];
/// There is no room at the sides.
pub(in crate::tui) const NO_ROOMS: Ways =
    &["too narrow for rooms; Ctrl-K lists them", "too narrow: Ctrl-K lists rooms"];
pub(in crate::tui) const NO_ROSTER: Ways = &["too narrow for people; /who lists them", "too narrow: /who lists people"];
/// A line was given back.
pub(in crate::tui) const REFUSED: Ways = &[
    "what you type now takes its place; a space or an arrow key goes on with it",
    "type anew, or go on with an arrow key",
];
pub(in crate::tui) const NO_COMMAND: Ways =
    &["there is no such command; F1 shows them", "no such command; F1 shows all"];
pub(in crate::tui) const AWAY: Ways = &[words::AWAY, "you are away; /back ends that"];

/// All of them.
#[cfg(test)]
pub(in crate::tui) const ALL: &[Ways] = &[
    NO_NUMBER,
    NO_MESSAGE,
    MAY_BE_SENT,
    DELETING,
    DELETED,
    NOT_TO_EDIT,
    NOT_TO_DELETE,
    NOT_TO_PIN,
    NOT_DELIVERED,
    NOT_AGAIN,
    IS_TYPING,
    NO_TEXT,
    NO_LINK,
    COPIED,
    NOTHING_TO_COPY,
    NO_PIN_YET,
    NO_PIN,
    NO_ROOMS,
    NO_ROSTER,
    REFUSED,
    NO_COMMAND,
    AWAY,
];

/// The longest way that fits, or the shortest.
pub(in crate::tui) fn fitting(ways: Ways, columns: usize) -> String {
    let fits = ways.iter().find(|way| width(way) <= columns);
    fits.or(ways.last()).copied().unwrap_or_default().to_owned()
}
