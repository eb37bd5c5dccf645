//! The full screen: joins the terminal interface to a session.

use std::time::Duration;

use crate::desk::Next;
use crate::tui::{Flow, Notify, Screen, Theme, Tui, Wanted};

use super::super::args;
use super::super::event::{Event, watch_continued};
use super::super::failure::Failure;
use super::super::logging;
use super::conversation::Conversation;
use super::desktop::{self, Desktop};
use super::keys::Keys;
use super::sentences;

/// Events that are taken before the screen is drawn again: however much arrives, keys are seen soon.
const AT_ONCE: usize = 64;

pub(super) fn run(mut conversation: Conversation, look: &args::Look) -> Result<(), Failure> {
    let variable = |name: &str| std::env::var(name).ok();
    let notify = look.notify.unwrap_or_else(|| Notify::of(variable));
    let set = || conversation.session.library.settings().get("theme").and_then(|name| Theme::named(name));
    let mut tui = Tui::new(Theme::of(look.theme.or_else(set), variable), notify);
    // What is logged would be drawn over; the last lines of it are shown at the end.
    logging::divert(Some(conversation.session.sender()));
    let mut logged = Logged::default();
    let ended = {
        super::super::signals::give_back_at_the_end();
        let mut screen = Screen::enter().map_err(Failure::terminal)?;
        let _continued = watch_continued(conversation.session.sender()).map_err(Failure::system)?;
        let mut keys = Keys::read(conversation.session.sender()).map_err(Failure::terminal)?;
        let ended = converse(&mut conversation, &mut tui, &mut screen, &mut keys, &mut logged);
        drop(keys);
        ended
    };
    logging::divert(None);
    logged.show();
    // Whatever could not be sent is said where it stays in view.
    let ended = conversation.left(ended);
    conversation.desk.keep_drafts();
    conversation.send();
    conversation.session.close();
    ended
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the rest goes where all faces take it")]
fn converse(
    conversation: &mut Conversation,
    tui: &mut Tui,
    screen: &mut Screen,
    keys: &mut Keys,
    logged: &mut Logged,
) -> Result<(), Failure> {
    let desktop = Desktop::of_session();
    loop {
        conversation.before_question(keys);
        tui.take_in(&mut conversation.desk);
        let (also, notes) = tui.notification(&conversation.desk);
        desktop.show(notes);
        screen.draw(tui, &conversation.desk, &also).map_err(Failure::terminal)?;
        tui.drawn(&mut conversation.desk);
        conversation.send();
        let mut event = conversation.next(None);
        let mut taken = 0;
        while let Some(happened) = event {
            let flow = match happened {
                Event::Terminal(event) => tui.event(&event, &mut conversation.desk),
                Event::Continued => Flow::Redraw,
                other => match conversation.other(other, |line| logged.take(line))? {
                    Next::GoOn => Flow::GoOn,
                    Next::End => Flow::End,
                },
            };
            tui.take_in(&mut conversation.desk);
            conversation.send();
            let Wanted { open, copy } = tui.take_wanted();
            if let Some(Err(why)) = open.as_deref().map(desktop::open) {
                conversation.desk.trouble(why);
            }
            copy.as_deref().map_or(Ok(()), |text| screen.copy(text)).map_err(Failure::terminal)?;
            if conversation.take_moved() {
                tui.moved();
            }
            match flow {
                Flow::GoOn => {}
                Flow::End => return Ok(()),
                Flow::Suspend if conversation.serves_others() => {
                    conversation.desk.trouble(sentences::SERVES_OTHERS);
                }
                Flow::Suspend => screen.without(tui.has_mouse(), suspend).map_err(Failure::terminal)?,
                Flow::Redraw => screen.retake(tui.has_mouse()).map_err(Failure::terminal)?,
                Flow::Mouse => screen.mouse(tui.has_mouse()).map_err(Failure::terminal)?,
            }
            taken += 1;
            // What is not taken now stays where it is.
            let goes_on = taken < AT_ONCE && !conversation.asks_anew();
            event = if goes_on { conversation.session.next_within(Duration::ZERO) } else { None };
            conversation.tick();
        }
    }
}

/// Stops this program until it is continued, as Ctrl-Z does.
#[cfg(unix)]
fn suspend() {
    if let Err(error) = signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGTSTP) {
        log::warn!("can't suspend: {error}");
    }
}

/// There is no such thing.
#[cfg(not(unix))]
fn suspend() {}

/// The last lines of the log.
#[derive(Default)]
struct Logged(std::collections::VecDeque<String>);

impl Logged {
    const MAX: usize = 100;

    fn take(&mut self, line: String) {
        if self.0.len() == Self::MAX {
            self.0.pop_front();
        }
        self.0.push_back(line);
    }

    fn show(self) {
        for line in self.0 {
            super::super::output::tell_plain(&line);
        }
    }
}
