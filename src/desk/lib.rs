//! The desk: what any user interface of a chat knows and does, whatever it looks like. It takes what the client tells
//! ([`Notice`](chinwag_client_core::Notice)) and what is typed, keeps plain data to be shown, and yields commands for the client. PURE, like the client.
//!
//! Two kinds of face sit at it. Line mode prints [`Out`]s in the order in which they come, and forgets them. A full screen draws
//! [`Room`]s anew whenever something has changed; what else is to be said stands among the messages of the room in view.

pub mod compose;
pub mod dates;
pub mod fold;
pub mod mention;
pub mod parse;
pub mod tell;

mod answers;
mod asides;
mod asked;
mod asking;
mod desk;
mod drafting;
mod drafts;
mod lines;
mod notices;
mod out;
mod pages;
mod paging;
mod pending;
mod question;
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

pub use asides::{Aside, Tone};
pub use desk::Desk;
pub use fold::Messages;
pub use lines::{hit, listed, plain};
pub use out::{Out, Ping, Said};
pub use pending::{Pending, too_long};
pub use question::Question;
pub use ring::{About, NoAbout, NoRule, Rule, Rules};
pub use room::{Key, Mark, Room};
pub use state::{Entered, Face, Findings, Link, Next};

#[cfg(test)]
mod tests;
