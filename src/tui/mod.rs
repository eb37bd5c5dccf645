//! The terminal interface: a face of the client on a whole screen. It draws what the desk knows, and gives it what is typed; it
//! knows no socket, no frame, and no other face. Drawing is a function of the desk, of what the user is doing here, and of
//! nothing else; so screens are tested cell by cell.

mod cells;
mod chosen;
mod classic;
mod composer;
mod events;
mod keys;
mod layout;
mod linked;
mod links;
mod notify;
mod offers;
mod overlay;
mod panes;
mod presenter;
mod screen;
mod scroll;
mod sentences;
mod status;
mod theme;
mod timeline;
mod wrap;

use std::collections::{BTreeMap, BTreeSet};

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::desk::Desk;
use crate::desk::compose::Composer;
use crate::desk::compose::complete::Completion;
use crate::desk::{Findings, Key};
use crate::words;

use layout::{Layout, layout};
use links::Placed;
use overlay::Overlay;
use sentences::hint;
use status::Choice;
use timeline::{Anchor, Cache, Chosen, Look, Seen};

pub use notify::{Note, Notify, Ping};
pub use screen::{Screen, leave};
pub use theme::Theme;

/// What is to happen after a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// The conversation goes on.
    GoOn,
    /// The conversation ends.
    End,
    /// The program is to stop until it is continued.
    Suspend,
    /// Everything is to be drawn anew.
    Redraw,
    /// The mouse is taken, or left to the terminal ([`Tui::has_mouse`]).
    Mouse,
}

/// What the user wants of the world outside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// An address to be opened, by whatever opens such things here: `http`, `https`, or `mailto`, in printable ASCII.
    pub open: Option<String>,
    /// A text for the clipboard.
    pub copy: Option<String>,
}

/// What the user is doing at this face.
#[derive(Debug)]
pub struct Tui {
    /// A password that is being typed in the place of a message.
    secret: Composer,
    completion: Option<Completion>,
    overlay: Option<Overlay>,
    /// What a search has found.
    findings: Option<Findings>,
    /// What rings, and was not told yet.
    pings: Vec<Ping>,
    /// Where the timeline was scrolled to.
    anchor: Option<Anchor>,
    /// The row that is chosen.
    chosen: Option<Key>,
    /// It was chosen after the last letter was typed: keys are about it, and what is typed waits.
    takes_keys: bool,
    /// What was being typed where a line about a message is typed now, by room; with the caret.
    waiting: BTreeMap<String, (String, usize)>,
    /// A message that is to be shown once it is at hand: its room, and its number.
    sought: Option<(String, Key)>,
    /// The user looks at this terminal, as far as it says.
    has_focus: bool,
    has_mouse: bool,
    /// Something was entered here: the user knows how.
    has_entered: bool,
    wants_rooms: bool,
    wants_roster: bool,
    theme: Theme,
    notify: Notify,
    /// Where things were drawn, for the mouse and for what is next.
    parts: Layout,
    room_rows: Vec<(u16, String)>,
    people: panes::Sorted,
    seen: Seen,
    /// Rows of which terminals may think otherwise.
    doubtful: BTreeSet<u16>,
    /// Where links are on the screen.
    links: Vec<Placed>,
    /// Which link of the chosen message is the next.
    link_at: usize,
    wanted: Wanted,
    /// What a key could not do, until the next one.
    hint: Option<hint::Ways>,
    cache: Cache,
}

impl Tui {
    /// A face with nothing typed.
    #[must_use]
    pub fn new(theme: Theme, notify: Notify) -> Self {
        Self {
            secret: Composer::default(),
            completion: None,
            overlay: None,
            findings: None,
            pings: Vec::new(),
            anchor: None,
            chosen: None,
            takes_keys: false,
            waiting: BTreeMap::new(),
            sought: None,
            has_focus: true,
            has_mouse: true,
            has_entered: false,
            wants_rooms: true,
            wants_roster: true,
            theme,
            notify,
            parts: Layout::default(),
            room_rows: Vec::new(),
            people: panes::Sorted::default(),
            seen: Seen::default(),
            doubtful: BTreeSet::new(),
            links: Vec::new(),
            link_at: 0,
            wanted: Wanted::default(),
            hint: None,
            cache: Cache::default(),
        }
    }

    /// What is wanted since the last time.
    #[must_use]
    pub fn take_wanted(&mut self) -> Wanted {
        std::mem::take(&mut self.wanted)
    }

    /// The mouse is ours.
    #[must_use]
    pub const fn has_mouse(&self) -> bool {
        self.has_mouse
    }

    /// The desk is another one from now on.
    pub fn moved(&mut self) {
        (self.overlay, self.findings, self.anchor, self.chosen, self.sought) = (None, None, None, None, None);
        (self.seen, self.cache) = (Seen::default(), Cache::default());
        self.waiting.clear();
    }

    /// What is to be told to a user who looks elsewhere: as the terminal understands it, and what the desktop is to show.
    #[must_use]
    pub fn notification(&mut self, desk: &Desk) -> (String, Vec<Note>) {
        let is_seen = |ping: &Ping| self.has_focus && *ping.room == *crate::render::render_text(desk.room());
        let mut pings = std::mem::take(&mut self.pings);
        pings.retain(|ping| !is_seen(ping));
        (self.notify.sequence(&pings), self.notify.notes(&pings))
    }

    /// Draws the whole screen. Gives the caret's cell.
    pub fn draw(&mut self, desk: &Desk, area: Rect, buf: &mut Buffer) -> Position {
        self.follow(desk);
        let rows = if desk.question().is_some() { 1 } else { composer::rows_wanted(desk.composer(), area.width) };
        let parts = layout(area, rows, self.wants_rooms, self.wants_roster);
        status::title(desk, self.theme, parts.title, buf);
        self.room_rows = parts.rooms.map_or_else(Vec::new, |area| panes::rooms(desk, self.theme, area, buf));
        if let Some(area) = parts.roster {
            panes::roster(desk.in_view(), &mut self.people, self.theme, area, buf);
        }
        self.parts = parts;
        self.draw_timeline(desk, buf);
        let is_about_it = self.takes_keys || desk.composer().text().is_empty();
        let chosen = self.chosen.filter(|_| is_about_it).and_then(|key| Some((key, Chosen::at(desk, key)?)));
        let chosen = chosen.and_then(|(key, chosen)| {
            let what = match chosen {
                Chosen::Entry(_) => timeline::item::moment(desk, key)?,
                Chosen::OnItsWay(_) => sentences::offers::ON_ITS_WAY.to_owned(),
                Chosen::Refused(_) => sentences::offers::NOT_DELIVERED.to_owned(),
            };
            Some((what, offers::of(desk, key, chosen)))
        });
        let chosen = chosen.as_ref().map(|(what, offers)| Choice { what, offers });
        let hints = status::Hints {
            text: desk.composer().text(),
            is_refused: desk.composer().is_refused(),
            completion: self.completion.as_ref(),
            chosen,
            is_scrolled: self.anchor.is_some(),
            has_no_rooms: parts.rooms.is_none(),
            is_new: !self.has_entered,
            hint: self.hint,
        };
        status::hints(desk, hints, self.theme, parts.status, buf);
        let caret = match desk.question() {
            Some(question) => composer::draw_question(words::prompt(question), self.theme, parts.composer, buf),
            None => composer::draw(desk.composer(), self.theme, parts.composer, buf),
        };
        let over = Rect { height: area.height.saturating_sub(parts.composer.height), ..area };
        let above = self
            .overlay
            .as_ref()
            .and_then(|overlay| overlay::draw(overlay, self.findings.as_ref(), desk, self.theme, over, buf));
        self.settle(buf);
        above.unwrap_or(caret)
    }

    /// Draws whole what a terminal could show otherwise than it was meant: cells that are the same as before can be parts of
    /// another link now.
    fn settle(&mut self, buf: &mut Buffer) {
        let links = if self.overlay.is_some() { Vec::new() } else { self.seen.links.clone() };
        let differ = |one: &[Placed], other: &[Placed]| {
            one.iter().filter(|placed| !other.contains(placed)).map(|placed| placed.y).collect::<BTreeSet<_>>()
        };
        let changed = &differ(&links, &self.links) | &differ(&self.links, &links);
        self.links = links;
        cells::settle(buf, &mut self.doubtful, &changed);
    }

    fn draw_timeline(&mut self, desk: &Desk, buf: &mut Buffer) {
        let area = self.parts.timeline;
        let look = |tui: &Self| Look { anchor: tui.anchor, chosen: tui.chosen, theme: tui.theme };
        self.seen = timeline::draw(desk, look(self), &mut self.cache, area, buf);
        if self.anchor.is_some() && self.seen.blank > 0 {
            // Scrolled beyond the beginning: that is at the upper edge, and no further down.
            self.scroll_down(usize::from(self.seen.blank), desk);
            cells::clear(buf, area);
            self.seen = timeline::draw(desk, look(self), &mut self.cache, area, buf);
        }
    }

    /// What was drawn is on the screen: what it shows was seen, and what it lacks is fetched.
    pub fn drawn(&mut self, desk: &mut Desk) {
        desk.watched(self.has_focus && self.anchor.is_none());
        desk.shown();
        let room = desk.room().to_owned();
        if let Some(hole) = self.seen.holes.first() {
            desk.page(&room, *hole);
        }
    }

    /// Goes along with what has happened meanwhile.
    fn follow(&mut self, desk: &Desk) {
        self.follow_chosen(desk);
        if self.findings.is_some() && self.overlay.is_none() {
            self.overlay = Some(Overlay::Findings { at: 0 });
        }
        if self.completion.as_ref().is_some_and(|completion| !completion.stands(desk.composer())) {
            self.completion = None;
        }
        if let Some((room, key)) = self.sought.clone()
            && room == desk.room()
            && desk.in_view().is_some_and(|room| room.line(key).is_some())
        {
            self.sought = None;
            (self.chosen, self.takes_keys) = (Some(key), true);
            // In the middle, with what was said after it.
            let mut low = key;
            for _ in 0..self.parts.timeline.height / 3 {
                low = timeline::after(desk, low).unwrap_or(low);
            }
            self.anchor = timeline::after(desk, low).map(|_| Anchor { key: low, below: 0 });
        }
    }
}

#[cfg(test)]
mod tests;
