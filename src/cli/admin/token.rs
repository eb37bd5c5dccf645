//! Tokens, by which programs act for an account.

use std::collections::BTreeSet;

use chinwag_proto::rng::Rng;
use chinwag_proto::time::Now;
use chinwag_proto::wire::message::{Secret, hash, name};

use super::super::output::tell;
use super::args::{Token, after_ms};
use super::asking::ask;
use super::invite::{fresh_secret, say_link};
use super::running::done;
use super::{Failure, show};
use crate::admin::{Reply, Request};
use crate::config::{Home, Invite};
use crate::render::render_text;

pub(super) fn run(home: &Home, what: &Token, json: bool, rng: &mut Rng, now: Now) -> Result<(), Failure> {
    match what {
        Token::Create { name, label, read, write, rooms, expires, way } => {
            if !read && !write {
                return Err(Failure::usage(
                    "a token that allows nothing is of no use: give it --read, --write or both",
                ));
            }
            let way = way.link(home, rng)?;
            let missing = missing(home, rooms, now, rng)?;
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
            missing.iter().for_each(|said| tell(said));
            say_token(token, way, json);
            Ok(())
        }
        Token::Rotate { label, expires, way } => {
            let way = way.link(home, rng)?;
            let token = fresh_secret("cwt", rng);
            let hash = hash(token.reveal().as_bytes());
            let until_ms = after_ms(now.wall, *expires);
            done(ask(home, Request::RotateToken { label: label.clone(), hash, until_ms }, now, rng)?)?;
            say_token(token, way, json);
            Ok(())
        }
        Token::List => show::reply(ask(home, Request::Tokens, now, rng)?, json),
        Token::Revoke { label } => {
            show::reply(ask(home, Request::RevokeToken { label: label.clone() }, now, rng)?, json)
        }
    }
}

/// What there is not yet of the rooms that a token is to be for: it holds for those that are made later, and is of no use before.
fn missing(home: &Home, wanted: &[String], now: Now, rng: &mut Rng) -> Result<Vec<String>, Failure> {
    let (people, rooms): (Vec<_>, Vec<_>) = wanted.iter().map(String::as_str).partition(|room| room.starts_with('@'));
    let mut missing = Vec::new();
    if !rooms.is_empty()
        && let Reply::Rooms(there) = ask(home, Request::Rooms, now, rng)?
    {
        let there: BTreeSet<_> = there.iter().map(|room| name::fold(&room.name)).collect();
        let plain = rooms.iter().map(|room| room.trim_start_matches('#'));
        let new = plain.filter(|room| !there.contains(&name::fold(room)));
        missing.extend(new.map(|room| {
            let room = render_text(room);
            format!("there is no room #{room}: the token is of no use there until somebody makes it (`chinwag admin rooms` shows those there are)")
        }));
    }
    if !people.is_empty()
        && let Reply::Accounts(there) = ask(home, Request::Accounts, now, rng)?
    {
        let there: BTreeSet<_> = there.iter().map(|account| name::fold(&account.name)).collect();
        let new = people.iter().filter(|who| !there.contains(&name::fold(who.trim_start_matches('@'))));
        missing.extend(new.map(|who| {
            let who = render_text(who);
            format!("there is no account {who}: the token is of no use there until there is one (`chinwag admin users` shows those there are)")
        }));
    }
    Ok(missing)
}

/// Prints a token within a link that says which server it is for, so that a program needs nothing else.
fn say_token(token: Secret, way: Invite, json: bool) {
    tell("this is the only time that the token is shown; CHINWAG_TOKEN or --token-file gives it to a command");
    say_link(&Invite { code: Some(token), ..way }.to_string(), json);
}
