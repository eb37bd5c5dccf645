//! `chinwag admin invite`: a link that leads to the server, and has all that it takes to come in.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use chinwag_proto::endpoint::KeyPair;
use chinwag_proto::limits::CHAT_PORT;
use chinwag_proto::rng::Rng;
use chinwag_proto::time::Now;
use chinwag_proto::wire::message::{self, Secret};
use serde_json::json;

use super::super::output::{say, tell};
use super::asking::ask;
use super::running::{ask_running, done};
use super::{Exit, Failure};
use crate::admin::{ContactInfo, Reply, Request};
use crate::cli::entry::json_line;
use crate::config::{Home, Invite, read_join_key};
use crate::interface::for_others;
use crate::net;

/// The link that is wanted.
pub(super) struct Wanted<'a> {
    pub(super) host: Option<&'a str>,
    pub(super) uses: u32,
    pub(super) until_ms: Option<u64>,
    pub(super) join_key_file: Option<&'a Path>,
    pub(super) qr: bool,
    pub(super) json: bool,
}

pub(super) fn run(home: &Home, wanted: &Wanted<'_>, rng: &mut Rng, now: Now) -> Result<(), Failure> {
    if wanted.qr && wanted.json {
        return Err(Failure::usage("a QR code is for a camera, and JSON for programs: leave --qr or --json away"));
    }
    // All that may be wrong is found out before there is an invitation.
    let way = way(home, wanted.host, wanted.join_key_file, rng)?;
    let code = fresh_secret("cwi", rng);
    let hash = message::hash(code.reveal().as_bytes());
    done(ask(home, Request::MakeInvite { hash, uses: wanted.uses, until_ms: wanted.until_ms }, now, rng)?)?;
    let link = Invite { code: Some(code), ..way }.to_string();
    say_link(&link, wanted.json);
    if wanted.qr {
        say(&draw(&link)?);
    }
    Ok(())
}

/// Prints a link.
pub(super) fn say_link(link: &str, json: bool) {
    if json { say(&json_line(&json!({"link": link}))) } else { say(link) }
}

/// 256 random bits as text that can be pasted.
pub(super) fn fresh_secret(kind: &str, rng: &mut Rng) -> Secret {
    let bytes: [u8; 32] = rng.bytes();
    let digits: String = bytes.iter().map(|octet| format!("{octet:02x}")).collect();
    Secret::from(format!("{kind}_{digits}"))
}

/// A link that leads to the server, and has all but a code. What others have to be careful with is said.
pub(super) fn way(
    home: &Home,
    wanted_host: Option<&str>,
    join_key_file: Option<&Path>,
    rng: &mut Rng,
) -> Result<Invite, Failure> {
    let key = KeyPair::from_secret(home.server_key().secret(|| rng.bytes())?).public();
    let contact = contact(home)?;
    let host = host(wanted_host, contact.as_ref())?;
    let join = join_key_file.map(read_join_key).transpose()?;
    let join = match &contact {
        Some(contact) => agreed(join, contact.join_key)?,
        None => join,
    };
    if contact.is_none() {
        tell(&format!(
            "no server runs with this home: that it will listen at {host}, and {}, is not known here; --host and \
             --join-key-file say otherwise",
            if join.is_some() { "ask for that join key" } else { "ask for no join key" }
        ));
    } else if join.is_some() {
        tell("the link carries the server's join key: give it only to those who may come in");
    }
    Ok(Invite { host, key, join, code: None })
}

/// How the server that runs with this home is reached.
fn contact(home: &Home) -> Result<Option<ContactInfo>, Failure> {
    match ask_running(home, &Request::ContactInfo)? {
        None => Ok(None),
        Some(Reply::ContactInfo(contact)) => Ok(Some(contact)),
        Some(other) => done(other).map(|()| None),
    }
}

/// The join key that belongs into the link: the one that the server asks for.
fn agreed(given: Option<[u8; 32]>, asked_for: Option<[u8; 32]>) -> Result<Option<[u8; 32]>, Failure> {
    match (given, asked_for) {
        (Some(_), None) => Err(Failure::usage("the server asks for no join key; leave --join-key-file away")),
        (Some(given), Some(asked_for)) if given != asked_for => Err(Failure::usage(
            "the server asks for another join key than that of --join-key-file; without it, the link has the right one",
        )),
        (_, asked_for) => Ok(asked_for),
    }
}

/// What stands in the link as the server's place.
fn host(given: Option<&str>, contact: Option<&ContactInfo>) -> Result<String, Failure> {
    let port = contact.map_or(CHAT_PORT, |contact| contact.listens_on.port());
    if let Some(given) = given {
        return Ok(net::spell(given, port, CHAT_PORT)?);
    }
    let bound = contact.map(|contact| contact.listens_on.ip());
    let ip = match bound {
        Some(ip) if !ip.is_unspecified() => ip,
        Some(_) | None => lan_address(bound.is_some_and(|ip| ip.is_ipv4()))?,
    };
    if ip.is_loopback() {
        tell(&format!("{ip} is this machine only: nobody else gets there by the link; --host says another address"));
    }
    let addr = SocketAddr::new(ip, port);
    Ok(net::spell(&addr.to_string(), port, CHAT_PORT)?)
}

/// The address by which others on the network reach this machine; it says so where there is a choice.
fn lan_address(only_v4: bool) -> Result<IpAddr, Failure> {
    let interfaces = net::interfaces().map_err(Failure::system)?;
    let addrs = for_others(&interfaces, only_v4);
    let Some((&first, rest)) = addrs.split_first() else { return Ok(IpAddr::from([127, 0, 0, 1])) };
    if !rest.is_empty() {
        let rest: Vec<_> = rest.iter().map(ToString::to_string).collect();
        tell(&format!("the link says {first}; --host takes another address of this machine: {}", rest.join(", ")));
    }
    Ok(first)
}

/// A QR code (ISO/IEC 18004) in half blocks, two modules a character, dark on light whatever the terminal's colours.
fn draw(link: &str) -> Result<String, Failure> {
    use qrcode::render::unicode::Dense1x2;
    let code =
        qrcode::QrCode::new(link).map_err(|error| Failure::new(Exit::General, format!("no QR code: {error}")))?;
    Ok(code.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).quiet_zone(true).build())
}
