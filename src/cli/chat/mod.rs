//! `chinwag chat`: a conversation at a full screen, or in lines where there is no terminal or lines are wanted.

mod conversation;
mod desktop;
mod echo;
mod editor;
mod full;
mod keys;
mod lines;
mod screen;
pub(super) mod terminal;

use std::io::{self, IsTerminal as _};
use std::net::SocketAddr;
use std::sync::mpsc::SyncSender;

use crate::client::Reads;
use crate::client::desk::Face;
use crate::config::Home;

use super::event::Event;
use super::failure::Failure;
use super::session::{Kind, Session, Wants};
use super::{args, can_draw, check_room};

use conversation::Conversation;

pub(super) fn run(home: &Home, args: &args::Chat) -> Result<(), Failure> {
    run_with(home, args, Wants::new(Kind::Chat), |_| {})
}

/// The same, on a server that is known to be at these addresses. `begun` gets the queue of what happens, by which others can
/// end the chat.
pub(super) fn run_at(
    home: &Home,
    args: &args::Chat,
    addrs: Vec<SocketAddr>,
    begun: impl FnOnce(SyncSender<Event>),
) -> Result<(), Failure> {
    run_with(home, args, Wants::new(Kind::Chat).at(addrs), begun)
}

fn run_with(
    home: &Home,
    args: &args::Chat,
    wants: Wants<'_>,
    begun: impl FnOnce(SyncSender<Event>),
) -> Result<(), Failure> {
    check_room(&args.room)?;
    let reads = if args.read_privately { Reads::Private } else { Reads::Told };
    let face = face(args.plain);
    let wants = wants.reads(reads).whole_screen(face == Face::Screen);
    let mut session = Session::open(home, &args.client, wants)?;
    begun(session.sender());
    if face != Face::Pipe {
        session.may_try_again();
    }
    let mut conversation = Conversation::begin(session, face, &args.room);
    conversation.desk.ring_by(args.look.rules());
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
