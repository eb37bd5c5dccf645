//! The chinwag client as a library: open a device, choose a server, log in, talk.
//!
//! A [`Device`] is what a person or a program is known by; opened in a folder, it is the same one after every restart, keeps how
//! far it has read each room, and sends what was said and could not be sent before. [`Device::server`] chooses a server and
//! gives a [`Connect`], which says who to be and whom to trust. [`Connect::connect`] gives a [`Client`], which speaks and asks
//! from any thread, and [`Events`], which tells what happens. From then on the client reconnects by itself; what is said
//! meanwhile is kept.
//!
//! A bot that greets newcomers and tells the time:
//!
//! ```no_run
//! use chinwag_client::{ConnectError, Device, Event, Trust};
//!
//! # #[cfg(feature = "sqlite")]
//! fn main() -> Result<(), ConnectError> {
//!     let device = Device::open("greeter.home")?;
//!     let (client, events) = device.server("lan:lab")?.name("greeter").trust(Trust::New).connect()?;
//!     client.join("lobby");
//!     for event in events {
//!         match event {
//!             Event::Presence(new) if new.before.is_none() => drop(client.say(&new.room, &format!("welcome, {}", new.who))),
//!             Event::Message(said) if !said.is_own && said.text() == Some("!time") => {
//!                 let at = said.entry.at.as_unix_millis() / 1_000;
//!                 drop(client.say(&said.room, &format!("{at} seconds since 1970")));
//!             }
//!             Event::Ended(error) => return Err(error),
//!             _ => {}
//!         }
//!     }
//!     Ok(())
//! }
//! # #[cfg(not(feature = "sqlite"))]
//! # fn main() {}
//! ```
//!
//! A program that says one thing and goes, as one that a timer starts:
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use chinwag_client::{ConnectError, Device};
//!
//! # #[cfg(feature = "sqlite")]
//! fn main() -> Result<(), ConnectError> {
//!     let (client, _events) = Device::open("ci.home")?.server("lab")?.name("ci").passing().connect()?;
//!     client.join("builds");
//!     drop(client.say("builds", "build 1234 is green"));
//!     let left = client.flush(Duration::from_secs(10));
//!     println!("{} messages wait for the next run", left.waiting);
//!     Ok(())
//! }
//! # #[cfg(not(feature = "sqlite"))]
//! # fn main() {}
//! ```
//!
//! What was handed to the program counts as dealt with when it asks for the next event: one that crashes in between gets the
//! message again. Without the feature `sqlite` a device lives in memory. The feature `async` gives events as a
//! `futures_core::Stream`, for any executor.
//!
//! Below it are `chinwag-client-core`, the machine without a socket, and `chinwag-drive`, the loop that drives it; whoever wants
//! to test against a network that drops packets, or brings a loop of their own, uses those.

mod ask_key;
mod attendant;
mod client;
mod connect;
mod device;
mod error;
mod event;
mod events;
mod find;
mod how;
mod keeper;
mod ledger;
mod queue;
mod search;
mod server_name;
mod session;
#[cfg(feature = "async")]
mod stream;
mod trust;

pub use chinwag_client_core::{
    Ask, Attempt, Command, Connection, Delivered, Denial, Draft, Entering, Found, Login, Lost, Notice, OverBudget,
    PresenceChange, Present, Quality, QuotaNear, Reads, Reference, Reply, SavedPost, Start, TypingChange, Unreadable,
    Whose,
};
pub use chinwag_discovery::{Found as FoundServer, Notice as Heard};
pub use chinwag_drive::{Handle, Stopped};
pub use chinwag_home::{
    Banned, ConfigError, Home, Invite, KeyFile, KnownServer, KnownServers, NoInvite, Recent, Trouble, Used,
};
pub use chinwag_keep::KeepError;
pub use chinwag_net::{BindError, Refused, ResolveError};
pub use chinwag_proto::endpoint::Target;
pub use chinwag_proto::error::DropReason;
pub use chinwag_proto::link::Violation;
pub use chinwag_proto::time::WallTime;
pub use chinwag_proto::weather::{Faults, Outage, Spec, SpecError};
pub use chinwag_proto::wire::datagram::{BeaconFlags, BeaconHead, BeaconRoom, VersionRange};
pub use chinwag_proto::wire::frame::CloseCode;
pub use chinwag_proto::wire::id::{AccountId, ClientMsgId, LogId, PublicKey, RoomId, RoomSeq};
pub use chinwag_proto::wire::message::name::NameError;
pub use chinwag_proto::wire::message::{
    Access, Act, Away, Body, Device as EnrolledDevice, Entry, Fact, Facts, Listed, Member, Position, Presence, Reach,
    Refusal, Role, RoomInfo, RoomKind, SearchMark, Secret, Standing,
};
pub use client::{Client, Hits, Page, Post};
pub use connect::{Connect, machine_name};
pub use device::Device;
pub use error::{AskError, Blame, ConnectError, PostError, Silence};
pub use event::{Event, Message, Tag};
pub use events::Events;
pub use find::{Look, Waker, locate};
pub use keeper::Kept;
pub use ledger::OutboxCount;
pub use server_name::{ServerName, Whom, name_of};
pub use session::{Change, Notices, Session};
#[cfg(feature = "async")]
pub use stream::EventStream;
pub use trust::Trust;
