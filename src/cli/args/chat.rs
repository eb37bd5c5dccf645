//! The arguments of `chinwag chat`: where to talk, and how it looks and rings.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::Client;
use crate::desk::{About, Rule, Rules};
use crate::tui::{Notify, Theme};

/// Talk: what you type goes to the room, what the room says comes to you.
///
/// On a terminal it takes the whole screen, and F1 helps. Commands begin with a slash; /help lists them. Without a terminal, lines
/// of stdin go to the room, and the end of stdin ends the chat once everything is stored.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  chinwag chat --server lab --name ann      the first time
  chinwag chat                              the same server and name again
  chinwag chat --room kitchen
  chinwag chat --plain                      lines instead of the full screen
  chinwag chat --notify desktop --notify-rules '#ops=all,@ci=none'
  chinwag chat --server [fe80::1%eth0]:7000 --weather loss=30%")]
pub(in crate::cli) struct Chat {
    #[command(flatten)]
    pub(in crate::cli) client: Client,
    /// The room to begin in
    #[arg(long, default_value = "lobby", value_name = "ROOM")]
    pub(in crate::cli) room: String,
    /// Make the room, open to everyone, if there is none of that name (the lobby is always made)
    #[arg(long)]
    pub(in crate::cli) create: bool,
    /// Let nobody but your own devices know what you have read
    #[arg(long)]
    pub(in crate::cli) read_privately: bool,
    /// Lines instead of the full screen; with TERM=dumb, which is the way for screen readers, nothing but lines: no sequence is
    /// written, and no row drawn anew
    #[arg(long)]
    pub(in crate::cli) plain: bool,
    #[command(flatten)]
    pub(in crate::cli) look: Look,
}

/// How a chat looks and rings.
#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct Look {
    /// The colours of the full screen [default: what fits the terminal]
    #[arg(long, value_name = "THEME", value_parser = one_of(Theme::NAMES, Theme::named))]
    pub(in crate::cli) theme: Option<Theme>,
    /// How to tell of messages that ring, besides the bell: by a sequence of some terminals, or by the desktop (notify-send, whose
    /// arguments others on this machine may see for a moment); or not at all [default: what the terminal understands]
    #[arg(long, value_name = "HOW", value_parser = one_of(Notify::NAMES, Notify::named))]
    pub(in crate::cli) notify: Option<Notify>,
    /// Which messages ring: those that name you or are said to nobody else, all, or none
    #[arg(long, value_name = "WHICH", default_value = "mentions", value_parser = one_of(About::NAMES, |name| name.parse::<About>().ok()))]
    pub(in crate::cli) notify_about: About,
    /// Other rules for a room, or for what a person says anywhere: #ops=all, @ci=none
    #[arg(long, value_name = "RULE")]
    pub(in crate::cli) notify_rules: Vec<Rule>,
    /// Do not say who comes and goes; /arrivals changes that in a chat
    #[arg(long)]
    pub(in crate::cli) no_arrivals: bool,
}

impl Look {
    /// Which messages ring.
    pub(in crate::cli) fn rules(&self) -> Rules {
        Rules::new(self.notify_about, self.notify_rules.iter().cloned())
    }
}

/// One of these names, for what it means.
fn one_of<T: Clone + Send + Sync + 'static>(
    names: impl IntoIterator<Item = &'static str>,
    named: fn(&str) -> Option<T>,
) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(names).try_map(move |name| named(&name).ok_or("there is none of that name"))
}
