//! Colours by what something is, for dark and light terminals, for those with 16 colours, and for none.

use ratatui::style::{Color, Modifier, Style};

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Text,
    /// Times, numbers, marks, quotes.
    Dim,
    /// Somebody's name; the same colour for the same name everywhere.
    Name(u8),
    /// Where a text names the user.
    Mention,
    /// What leads somewhere.
    Link,
    Event,
    News,
    Trouble,
    /// The line above what is new.
    New,
    Border,
    Title,
    /// The room in view, the chosen line of a list.
    Chosen,
    Unread,
    /// Something unread was said to the user.
    Called,
    Good,
}

/// A set of colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// 256 colours on a dark ground.
    #[default]
    Dark,
    /// 256 colours on a light ground.
    Light,
    /// The terminal's own 16 colours.
    Sixteen,
    /// No colour, only bold, dim, underlined and reversed.
    Mono,
}

/// Colours of names, by theme.
const NAMES_DARK: [u8; 8] = [110, 150, 180, 175, 140, 115, 216, 146];
const NAMES_LIGHT: [u8; 8] = [25, 28, 94, 125, 61, 30, 130, 54];
const NAMES_SIXTEEN: [Color; 6] = [Color::Cyan, Color::Green, Color::Yellow, Color::Magenta, Color::Blue, Color::Red];

impl Theme {
    /// What they are called.
    pub const NAMES: [&str; 4] = ["dark", "light", "16", "none"];

    /// What this one is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        let [dark, light, sixteen, mono] = Self::NAMES;
        match self {
            Self::Dark => dark,
            Self::Light => light,
            Self::Sixteen => sixteen,
            Self::Mono => mono,
        }
    }

    /// The one that is called so.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let all = [Self::Dark, Self::Light, Self::Sixteen, Self::Mono];
        Self::NAMES.iter().position(|known| *known == name).map(|at| all[at])
    }

    /// The one that was asked for, unless there is to be no colour at all (`NO_COLOR`); or what fits what the terminal says of
    /// itself in the environment.
    #[must_use]
    pub fn of(asked: Option<Self>, variable: impl Fn(&str) -> Option<String>) -> Self {
        if variable("NO_COLOR").is_some_and(|value| !value.is_empty()) {
            return Self::Mono;
        }
        if let Some(asked) = asked {
            return asked;
        }
        let term = variable("TERM").unwrap_or_default();
        if variable("COLORTERM").is_none() && !term.contains("256color") && !term.contains("direct") {
            return Self::Sixteen;
        }
        // Set by some terminals: foreground and background, as numbers of the 16.
        let ground = variable("COLORFGBG").and_then(|both| both.rsplit(';').next()?.parse::<u8>().ok());
        if matches!(ground, Some(7 | 9..=15)) { Self::Light } else { Self::Dark }
    }

    /// The next one, for whoever tries them out.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Dark => Self::Light,
            Self::Light => Self::Sixteen,
            Self::Sixteen => Self::Mono,
            Self::Mono => Self::Dark,
        }
    }

    /// How something of that role looks.
    pub(super) fn style(self, role: Role) -> Style {
        let plain = Style::new();
        match (self, role) {
            (_, Role::Text) => plain,
            (Self::Mono, role) => mono(role),
            (Self::Sixteen, role) => sixteen(role),
            (Self::Dark, role) => indexed(role, &NAMES_DARK, [244, 250, 179, 203, 114, 236, 81]),
            (Self::Light, role) => indexed(role, &NAMES_LIGHT, [243, 240, 130, 160, 28, 254, 26]),
        }
    }
}

/// The role of a name.
pub(super) fn name_role(name: &str) -> Role {
    let sum = name.bytes().fold(7_u32, |sum, octet| sum.wrapping_mul(31).wrapping_add(u32::from(octet)));
    Role::Name((sum % 240) as u8)
}

fn mono(role: Role) -> Style {
    let style = Style::new();
    match role {
        Role::Text | Role::News | Role::Event | Role::Good => style,
        Role::Dim | Role::Border => style.add_modifier(Modifier::DIM),
        Role::Name(_) | Role::Trouble | Role::Title | Role::Unread | Role::New => style.add_modifier(Modifier::BOLD),
        Role::Mention | Role::Chosen => style.add_modifier(Modifier::REVERSED),
        Role::Called => style.add_modifier(Modifier::BOLD.union(Modifier::UNDERLINED)),
        Role::Link => style.add_modifier(Modifier::UNDERLINED),
    }
}

fn sixteen(role: Role) -> Style {
    let style = Style::new();
    match role {
        Role::Text | Role::News => style,
        Role::Event | Role::Dim | Role::Border => style.add_modifier(Modifier::DIM),
        Role::Name(n) => style.fg(NAMES_SIXTEEN[usize::from(n) % NAMES_SIXTEEN.len()]),
        Role::Mention | Role::Chosen => style.add_modifier(Modifier::REVERSED),
        Role::Trouble => style.fg(Color::Yellow),
        Role::New | Role::Called => style.fg(Color::Red).add_modifier(Modifier::BOLD),
        Role::Title | Role::Unread => style.add_modifier(Modifier::BOLD),
        Role::Good => style.fg(Color::Green),
        Role::Link => style.add_modifier(Modifier::UNDERLINED),
    }
}

/// `tones` are those of: dim, event, trouble, called, good, the ground of what is chosen, news.
fn indexed(role: Role, names: &[u8; 8], tones: [u8; 7]) -> Style {
    let [dim, event, trouble, called, good, ground, news] = tones;
    let style = Style::new();
    let of = |n: u8| style.fg(Color::Indexed(n));
    match role {
        Role::Text => style,
        Role::Dim | Role::Border => of(dim),
        Role::Name(n) => of(names[usize::from(n) % names.len()]).add_modifier(Modifier::BOLD),
        Role::Mention => of(called).add_modifier(Modifier::BOLD.union(Modifier::REVERSED)),
        Role::Event => of(event),
        Role::News => of(news),
        Role::Trouble => of(trouble),
        Role::New | Role::Called => of(called).add_modifier(Modifier::BOLD),
        Role::Title | Role::Unread => style.add_modifier(Modifier::BOLD),
        Role::Chosen => style.bg(Color::Indexed(ground)).add_modifier(Modifier::BOLD),
        Role::Good => of(good),
        Role::Link => of(news).add_modifier(Modifier::UNDERLINED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(asked: Option<&str>, environment: &[(&str, &str)]) -> Theme {
        let asked = asked.map(|name| Theme::named(name).expect("a theme"));
        Theme::of(asked, |name| environment.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn the_environment_is_heard() {
        assert_eq!(of(None, &[("TERM", "xterm-256color")]), Theme::Dark);
        assert_eq!(of(None, &[("TERM", "xterm-256color"), ("COLORFGBG", "0;15")]), Theme::Light);
        assert_eq!(of(None, &[("TERM", "vt100")]), Theme::Sixteen);
        assert_eq!(of(Some("light"), &[("TERM", "vt100")]), Theme::Light);
        assert_eq!(of(Some("16"), &[("TERM", "xterm-256color")]), Theme::Sixteen);
        assert_eq!(of(Some("light"), &[("NO_COLOR", "1")]), Theme::Mono);
        assert_eq!(of(Some("dark"), &[("NO_COLOR", "")]), Theme::Dark);
    }

    #[test]
    fn without_colour_there_is_none() {
        for role in [Role::Dim, Role::Name(3), Role::Mention, Role::Trouble, Role::Called, Role::Good, Role::Chosen] {
            let style = Theme::Mono.style(role);
            assert_eq!((style.fg, style.bg), (None, None), "{role:?}");
        }
    }
}
