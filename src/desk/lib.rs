//! The desk: what any user interface of a chat knows and does, whatever it looks like and whatever language it speaks. It takes
//! what the client tells ([`Notice`](chinwag_client_core::Notice)) and what is typed, keeps plain data to be shown, and yields
//! commands for the client. PURE, like the client.
//!
//! A face tells it something ([`Desk::notice`], [`Desk::entered`], [`Desk::enter`]), takes what has changed
//! ([`Desk::take_changes`]), shows that, and says so ([`Desk::shown`]). No sentence is made here: a [`Remark`] is a value, and a
//! presenter makes of it what its user reads. What a face is able to show is its [`Manner`]: all rooms, each drawn anew from
//! [`Room`] whenever something has changed, or a stream in which what was shown stays as it is.

pub mod compose;
pub mod fold;
pub mod mention;
pub mod parse;

mod able;
mod answers;
mod asides;
mod asked;
mod asking;
mod change;
mod desk;
mod drafting;
mod drafts;
mod earlier;
mod facts;
mod nearest;
mod notices;
mod pages;
mod paging;
mod pending;
mod question;
mod reaching;
pub mod remark;
mod ring;
mod room;
mod rooms;
mod row;
mod rows;
mod settings;
mod spans;
mod state;
mod telling;
mod typed;
mod unanswered;

pub use able::Doing;
pub use asides::{Aside, Refused, Tone};
pub use change::{Came, Change, Place};
pub use desk::{Desk, LOBBY};
pub use fold::Messages;
pub use nearest::nearest;
pub use pending::{Deed, Pending};
pub use question::{For, Question};
pub use remark::Remark;
pub use ring::{About, NoAbout, NoRule, Rule, Rules};
pub use room::{DeliveryState, Key, Room};
pub use row::{NoRow, Row};
pub use state::{Calendar, ConnectionState, Entered, Findings, Manner, Next, Shows, UTC, Unsaid};

#[cfg(test)]
mod tests;
