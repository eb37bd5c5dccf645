//! The machine, one thing after another: what it hears, what it wants, what it tells.

mod asked;
mod by_itself;
mod chat;
mod crowd;
