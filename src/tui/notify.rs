//! Telling a user who looks elsewhere: the bell, and notifications that terminals know how to show on a desktop.

use crate::client::desk::Ping;

/// How the user is to be told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Notify {
    /// Not at all.
    Off,
    /// By the bell.
    #[default]
    Bell,
    /// By the bell, and OSC 9 (iTerm2, `WezTerm`, kitty, Windows Terminal, `ConEmu`).
    Osc9,
    /// By the bell, and OSC 777 (`VTE`, urxvt, foot, Ghostty).
    Osc777,
}

/// So many of them at once; of more only the number is told.
const AT_ONCE: usize = 3;

impl Notify {
    /// What `CHINWAG_NOTIFY` asks for (off, bell, osc9, osc777), or what the terminal is known to understand.
    #[must_use]
    pub fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        match variable("CHINWAG_NOTIFY").as_deref() {
            Some("off") => return Self::Off,
            Some("bell") => return Self::Bell,
            Some("osc9") => return Self::Osc9,
            Some("osc777") => return Self::Osc777,
            Some(_) | None => {}
        }
        let program = variable("TERM_PROGRAM").unwrap_or_default();
        let term = variable("TERM").unwrap_or_default();
        if matches!(program.as_str(), "iTerm.app" | "WezTerm") || term.contains("kitty") {
            Self::Osc9
        } else if program == "ghostty"
            || variable("VTE_VERSION").is_some()
            || term.starts_with("foot")
            || term.contains("rxvt")
        {
            Self::Osc777
        } else {
            Self::Bell
        }
    }

    /// What is written to the terminal to tell of these. Pings are safe to show; what would end the sequence is taken out, too.
    #[must_use]
    pub fn sequence(self, pings: &[Ping]) -> String {
        if self == Self::Off || pings.is_empty() {
            return String::new();
        }
        let mut out = String::from("\x07");
        for ping in pings.iter().take(AT_ONCE) {
            out.push_str(&self.one(&title(ping), &ping.text));
        }
        if pings.len() > AT_ONCE {
            out.push_str(&self.one("chinwag", &format!("and {} more", pings.len() - AT_ONCE)));
        }
        out
    }

    fn one(self, title: &str, text: &str) -> String {
        let plain = |text: &str| text.chars().filter(|c| !c.is_control()).collect::<String>();
        match self {
            Self::Off | Self::Bell => String::new(),
            Self::Osc9 => format!("\x1b]9;{}: {}\x1b\\", plain(title), plain(text)),
            Self::Osc777 => {
                format!("\x1b]777;notify;{};{}\x1b\\", plain(title).replace(';', ","), plain(text).replace(';', ","))
            }
        }
    }
}

fn title(ping: &Ping) -> String {
    if ping.room.starts_with('@') { ping.who.clone() } else { format!("{} in {}", ping.who, ping.room) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notification_says_who_and_what_and_can_not_be_broken_out_of() {
        let ping = |room: &str, text: &str| Ping { room: room.into(), who: "bob".into(), text: text.into() };
        let told = Notify::Osc777.sequence(&[ping("#lobby", "ann; look\x1b\\\x07")]);
        assert_eq!(told, "\x07\x1b]777;notify;bob in #lobby;ann, look\\\x1b\\");
        assert_eq!(Notify::Osc9.sequence(&[ping("@bob", "hi")]), "\x07\x1b]9;bob: hi\x1b\\");
        assert_eq!(Notify::Bell.sequence(&[ping("@bob", "hi")]), "\x07");
        assert_eq!(Notify::Off.sequence(&[ping("@bob", "hi")]), "");
        let many = vec![ping("@bob", "hi"); 5];
        assert!(Notify::Osc9.sequence(&many).ends_with("chinwag: and 2 more\x1b\\"));
    }
}
