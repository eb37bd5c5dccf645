//! What a person had here before: a server that they used last and that does not answer, and one of their own with a history. A
//! second, empty place is founded only by whoever says so.

use std::time::Duration;

use chinwag_proto::endpoint::KeyPair;
use chinwag_proto::wire::id::PublicKey;

use crate::config::Home;
use crate::discovery::{Found, Notice};
use crate::render::{counted, render_text};
use crate::store::sqlite::{FILE, Reader};

use super::super::discover::Look;
use super::super::failure::Failure;
use super::super::output::{ask, tell_plain};
use super::person::{answer, is_at_terminal};

/// Nothing came for so long: the search goes on by itself.
const MOMENT: Duration = Duration::from_secs(60);

/// A server of this person's own, with a history.
#[derive(Clone, Copy)]
pub(super) struct Past {
    messages: u64,
}

impl Past {
    /// What there is in this home, if there is anything. What can't be read is no history here: whoever hosts it is told.
    pub(super) fn of(home: &Home) -> Option<Self> {
        let file = home.server_data().join(FILE);
        let reader = file.exists().then(|| Reader::open(&file).ok()).flatten()?;
        let messages = reader.messages().ok().filter(|&messages| messages > 0)?;
        Some(Self { messages })
    }

    /// `77 messages`.
    pub(super) fn size(self) -> String {
        counted(self.messages, "message")
    }
}

/// What is to be done where nobody answers.
pub(super) enum Away {
    /// Nobody is missed, or the person hosts all the same.
    Host,
    /// The one that was missed is back.
    Back(Box<Found>),
    Quit,
}

/// The server that is used here, and that is another's.
#[derive(Clone)]
pub(super) struct Usual {
    /// What it is called; safe to show.
    pub(super) name: String,
    pub(super) key: PublicKey,
}

/// Nobody answers: whether that is because the server that is used here is away, and what the person wants then.
pub(super) fn is_missed(home: &Home, look: &Look) -> Result<Away, Failure> {
    let Some(usual) = usual(home)? else { return Ok(Away::Host) };
    let name = &usual.name;
    let hosts = match Past::of(home) {
        Some(past) => format!("hosts your own place here ({})", past.size()),
        None => "hosts a new, empty place".to_owned(),
    };
    if !is_at_terminal() {
        tell_plain(&format!("{name} does not answer: h {hosts}, since there is nobody to ask"));
        return Ok(Away::Host);
    }
    loop {
        ask(&format!("{name} does not answer: w waits for it, h {hosts}, q quits: "));
        match answer()?.map(|typed| typed.to_lowercase()).as_deref() {
            None | Some("q") => return Ok(Away::Quit),
            Some("h") => return Ok(Away::Host),
            Some("w") => return Ok(Away::Back(wait(look, &usual))),
            Some(_) => {}
        }
    }
}

/// The server that was used last, if it is another's.
pub(super) fn usual(home: &Home) -> Result<Option<Usual>, Failure> {
    let Some(used) = home.recent().all()?.into_iter().next() else { return Ok(None) };
    let pins = home.known_servers().all()?;
    let Some(key) = pins.iter().find(|pin| pin.server == used.server).map(|pin| pin.key) else { return Ok(None) };
    let own = home.server_key().stored()?.map(|secret| KeyPair::from_secret(secret).public());
    let called = used.server.strip_prefix("lan:").unwrap_or(&used.server);
    Ok((own != Some(key)).then(|| Usual { name: render_text(called).into_owned(), key }))
}

/// Waits until that server answers.
pub(super) fn wait(look: &Look, usual: &Usual) -> Box<Found> {
    tell_plain(&format!("waiting for {}; Ctrl-C ends it", usual.name));
    loop {
        if let Some(Notice::Found(found)) = look.next_within(MOMENT)
            && *found.key() == usual.key
        {
            return found;
        }
    }
}
