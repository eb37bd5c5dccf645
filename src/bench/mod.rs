//! Load on a real server, every delivery checked.
//!
//! [`fanout()`] plays a roomful of clients, with real sessions, in one process against a server process that it starts;
//! [`latency()`] plays one sender beside the server and one receiver behind bad weather. Both read the time of a message out
//! of the message, when it is handed up in room order, and check that each arrives exactly once. [`store()`] measures what
//! durable messages cost, [`find()`] how soon a server is found, [`flood()`] what forgers cost those who talk, [`heavy()`] what
//! members cost who write, or read, as much as they may. Nothing is printed here: a report shows itself.

mod alone;
mod args;
mod crowd;
mod durable;
mod error;
mod fanout;
mod find;
mod flood;
mod heavy;
mod latency;
mod ledger;
mod message;
mod past;
mod percentiles;
mod reader;
mod server;
mod visit;

pub use args::{FanoutArgs, FindArgs, FloodArgs, HeavyArgs, LatencyArgs, StoreArgs};
pub use durable::{StoreReport, store};
pub use error::BenchError;
pub use fanout::{FanoutReport, fanout};
pub use find::{FindReport, find};
pub use flood::{FloodReport, flood};
pub use heavy::{HeavyPart, HeavyReport, heavy};
pub use latency::{LatencyReport, latency};
pub use past::PastReport;
pub use percentiles::Percentiles;
pub use visit::VisitReport;
