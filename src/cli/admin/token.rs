//! Tokens, by which programs act for an account.

use chinwag_proto::rng::Rng;
use chinwag_proto::time::Now;
use chinwag_proto::wire::message::{Secret, hash};

use super::super::output::{say, tell};
use super::args::{Token, after_ms};
use super::asking::ask;
use super::invite::fresh_secret;
use super::running::done;
use super::{Failure, show};
use crate::admin::Request;
use crate::config::{Home, Invite};

pub(super) fn run(home: &Home, what: &Token, json: bool, rng: &mut Rng, now: Now) -> Result<(), Failure> {
    match what {
        Token::Create { name, label, read, write, rooms, expires, way } => {
            if !read && !write {
                return Err(Failure::usage(
                    "a token that allows nothing is of no use: give it --read, --write or both",
                ));
            }
            let way = way.link(home, rng)?;
            let token = fresh_secret("cwt", rng);
            let request = Request::MakeToken {
                account: name.clone(),
                hash: hash(token.reveal().as_bytes()),
                label: label.clone(),
                read: *read,
                write: *write,
                rooms: rooms.clone(),
                until_ms: after_ms(now.wall, *expires),
            };
            done(ask(home, request, now, rng)?)?;
            say_token(token, way);
            Ok(())
        }
        Token::Rotate { label, expires, way } => {
            let way = way.link(home, rng)?;
            let token = fresh_secret("cwt", rng);
            let hash = hash(token.reveal().as_bytes());
            let until_ms = after_ms(now.wall, *expires);
            done(ask(home, Request::RotateToken { label: label.clone(), hash, until_ms }, now, rng)?)?;
            say_token(token, way);
            Ok(())
        }
        Token::List => show::reply(ask(home, Request::Tokens, now, rng)?, json),
        Token::Revoke { label } => {
            show::reply(ask(home, Request::RevokeToken { label: label.clone() }, now, rng)?, json)
        }
    }
}

/// Prints a token within a link that says which server it is for, so that a program needs nothing else.
fn say_token(token: Secret, way: Invite) {
    tell("this is the only time that the token is shown; CHINWAG_TOKEN or --token-file gives it to a command");
    say(&Invite { code: Some(token), ..way }.to_string());
}
