//! `chinwag chat`: line mode. What is typed goes to a room, what the rooms say comes to the screen, in room order.

mod answers;
mod asking;
mod conversation;
mod editor;
mod keys;
mod mention;
mod screen;
pub(super) mod terminal;
mod typed;

use std::io::{self, IsTerminal as _};
use std::net::SocketAddr;
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use crossterm::event::{Event as TerminalEvent, KeyEvent, KeyEventKind};

use crate::client::Reads;
use crate::config::Home;

use super::event::{Event, Line, read_stdin};
use super::failure::{Exit, Failure};
use super::session::{Kind, Session, Wants, loop_ended};
use super::{args, check_room, logging};

use conversation::{Conversation, Next};
use editor::{Editor, Typed};
use screen::Screen;
use terminal::Terminal;

/// Lines of stdin that may be unstored at a time; more are not read yet.
const AHEAD_MAX: usize = 256;
/// How long a message may be on its way before that is shown.
const SHOW_PENDING_AFTER: Duration = Duration::from_millis(1_000);

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
    let mut session = Session::open(home, &args.client, wants.reads(reads))?;
    begun(session.sender());
    let is_at_terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
    if is_at_terminal {
        session.may_try_again();
    }
    let conversation = Conversation::begin(session, &args.room);
    if is_at_terminal { at_a_terminal(conversation) } else { with_plain_lines(conversation) }
}

/// A person types: keys to the editor, everything else above it.
#[expect(clippy::wildcard_enum_match_arm, reason = "the rest goes where all faces take it")]
fn at_a_terminal(mut conversation: Conversation) -> Result<(), Failure> {
    let broken = |error: io::Error| Failure::new(Exit::General, format!("the terminal can't be used: {error}"));
    logging::divert(Some(conversation.session.sender()));
    let mut terminal = Terminal::open(conversation.session.sender()).map_err(broken)?;
    let mut desk = Desk { line: Editor::default(), secret: None };
    let mut screen = Screen::at_terminal();
    let ended = loop {
        let (lines, bell, typers) = (screen.take(), screen.take_bell(), screen.typers(conversation.room()));
        desk.ask(&conversation);
        terminal.draw(&lines, desk.row(), &typers, bell).map_err(broken)?;
        conversation.shown();
        let Some(event) = next(&conversation) else {
            if conversation.idle_in().is_some_and(|left| left.is_zero()) {
                conversation.idle();
            }
            conversation.show_pending(&mut screen);
            continue;
        };
        let next = match event {
            Event::Terminal(event) => desk.typed(&mut conversation, &mut terminal, event, &mut screen),
            event => other(&mut conversation, event, &mut screen),
        };
        match next {
            Ok(Next::GoOn) => {}
            Ok(Next::End) => break Ok(()),
            Err(failure) => break Err(failure),
        }
    };
    let drawn = terminal.draw(&screen.take(), &Editor::default(), "", false);
    logging::divert(None);
    drawn.and_then(|()| terminal.close()).map_err(broken)?;
    conversation.session.close();
    ended
}

/// Lines come from a file or a program: each is entered as it is, and the end of them waits until all are stored.
#[expect(clippy::wildcard_enum_match_arm, reason = "the rest goes where all faces take it")]
fn with_plain_lines(mut conversation: Conversation) -> Result<(), Failure> {
    let permits = read_stdin(conversation.session.sender(), AHEAD_MAX);
    let mut screen = Screen::plain();
    let mut reading = true;
    let ended = loop {
        if let Err(error) = screen.print() {
            break if error.kind() == io::ErrorKind::BrokenPipe {
                Ok(())
            } else {
                Err(Failure::new(Exit::General, format!("can't write to stdout: {error}")))
            };
        }
        conversation.shown();
        if !reading && conversation.all_is_answered() {
            break Ok(());
        }
        let next = match conversation.session.next() {
            Event::Line(Line::Text(line)) => Ok(conversation.entered(&line, &mut screen).next),
            Event::Line(Line::NotText) => {
                conversation.not_taken("a line that is not UTF-8 is not sent", &mut screen);
                Ok(Next::GoOn)
            }
            Event::Line(Line::TooLong(len)) => {
                conversation.not_taken(&conversation::too_long(len), &mut screen);
                Ok(Next::GoOn)
            }
            Event::InputEnded(error) => {
                reading = false;
                error.iter().for_each(|error| screen.trouble(&format!("can't read stdin: {error}")));
                Ok(Next::GoOn)
            }
            event => other(&mut conversation, event, &mut screen),
        };
        // As many lines more as there are answers to those before.
        (0..conversation.take_answered()).for_each(|_| permits.give());
        match next {
            Ok(Next::GoOn) => {}
            Ok(Next::End) => break Ok(()),
            Err(failure) => break Err(failure),
        }
    };
    let _ = screen.print();
    let failed = conversation.failed();
    conversation.session.close();
    match ended {
        Ok(()) if failed == 1 => Err(Failure::new(Exit::NotDelivered, "one message was not delivered")),
        Ok(()) if failed > 0 => Err(Failure::new(Exit::NotDelivered, format!("{failed} messages were not delivered"))),
        ended => ended,
    }
}

/// The next event; `None` if there was none for a while, and a message is on its way or the user seems to be gone.
fn next(conversation: &Conversation) -> Option<Event> {
    let pending = conversation.has_hidden_pending().then_some(SHOW_PENDING_AFTER);
    match pending.into_iter().chain(conversation.idle_in()).min() {
        Some(time) => conversation.session.next_within(time),
        None => Some(conversation.session.next()),
    }
}

/// What the user types into: a line, or a password in its place.
struct Desk {
    line: Editor,
    secret: Option<Editor>,
}

impl Desk {
    /// Lays out what the conversation asks for.
    fn ask(&mut self, conversation: &Conversation) {
        match conversation.question() {
            Some(question) if self.secret.is_none() => self.secret = Some(Editor::hidden(question.prompt())),
            Some(_) => {}
            None => self.secret = None,
        }
    }

    fn row(&self) -> &Editor {
        self.secret.as_ref().unwrap_or(&self.line)
    }

    /// What the terminal brings.
    fn typed(
        &mut self,
        conversation: &mut Conversation,
        terminal: &mut Terminal,
        event: TerminalEvent,
        screen: &mut Screen,
    ) -> Result<Next, Failure> {
        match event {
            TerminalEvent::Key(key) if key.kind != KeyEventKind::Release => {
                conversation.touched();
                if let Some(mut secret) = self.secret.take() {
                    match secret.key(key) {
                        Typed::Edited => self.secret = Some(secret),
                        Typed::Line(line) => conversation.secret(line, screen),
                        Typed::End | Typed::Interrupt => conversation.not_answered(screen),
                    }
                    return Ok(Next::GoOn);
                }
                self.key(conversation, key, screen)
            }
            TerminalEvent::Paste(text) => {
                self.secret.as_mut().unwrap_or(&mut self.line).insert(&text);
                Ok(Next::GoOn)
            }
            TerminalEvent::Resize(..) => {
                terminal.measure();
                Ok(Next::GoOn)
            }
            TerminalEvent::Key(_) | TerminalEvent::FocusGained | TerminalEvent::FocusLost | TerminalEvent::Mouse(_) => {
                Ok(Next::GoOn)
            }
        }
    }

    fn key(&mut self, conversation: &mut Conversation, key: KeyEvent, screen: &mut Screen) -> Result<Next, Failure> {
        match self.line.key(key) {
            Typed::Edited => {
                if self.line.is_message() {
                    conversation.typing();
                }
                Ok(Next::GoOn)
            }
            Typed::End => Ok(conversation.quit(screen)),
            Typed::Interrupt => Err(Failure::interrupted(conversation.unsaid())),
            Typed::Line(line) => {
                let entered = conversation.entered(&line, screen);
                if !entered.taken {
                    self.line.give_back(&line);
                }
                Ok(entered.next)
            }
        }
    }
}

/// What is neither typed nor read.
fn other(conversation: &mut Conversation, event: Event, screen: &mut Screen) -> Result<Next, Failure> {
    match event {
        Event::Notice(notice) => conversation.notice(notice, screen),
        Event::Leave => Ok(conversation.quit(screen)),
        Event::Interrupt => Err(Failure::interrupted(conversation.unsaid())),
        Event::LoopEnded(why) => Err(loop_ended(why)),
        Event::Log(line) => {
            screen.log(line);
            Ok(Next::GoOn)
        }
        Event::Line(_) | Event::InputEnded(_) | Event::Terminal(_) => Ok(Next::GoOn),
    }
}
