//! What the machine tells, in words for the user.

use crate::client::ServerName;
use crate::config::Home;
use crate::discovery::Found;
use crate::render::render_text;
use crate::roaming::Notice;

use super::super::announce;
use super::super::discover::{Trust, line};
use super::super::failure::Failure;
use super::super::session::changed_key;
use super::news::News;

/// What there is to say. `failure` is why the last session did not come about.
pub(super) fn of(notice: Notice, home: &Home, failure: Option<&Failure>) -> Vec<News> {
    let pins = || home.known_servers().all().unwrap_or_default();
    let shown = |found: &Found| line(found, Trust::of(found, &pins()));
    let why = || failure.map_or_else(String::new, ToString::to_string);
    let word = |said: String| vec![News::Word(said)];
    let trouble = |said: String| vec![News::Trouble(said)];
    match notice {
        Notice::Another(found) => {
            word(format!("another server is here: {}; /server {} goes there", shown(&found), what_to_type(&found)))
        }
        Notice::NotLetIn(found) => word(format!(
            "another server is here: {}; not gone there by itself: {}; /server {} tries again",
            shown(&found),
            why(),
            render_text(&found.name)
        )),
        Notice::Twin(Some(addr)) => trouble(announce::twin(addr)),
        Notice::Twin(None) => trouble(
            "two servers answer here with one key, that of this chat's server: people meet either, and what is said is split \
             between the two; whoever runs them is to stop one, and remove its server.key"
                .to_owned(),
        ),
        Notice::Nobody => word("no other server answers here; /quit, and then `chinwag` again, hosts one".to_owned()),
        Notice::Others(others) => {
            let pins = pins();
            let said = |found: &Found| News::Line(format!("also here: {}", line(found, Trust::of(found, &pins))));
            others.iter().map(said).collect()
        }
        Notice::Calling(found) => word(format!("calling {} …", render_text(&found.name))),
        Notice::Unheard(typed) => {
            trouble(format!("no other server {} was heard of here; /server lists those that were", render_text(&typed)))
        }
        Notice::Several(typed, keys) => {
            let prints: Vec<_> = keys.iter().map(|key| key.fingerprint()).collect();
            trouble(format!(
                "several are called {}; /server and a fingerprint says which: {}",
                render_text(&typed),
                prints.join(", ")
            ))
        }
        Notice::Impostor { found, expected } => {
            let called = ServerName::on_lan(&found.name);
            trouble(changed_key(home, &called, &expected, found.key()).to_string())
        }
        Notice::NotGone(found) => trouble(format!("not gone to {}: {}", render_text(&found.name), why())),
        Notice::ServesOn => {
            word("the server here goes on for those who are there, as long as this chat does".to_owned())
        }
        // What the thread does, and not says.
        Notice::Look(_) | Notice::TakeOver { .. } | Notice::GiveUp(_) | Notice::StopServing => Vec::new(),
    }
}

/// What a person types to mean it.
fn what_to_type(found: &Found) -> String {
    let called = ServerName::on_lan(&found.name);
    let bare = called.as_str().trim_start_matches("lan:");
    if bare.is_empty() { found.key().fingerprint() } else { bare.to_owned() }
}
