//! What the faces of a client say to people, in English: sentences made of what the desk and the client give as data. Whoever
//! wants another language, or a face that says it otherwise, writes such a package of its own. PURE, and what it gives is safe to
//! show.
//!
//! Here is what several faces say in the same words. What only one face says is in a module of sentences of that face (`src/tui/sentences`,
//! `src/cli/chat/sentences.rs`).

mod acts;
pub mod dates;
pub mod help;

mod entries;
mod lists;
mod people;
mod refusals;
mod remarks;
mod typed;
mod unsaid;

pub use acts::{access_name, access_words, done, holds, role_name, role_words};
pub use chinwag_client_core::words::{
    follow_ended, gone, made_anew, over_budget, quota_near, reset, too_long, unreadable, wrong_version,
};
pub use entries::{Told, beginning, folded, tell};
pub use lists::{hit, hit_in_short, listed, plain};
pub use people::{arrival, roster, typers};
pub use refusals::{refusal, refusal_of};
pub use remarks::{AWAY, beginning_of, deed, prompt, remark, sent_from_before};
pub use typed::unseen_line;
pub use unsaid::unsaid;
