//! Line mode: what is typed goes to a room, what the rooms say comes to the screen, in room order.

use std::io;
use std::time::Duration;

use crossterm::event::{Event as TerminalEvent, KeyEvent, KeyEventKind};

use crate::client::Desk;
use crate::client::desk::{Entered, Next, too_long};

use super::super::event::{Event, Line, read_stdin};
use super::super::failure::{Exit, Failure};
use super::super::logging;
use super::conversation::Conversation;
use super::editor::{Editor, Typed};
use super::screen::Screen;
use super::terminal::Terminal;

/// Lines of stdin that may be unstored at a time; more are not read yet.
const AHEAD_MAX: usize = 256;
/// How long a message may be on its way before that is shown.
const SHOW_PENDING_AFTER: Duration = Duration::from_millis(1_000);

/// A person types: keys to the editor, everything else above it.
#[expect(clippy::wildcard_enum_match_arm, reason = "the rest goes where all faces take it")]
pub(super) fn at_a_terminal(mut conversation: Conversation) -> Result<(), Failure> {
    let broken = |error: io::Error| Failure::new(Exit::General, format!("the terminal can't be used: {error}"));
    logging::divert(Some(conversation.session.sender()));
    let mut terminal = Terminal::open(conversation.session.sender()).map_err(broken)?;
    let mut row = Row { line: Editor::default(), secret: None };
    let mut screen = Screen::at_terminal();
    let ended = loop {
        let desk = &mut conversation.desk;
        screen.take_in(desk.take_outs());
        row.ask(desk);
        terminal.draw(&screen.take(), row.editor(), &desk.typers(), screen.take_bell()).map_err(broken)?;
        desk.shown();
        conversation.send();
        let hidden = conversation.desk.has_hidden_pending().then_some(SHOW_PENDING_AFTER);
        let Some(event) = conversation.next(hidden) else {
            conversation.desk.show_pending();
            continue;
        };
        let next = match event {
            Event::Terminal(event) => row.typed(&mut conversation, &mut terminal, event),
            event => conversation.other(event, |line| screen.log(line)),
        };
        conversation.send();
        match next {
            Ok(Next::GoOn) => {}
            Ok(Next::End) => break Ok(()),
            Err(failure) => break Err(failure),
        }
    };
    screen.take_in(conversation.desk.take_outs());
    let drawn = terminal.draw(&screen.take(), &Editor::default(), "", false);
    logging::divert(None);
    drawn.and_then(|()| terminal.close()).map_err(broken)?;
    conversation.send();
    conversation.session.close();
    ended
}

/// Lines come from a file or a program: each is entered as it is, and the end of them waits until all are stored.
#[expect(clippy::wildcard_enum_match_arm, reason = "the rest goes where all faces take it")]
pub(super) fn with_plain_lines(mut conversation: Conversation) -> Result<(), Failure> {
    let permits = read_stdin(conversation.session.sender(), AHEAD_MAX);
    let mut screen = Screen::plain();
    let mut reading = true;
    let ended = loop {
        screen.take_in(conversation.desk.take_outs());
        if let Err(error) = screen.print() {
            break if error.kind() == io::ErrorKind::BrokenPipe {
                Ok(())
            } else {
                Err(Failure::new(Exit::General, format!("can't write to stdout: {error}")))
            };
        }
        conversation.desk.shown();
        conversation.send();
        if !reading && conversation.desk.all_is_answered() {
            break Ok(());
        }
        let event = conversation.session.next();
        conversation.tick();
        let desk = &mut conversation.desk;
        let next = match event {
            Event::Line(Line::Text(line)) => Ok(desk.entered(&line).next),
            Event::Line(Line::NotText) => {
                desk.not_taken("a line that is not UTF-8 is not sent");
                Ok(Next::GoOn)
            }
            Event::Line(Line::TooLong(len)) => {
                desk.not_taken(&too_long(len));
                Ok(Next::GoOn)
            }
            Event::InputEnded(error) => {
                reading = false;
                error.iter().for_each(|error| desk.trouble(format!("can't read stdin: {error}")));
                Ok(Next::GoOn)
            }
            event => conversation.other(event, |line| screen.log(line)),
        };
        // As many lines more as there are answers to those before.
        (0..conversation.desk.take_answered()).for_each(|_| permits.give());
        conversation.send();
        match next {
            Ok(Next::GoOn) => {}
            Ok(Next::End) => break Ok(()),
            Err(failure) => break Err(failure),
        }
    };
    screen.take_in(conversation.desk.take_outs());
    let _ = screen.print();
    let failed = conversation.desk.failed();
    conversation.send();
    conversation.session.close();
    match ended {
        Ok(()) if failed == 1 => Err(Failure::new(Exit::NotDelivered, "one message was not delivered")),
        Ok(()) if failed > 0 => Err(Failure::new(Exit::NotDelivered, format!("{failed} messages were not delivered"))),
        ended => ended,
    }
}

/// What the user types into: a line, or a password in its place.
struct Row {
    line: Editor,
    secret: Option<Editor>,
}

impl Row {
    /// Lays out what the desk asks for.
    fn ask(&mut self, desk: &Desk) {
        match desk.question() {
            Some(question) if self.secret.is_none() => self.secret = Some(Editor::hidden(question.prompt())),
            Some(_) => {}
            None => self.secret = None,
        }
    }

    fn editor(&self) -> &Editor {
        self.secret.as_ref().unwrap_or(&self.line)
    }

    /// What the terminal brings.
    fn typed(
        &mut self,
        conversation: &mut Conversation,
        terminal: &mut Terminal,
        event: TerminalEvent,
    ) -> Result<Next, Failure> {
        match event {
            TerminalEvent::Key(key) if key.kind != KeyEventKind::Release => {
                conversation.desk.touched();
                if let Some(mut secret) = self.secret.take() {
                    match secret.key(key) {
                        Typed::Edited => self.secret = Some(secret),
                        Typed::Line(line) => conversation.desk.secret(line),
                        Typed::End | Typed::Interrupt => conversation.desk.not_answered(),
                    }
                    return Ok(Next::GoOn);
                }
                self.key(conversation, key)
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

    fn key(&mut self, conversation: &mut Conversation, key: KeyEvent) -> Result<Next, Failure> {
        match self.line.key(key) {
            Typed::Edited => {
                if self.line.is_message() {
                    conversation.desk.typing();
                }
                Ok(Next::GoOn)
            }
            Typed::End => Ok(conversation.desk.quit()),
            Typed::Interrupt => Err(conversation.interrupted()),
            Typed::Line(line) => {
                let Entered { taken, next } = conversation.desk.entered(&line);
                if !taken {
                    self.line.give_back(&line);
                }
                Ok(next)
            }
        }
    }
}
