//! `chinwag chat`: a conversation at a full screen, or in lines where there is no terminal or lines are wanted.

mod burst;
mod conversation;
mod desktop;
mod editor;
mod face;
mod full;
mod keys;
mod lines;
mod presenter;
mod screen;
mod sentences;
mod terminal;

use std::io::{self, IsTerminal as _};
use std::net::SocketAddr;

use chinwag_proto::wire::id::PublicKey;

use crate::client_core::Reads;
use crate::config::Home;

use super::args;
use super::failure::Failure;
use super::output::can_draw;
use super::roaming::Roamer;
use super::room_name::check_room;
use super::session::{Kind, Session, Wants};

use conversation::Conversation;
use face::Face;

pub(super) fn run(home: &Home, args: &args::Chat) -> Result<(), Failure> {
    run_with(home, args, Wants::new(Kind::Chat), None, "")
}

/// A server that is there, for a chat that can go on at another one.
pub(super) struct There {
    pub(super) addrs: Vec<SocketAddr>,
    /// Its key, which its user trusts.
    pub(super) key: PublicKey,
    pub(super) roamer: Roamer,
    /// What is said first.
    pub(super) greeting: String,
}

/// The same, on that server.
pub(super) fn run_at(home: &Home, args: &args::Chat, there: There) -> Result<(), Failure> {
    let There { addrs, key, roamer, greeting } = there;
    run_with(home, args, Wants::new(Kind::Chat).at(addrs, Some(key)), Some(roamer), &greeting)
}

fn run_with(
    home: &Home,
    args: &args::Chat,
    wants: Wants<'_>,
    mut roamer: Option<Roamer>,
    greeting: &str,
) -> Result<(), Failure> {
    check_room(&args.room)?;
    let reads = if args.read_privately { Reads::Private } else { Reads::Told };
    let face = face(args.plain);
    let wants = wants.reads(reads).whole_screen(face == Face::Screen);
    let mut session = Session::open(home, &args.client, wants)?;
    if face != Face::Pipe {
        session.library.let_try_again();
    }
    if let Some(roamer) = &mut roamer {
        roamer.begin(args, face == Face::Screen, session.sender())?;
    }
    let mut conversation = Conversation::begin(session, face, args, roamer);
    if !greeting.is_empty() {
        conversation.desk.news(greeting);
    }
    match face {
        Face::Screen => full::run(conversation, &args.look),
        Face::Lines if can_draw() => lines::at_a_terminal(conversation, &args.look),
        Face::Lines => lines::at_a_printer(conversation, &args.look),
        Face::Pipe => lines::with_plain_lines(conversation),
    }
}

/// The face that fits what stdin and stdout are.
fn face(is_plain: bool) -> Face {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Face::Pipe;
    }
    if is_plain || !can_draw() { Face::Lines } else { Face::Screen }
}
