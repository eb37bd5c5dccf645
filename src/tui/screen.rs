//! The terminal while the whole screen is ours: entered, left, and left also by a panic or a second signal.

use std::cell::RefCell;
use std::io::{self, Stdout, Write as _};
use std::rc::Rc;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste, EnableFocusChange,
    EnableMouseCapture,
};
use crossterm::terminal::{
    self, BeginSynchronizedUpdate, Clear, ClearType, DisableLineWrap, EnableLineWrap, EndSynchronizedUpdate,
    EnterAlternateScreen, LeaveAlternateScreen,
};
use crossterm::{cursor, execute, queue};
use ratatui::Terminal;

use super::Tui;
use super::classic::Classic;
use super::linked::Linked;
use super::links::Placed;
use crate::desk::Desk;

/// The screen is ours.
static ENTERED: AtomicBool = AtomicBool::new(false);

/// The whole screen, until dropped.
pub struct Screen {
    terminal: Whole,
    links: Rc<RefCell<Vec<Placed>>>,
}

type Whole = Terminal<Linked<Classic<Stdout>>>;

/// A screen on which nothing is drawn. Links are to be where `links` says.
fn terminal(links: &Rc<RefCell<Vec<Placed>>>) -> io::Result<Whole> {
    Terminal::new(Linked::new(Classic::new(io::stdout()), Rc::clone(links)))
}

impl Screen {
    /// Takes the screen.
    ///
    /// # Errors
    /// The terminal refuses something that every terminal has.
    pub fn enter() -> io::Result<Self> {
        leave_on_panic();
        let links = Rc::default();
        let mut screen = Self { terminal: terminal(&links)?, links };
        screen.take(true)?;
        Ok(screen)
    }

    /// Draws what has changed, and writes `also` (a bell, a notification).
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn draw(&mut self, tui: &mut Tui, desk: &Desk, also: &str) -> io::Result<()> {
        let mut out = io::stdout();
        queue!(out, BeginSynchronizedUpdate)?;
        out.write_all(also.as_bytes())?;
        let links = &self.links;
        self.terminal.draw(|frame| {
            let area = frame.area();
            let caret = tui.draw(desk, area, frame.buffer_mut());
            links.borrow_mut().clone_from(&tui.links);
            frame.set_cursor_position(caret);
        })?;
        execute!(out, EndSynchronizedUpdate)
    }

    /// Takes the screen once more, and everything is drawn anew the next time: something else has written on it, or has set the
    /// terminal's modes.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn retake(&mut self, has_mouse: bool) -> io::Result<()> {
        // The library remembers that the modes are set, and would leave it at that.
        terminal::disable_raw_mode()?;
        self.take(has_mouse)?;
        self.forget()
    }

    /// Nothing of what was drawn is there any more. The library's own way asks the terminal where its cursor is, and the answer
    /// would be read as keys.
    fn forget(&mut self) -> io::Result<()> {
        execute!(io::stdout(), Clear(ClearType::All))?;
        self.terminal = terminal(&self.links)?;
        Ok(())
    }

    /// Takes the mouse, or leaves it to the terminal.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn mouse(&mut self, is_ours: bool) -> io::Result<()> {
        if is_ours { execute!(io::stdout(), EnableMouseCapture) } else { execute!(io::stdout(), DisableMouseCapture) }
    }

    /// Gives a text to the terminal's clipboard (OSC 52), if the terminal lets it.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        execute!(io::stdout(), CopyToClipboard::to_clipboard_from(text))
    }

    /// Gives the screen back while `meanwhile` lasts.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn without(&mut self, has_mouse: bool, meanwhile: impl FnOnce()) -> io::Result<()> {
        leave();
        meanwhile();
        self.take(has_mouse)?;
        self.forget()
    }

    fn take(&mut self, has_mouse: bool) -> io::Result<()> {
        terminal::enable_raw_mode()?;
        ENTERED.store(true, Ordering::Release);
        // What a terminal draws wider than it was meant ends at the edge, and does not go on in the next row.
        execute!(io::stdout(), EnterAlternateScreen, DisableLineWrap, EnableBracketedPaste, EnableFocusChange)?;
        self.mouse(has_mouse)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        leave();
    }
}

impl std::fmt::Debug for Screen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Screen").finish_non_exhaustive()
    }
}

/// Gives the terminal back as it was, if it is ours; from whatever thread.
pub fn leave() {
    if !ENTERED.swap(false, Ordering::AcqRel) {
        return;
    }
    let _ = execute!(
        io::stdout(),
        EndSynchronizedUpdate,
        DisableMouseCapture,
        DisableFocusChange,
        DisableBracketedPaste,
        EnableLineWrap,
        LeaveAlternateScreen,
        cursor::Show
    );
    let _ = terminal::disable_raw_mode();
}

/// A panic is seen on the screen that was there before.
fn leave_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            leave();
            before(panic);
        }));
    });
}
