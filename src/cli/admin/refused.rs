//! What a refusal means to an operator: of which account, room or token it is, and which command shows those that are there.

use chinwag_proto::wire::message::Refusal;

use super::{Exit, Failure};
use crate::admin::Request;
use crate::render::render_text;

/// Why that request was refused.
pub(super) fn refused(request: &Request, reason: Refusal) -> Failure {
    match (request, reason) {
        (Request::Retain { room, .. } | Request::Prune { room }, Refusal::NoSuchRoom) => no_such_room(room),
        (Request::Unban { account }, Refusal::NoSuchAccount) => {
            Failure::new(Exit::Denied, format!("{} is not banned", render_text(account)))
        }
        (
            Request::Passwd { account, .. }
            | Request::Unregister { account }
            | Request::Kick { account }
            | Request::Ban { account }
            | Request::Vouch { account, .. }
            | Request::MakeToken { account, .. },
            Refusal::NoSuchAccount,
        ) => Failure::new(
            Exit::Denied,
            format!("there is no account {}; `chinwag admin users` shows those there are", render_text(account)),
        ),
        (Request::Passwd { account, .. }, Refusal::PasswordElsewhere) => Failure::new(
            Exit::Denied,
            format!(
                "the auth command knows the password of {0}, and it is changed where that looks; `chinwag admin auth release {0}` \
                 makes it an account of this server",
                render_text(account)
            ),
        ),
        (Request::Vouch { account, .. }, Refusal::NotAllowed) => Failure::new(
            Exit::Denied,
            format!(
                "{} owns this server, and stays an account of its own: nobody else says who that is",
                render_text(account)
            ),
        ),
        (Request::RevokeToken { label }, Refusal::TokenInvalid) => no_such_token(label, ""),
        (Request::RotateToken { label, .. }, Refusal::TokenInvalid) => {
            no_such_token(label, " (one whose time is over takes --expires)")
        }
        (Request::MakeToken { label, .. }, Refusal::NameTaken) => {
            let label = render_text(label);
            let sentence = format!(
                "there is a token {label} already; choose another label, or `chinwag admin token rotate {label}` makes it anew"
            );
            Failure::new(Exit::Denied, sentence)
        }
        (Request::MakeToken { .. }, Refusal::Limit) => Failure::new(
            Exit::Denied,
            "there are as many tokens as a server has; `chinwag admin token list` shows them, `chinwag admin token revoke` \
             removes one",
        ),
        (_, reason) => Failure::refused("admin", reason),
    }
}

fn no_such_room(room: &str) -> Failure {
    if room.starts_with('@') {
        return Failure::usage(
            "direct messages have no retention: they are kept until they are deleted; retention is of rooms, which \
             `chinwag admin rooms` shows",
        );
    }
    let room = render_text(room.trim_start_matches('#'));
    Failure::new(Exit::Denied, format!("there is no room #{room}; `chinwag admin rooms` shows those there are"))
}

fn no_such_token(label: &str, hint: &str) -> Failure {
    let sentence =
        format!("there is no token {}; `chinwag admin token list` shows those there are{hint}", render_text(label));
    Failure::new(Exit::Denied, sentence)
}
