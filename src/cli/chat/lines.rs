//! Line mode: what is typed goes to a room, what the rooms say comes to the screen, in room order.

use std::io;
use std::time::Duration;

use crossterm::event::{Event as TerminalEvent, KeyCode, KeyEvent, KeyEventKind};

use crate::desk::Desk;
use crate::desk::Next;
use crate::desk::compose::Composer;
use crate::desk::compose::complete::Known;
use crate::desk::remark;
use crate::tui::{Notify, Ping};
use crate::words;

use super::super::args;
use super::super::echo;
use super::super::event::{Event, Line, read_stdin, watch_continued, watch_stops};
use super::super::failure::{Exit, Failure};
use super::super::hidden::Hidden;
use super::super::logging;
use super::super::output::{ask, tell_plain};
use super::conversation::Conversation;
use super::desktop::Desktop;
use super::editor::{self, Editor, Typed};
use super::presenter::Presenter;
use super::screen::Screen;
use super::sentences;
use super::terminal::Terminal;

/// Lines of stdin that may be unstored at a time; more are not read yet.
const AHEAD_MAX: usize = 256;
/// How long a message may be on its way before that is shown.
const SHOW_PENDING_AFTER: Duration = Duration::from_millis(1_000);

/// A person types: keys to the editor, everything else above it.
#[expect(clippy::wildcard_enum_match_arm, reason = "the rest goes where all faces take it")]
pub(super) fn at_a_terminal(mut conversation: Conversation, look: &args::Look) -> Result<(), Failure> {
    logging::divert(Some(conversation.session.sender()));
    let mut terminal = Terminal::open(conversation.session.sender()).map_err(Failure::terminal)?;
    let _continued = watch_continued(conversation.session.sender()).map_err(Failure::system)?;
    let mut row = Row::default();
    let (mut presenter, mut screen) = (Presenter::default(), Screen::at_terminal());
    let bell = Bell::new(look);
    let ended = loop {
        terminal.keys().into_iter().for_each(|keys| conversation.before_question(keys));
        let desk = &mut conversation.desk;
        screen.take_in(presenter.take(desk));
        row.ask(desk);
        let also = bell.ring(&presenter.take_pings());
        let candidates = row.line.candidates(desk.composer());
        let typing = desk.in_view().map(|room| words::typers(&room.typing)).unwrap_or_default();
        let aside = if candidates.is_empty() { typing } else { candidates };
        terminal
            .draw(&screen.take(), &row.drawn(desk, terminal.columns()), &aside, &also)
            .map_err(Failure::terminal)?;
        desk.shown();
        conversation.send();
        let hidden = presenter.has_hidden_pending(&conversation.desk).then_some(SHOW_PENDING_AFTER);
        let Some(event) = conversation.next(hidden) else {
            presenter.show_pending(&conversation.desk);
            continue;
        };
        let next = match event {
            Event::Terminal(event) => row.typed(&mut conversation, &mut terminal, event),
            Event::Continued => terminal.retake().map(|()| Next::GoOn).map_err(Failure::terminal),
            event => conversation.other(event, |line| screen.log(line)),
        };
        conversation.send();
        match next {
            Ok(Next::GoOn) => {}
            Ok(Next::End) => break Ok(()),
            Err(failure) => break Err(failure),
        }
    };
    screen.take_in(presenter.take(&mut conversation.desk));
    let empty = Editor::default().row(&Composer::default(), terminal.columns());
    let drawn = terminal.draw(&screen.take(), &empty, "", "");
    logging::divert(None);
    conversation.desk.keep_drafts();
    drawn.and_then(|()| terminal.close()).map_err(Failure::terminal)?;
    let ended = conversation.left(ended);
    conversation.send();
    conversation.session.close();
    ended
}

/// A person at a terminal that only prints: whole lines in both directions, nothing is drawn anew, and no sequence is written.
/// This is the way for screen readers.
#[expect(clippy::wildcard_enum_match_arm, reason = "the rest goes where all faces take it")]
pub(super) fn at_a_printer(mut conversation: Conversation, look: &args::Look) -> Result<(), Failure> {
    // A line is read when all that came of the one before is on the screen, a question for a secret included.
    let permits = read_stdin(conversation.session.sender(), 1);
    let _stops = watch_stops(conversation.session.sender(), echo::show).map_err(Failure::system)?;
    let (mut screen, bell) = (Screen::plain(), Bell::new(look).without_sequences());
    let mut presenter = Presenter::default();
    let mut asked = Asked::default();
    let ended = loop {
        screen.take_in(presenter.take(&mut conversation.desk));
        screen.print_with(&bell.ring(&presenter.take_pings())).map_err(Failure::stdout)?;
        asked.ask(&mut conversation);
        if std::mem::take(&mut asked.is_owed) {
            permits.give();
        }
        conversation.desk.shown();
        conversation.send();
        let pending = presenter.has_hidden_pending(&conversation.desk).then_some(SHOW_PENDING_AFTER);
        let Some(event) = conversation.next(pending) else {
            presenter.show_pending(&conversation.desk);
            continue;
        };
        let desk = &mut conversation.desk;
        let next = match event {
            Event::Line(line) => Ok(asked.line(desk, line)),
            // There is nobody any more who could say it once more.
            Event::InputEnded(_) => match desk.quit() {
                Next::GoOn => Ok(desk.quit()),
                Next::End => Ok(Next::End),
            },
            // Whoever had the terminal meanwhile has set its modes: what was asked is asked once more.
            Event::Continued => {
                asked.is_asked = false;
                Ok(Next::GoOn)
            }
            event => conversation.other(event, |line| screen.log(line)),
        };
        match next {
            Ok(Next::GoOn) => {}
            Ok(Next::End) => break Ok(()),
            Err(failure) => break Err(failure),
        }
    };
    drop(asked);
    screen.take_in(presenter.take(&mut conversation.desk));
    let printed = screen.print().map_err(Failure::stdout);
    let ended = conversation.left(ended);
    conversation.send();
    conversation.session.close();
    ended.and(printed)
}

/// Questions for secrets at a terminal that only prints, each of which takes the next line that is read.
#[derive(Default)]
struct Asked {
    /// Nothing that is typed is shown from the first question to the last answer; an answer does not show the next one.
    hidden: Option<Hidden>,
    /// The question of the desk was asked, so that the next line answers it.
    is_asked: bool,
    /// A line was taken, and one more may be read.
    is_owed: bool,
}

impl Asked {
    /// Asks what the desk wants to know, once.
    fn ask(&mut self, conversation: &mut Conversation) {
        match conversation.desk.question() {
            Some(question) if !self.is_asked => {
                self.hidden = Some(Hidden::from_now(self.hidden.take()));
                // Nobody answers what was not asked yet; whoever typed it has to know.
                let early = conversation.session.discard_lines();
                if early > 0 {
                    tell_plain(&format!("({})", sentences::EARLY));
                    self.is_owed = true;
                }
                ask(words::prompt(question));
                self.is_asked = true;
            }
            Some(_) => {}
            None => {
                self.hidden = None;
                self.is_asked = false;
            }
        }
    }

    /// Takes a line that was read: the answer, if something was asked.
    fn line(&mut self, desk: &mut Desk, line: Line) -> Next {
        desk.touched();
        self.is_owed = true;
        match (std::mem::take(&mut self.is_asked), line) {
            (true, Line::Text(typed)) => {
                tell_plain("");
                desk.secret(typed);
                Next::GoOn
            }
            (_, line) => entered(desk, line),
        }
    }
}

/// A line that was typed or read, whatever it is.
fn entered(desk: &mut Desk, line: Line) -> Next {
    match line {
        Line::Text(line) => return desk.entered(&line).next,
        Line::NotText => desk.not_taken(remark::Typed::NotText),
        Line::TooLong(len) => desk.not_taken(remark::Typed::TooLong(len)),
    }
    Next::GoOn
}

/// Lines come from a file or a program: each is entered as it is, and the end of them waits until all are stored.
#[expect(clippy::wildcard_enum_match_arm, reason = "the rest goes where all faces take it")]
pub(super) fn with_plain_lines(mut conversation: Conversation) -> Result<(), Failure> {
    let permits = read_stdin(conversation.session.sender(), AHEAD_MAX);
    let (mut presenter, mut screen) = (Presenter::default(), Screen::plain());
    let mut reading = true;
    let ended = loop {
        screen.take_in(presenter.take(&mut conversation.desk));
        if let Err(error) = screen.print() {
            break if error.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(Failure::stdout(error)) };
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
            Event::Line(line) => Ok(entered(desk, line)),
            Event::InputEnded(error) => {
                reading = false;
                error.iter().for_each(|error| desk.trouble(sentences::unreadable(error)));
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
    screen.take_in(presenter.take(&mut conversation.desk));
    let _ = screen.print();
    let ended = conversation.left(ended);
    let (failed, is_left) = (conversation.desk.failed(), conversation.has_unanswered());
    conversation.send();
    conversation.session.close();
    match ended {
        Ok(()) if failed > 0 => Err(Failure::new(Exit::NotDelivered, sentences::not_done(failed))),
        // That was said.
        Ok(()) if is_left => Err(Failure::new(Exit::Queued, "")),
        ended => ended,
    }
}

/// Tells of what rings.
struct Bell {
    notify: Notify,
    desktop: Desktop,
}

impl Bell {
    fn new(look: &args::Look) -> Self {
        let notify = look.notify.unwrap_or_else(|| Notify::of(|name| std::env::var(name).ok()));
        Self { notify, desktop: Desktop::of_session() }
    }

    /// For a terminal that prints whatever it gets.
    fn without_sequences(mut self) -> Self {
        if matches!(self.notify, Notify::Osc9 | Notify::Osc777) {
            self.notify = Notify::Bell;
        }
        self
    }

    /// What is to be written to the terminal.
    fn ring(&self, pings: &[Ping]) -> String {
        self.desktop.show(self.notify.notes(pings));
        self.notify.sequence(pings)
    }
}

/// What the user types into: a line, or a password in its place.
#[derive(Default)]
struct Row {
    line: Editor,
    secret: Option<(Editor, Composer)>,
}

impl Row {
    /// Lays out what the desk asks for.
    fn ask(&mut self, desk: &Desk) {
        match desk.question() {
            Some(question) if self.secret.is_none() => {
                self.secret = Some((Editor::hidden(words::prompt(question)), Composer::default()));
            }
            Some(_) => {}
            None => self.secret = None,
        }
    }

    fn drawn(&self, desk: &Desk, columns: usize) -> editor::Row {
        match &self.secret {
            Some((editor, composer)) => editor.row(composer, columns),
            None => self.line.row(desk.composer(), columns),
        }
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
                if let Some((mut editor, mut secret)) = self.secret.take() {
                    match editor.key(&mut secret, key) {
                        Typed::Edited => self.secret = Some((editor, secret)),
                        Typed::Enter => conversation.desk.secret(secret.take()),
                        Typed::End | Typed::Interrupt => conversation.desk.not_answered(),
                    }
                    return Ok(Next::GoOn);
                }
                self.key(conversation, key)
            }
            TerminalEvent::Paste(text) => {
                conversation.desk.touched();
                match &mut self.secret {
                    Some((_, secret)) => secret.paste(&text),
                    None => conversation.desk.composer_mut().paste(&text),
                }
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
        let desk = &mut conversation.desk;
        if matches!(key.code, KeyCode::Tab | KeyCode::BackTab) {
            let rooms: Vec<String> = desk.rooms().map(|(name, _)| name.to_owned()).collect();
            let people = desk.people();
            let emoji = desk.emoji_used().clone();
            let known = Known { people: &people, rooms: &rooms, emoji: Some(&emoji) };
            self.line.complete(desk.composer_mut(), known, key.code == KeyCode::BackTab);
            return Ok(Next::GoOn);
        }
        match self.line.key(desk.composer_mut(), key) {
            Typed::Edited => {
                if desk.composer().is_message() {
                    desk.typing();
                }
                Ok(Next::GoOn)
            }
            Typed::End => Ok(desk.quit()),
            Typed::Interrupt => Err(conversation.interrupted()),
            Typed::Enter => Ok(desk.enter().next),
        }
    }
}
