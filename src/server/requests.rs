//! Requests: each is answered once. What has to be durable first waits for its commit as a
//! [`Ticket`](super::pending::Ticket) and goes on from there.

use chinwag_proto::endpoint::SessionId;
use chinwag_proto::time::Now;
use chinwag_proto::wire::id::RequestId;
use chinwag_proto::wire::message::{Refusal, Request, Up, Wire as _};

use super::effect::Effect;
use super::out::Out;
use super::pending::Asked;
use super::tables::Tables;
use super::{access, identity, login, membership, pages, presence, reading};

/// Takes a control message of a client.
pub(super) fn request(tables: &mut Tables, out: &mut Out, session: SessionId, body: &[u8], now: Now) {
    match Up::decode(body) {
        Ok(Up::Request(request, what)) => {
            let asked = Asked { session, request };
            if let Err(reason) = grant(tables, out, asked, what, now) {
                out.refuse(asked, reason);
            }
        }
        // A request of a kind that this server does not know, of a client that is newer: it is told so.
        Err(_) => {
            if let Ok((0u32, request)) = postcard::take_from_bytes::<(u32, RequestId)>(body).map(|(head, _)| head) {
                out.refuse(Asked { session, request }, Refusal::NotUnderstood);
            }
        }
    }
}

fn grant(tables: &mut Tables, out: &mut Out, asked: Asked, request: Request, now: Now) -> Result<(), Refusal> {
    let logs_in =
        matches!(request, Request::Login { .. } | Request::Register { .. } | Request::Enrol { .. } | Request::Token(_));
    if !logs_in {
        login::heard(&mut tables.accounts, &tables.sessions, asked.session);
    }
    match request {
        Request::Login { name } => identity::login(tables, out, asked, name, now),
        Request::Join { room, from } => access::join(tables, out, asked, room, from, now),
        Request::Leave { room } => membership::leave(tables, out, asked, room, now),
        Request::Direct { to, from } => access::direct(tables, out, asked, &to, from, now),
        Request::Register { name, password, invite, device } => {
            identity::register(tables, out, asked, (name, device), (password, invite), now)
        }
        Request::Enrol { name, password, device } => identity::enrol(tables, out, asked, (name, device), password, now),
        Request::Token(token) => identity::token(tables, out, asked, &token, now),
        Request::SetPassword { old, new } => identity::set_password(tables, out, asked, old, new, now),
        Request::Devices => identity::devices(tables, out, asked),
        Request::Revoke { device } => identity::revoke(&mut tables.sessions, out, asked, device),
        Request::Unregister { password } => identity::unregister(tables, out, asked, password, now),
        Request::Create { room, access, password, from } => {
            access::create(tables, out, asked, (room, access), password, from, now)
        }
        Request::Unlock { room, password, from } => access::unlock(tables, out, asked, &room, password, from, now),
        Request::Open { room, access, password } => access::open(tables, out, asked, (room, access), password, now),
        Request::Rooms { after } => pages::list_rooms(tables, out, asked, &after, now),
        Request::Members { room, after } => pages::list_members(tables, out, asked, room, &after, now),
        Request::Read { room, upto, is_private } => reading::read(tables, out, asked, (room, upto, is_private), now),
        Request::Away(away) => presence::away(tables, out, asked, away, now),
        Request::History { room, position, count } => pages::history(tables, out, asked, room, position, count, now),
        Request::Search { room, words, after, count } => {
            pages::search(tables, out, asked, room, (words, after), count, now)
        }
        Request::Delivery { room, number } => {
            reading::delivery(&tables.accounts, &tables.rooms, &tables.sessions, out, asked, room, number)
        }
        Request::Look(which) => pages::look(tables, out, asked, &which, now),
        Request::Pins { room, after } => pages::pins(tables, out, asked, room, after, now),
        Request::Follow { room, from } => access::follow_from_outside(tables, out, asked, &room, from, now),
        Request::Measure => {
            out.effects.push_back(Effect::Measure(asked));
            Ok(())
        }
    }
}
