//! Sessions: how they come to stand, move, fall silent and end.

use std::net::SocketAddr;

use chinwag_proto::endpoint::{Ended, SessionId};
use chinwag_proto::link::Liveness;
use chinwag_proto::time::Now;
use chinwag_proto::wire::frame::CloseCode;
use chinwag_proto::wire::id::PublicKey;

use super::effect::Effect;
use super::notice::Notice;
use super::out::Out;
use super::peers::{Peers, unmapped};
use super::sessions::{Session, Sessions};
use super::tables::Tables;
use super::{login, presence};

pub(super) fn established(
    tables: &mut Tables,
    out: &mut Out,
    id: SessionId,
    device: PublicKey,
    addr: SocketAddr,
    now: Now,
) {
    if let Some(reason) = &tables.closing {
        out.effects.push_back(Effect::Close(id, CloseCode::Shutdown, reason.clone()));
        return;
    }
    if tables.sessions.get(id).is_some() {
        return;
    }
    if let Some(old) = tables.sessions.displaced_by(id) {
        ended(tables, out, old, &Ended::Displaced, now);
    }
    tables.peers.insert(addr, id);
    tables.sessions.insert(Session::new(id, unmapped(addr), device, now.mono));
}

pub(super) fn moved(peers: &mut Peers, sessions: &mut Sessions, id: SessionId, to: SocketAddr) {
    if let Some(session) = sessions.get_mut(id) {
        peers.shift(session.addr, to, id);
        session.addr = unmapped(to);
    }
}

/// A session is over. Who said goodbye has left; of everyone else that is said later.
pub(super) fn ended(tables: &mut Tables, out: &mut Out, id: SessionId, why: &Ended, now: Now) {
    if matches!(why, Ended::Closed(CloseCode::Done, _)) {
        login::heard(&mut tables.accounts, &tables.sessions, id);
    }
    let Some(session) = tables.sessions.remove(id) else { return };
    tables.peers.remove(session.addr, id);
    let name = session.account.map(|account| tables.accounts.name(account).to_owned());
    if let Some(account) = session.account.and_then(|account| tables.accounts.get_mut(account)) {
        account.sessions.retain(|&s| s != id);
    }
    let said_goodbye = matches!(why, Ended::Closed(..) | Ended::Local(CloseCode::Done | CloseCode::Denied));
    for &room in &session.rooms {
        tables.rooms.unfollow(room, id);
        if let Some(account) = session.account.filter(|_| session.is_shown()) {
            presence::gone(tables, out, room, account, said_goodbye, now.mono);
        }
    }
    for &room in &session.reads {
        tables.rooms.unfollow(room, id);
    }
    out.notices.push_back(Notice::Left { name, addr: session.addr, why: describe(why) });
}

pub(super) fn liveness(tables: &mut Tables, out: &mut Out, id: SessionId, liveness: Liveness, now: Now) {
    let Some(session) = tables.sessions.get_mut(id) else { return };
    session.liveness = liveness;
    let Some(account) = session.account.filter(|_| session.is_shown()) else { return };
    for room in session.rooms.clone() {
        presence::gone(tables, out, room, account, false, now.mono);
    }
}

fn describe(why: &Ended) -> String {
    match why {
        Ended::Closed(_, reason) if reason.is_empty() => String::from("said goodbye"),
        Ended::Closed(_, reason) => format!("said goodbye: {reason}"),
        Ended::Local(code) => format!("closed by this server: {code:?}"),
        Ended::Offline => String::from("no answer"),
        Ended::Displaced => String::from("the same program has a newer session"),
        Ended::Reset => String::from("reset"),
        Ended::Violation(violation) => format!("broke the protocol: {violation:?}"),
        Ended::Expired => String::from("its keys are too old"),
    }
}
