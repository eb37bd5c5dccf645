//! What machines tell their interfaces: the checkers listen, and the person in front of a client reacts.

use chinwag_proto::limits::{FRAGMENT_MAX_LEN, OFFLINE_LINGER_S, OFFLINE_SILENCE_MS, PING_INTERVAL_MS};
use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::{Body, Presence, Refusal};

use super::check::Promise;
use super::check::log::LogKey;
use super::check::transcript::{Join, Origin, Shown};
use super::client_host::{PIN_TAGS, room_name};
use super::coverage::Situation;
use super::network::HostId;
use super::steps;
use super::world::{Stage, World};
use chinwag_client_core::{Attempt, Command, Connection, Notice, PresenceChange, Unreadable};
use chinwag_server as server;

pub(super) fn server(world: &mut World<'_>, notice: server::Notice) {
    let now = world.now();
    world.trace.event(now, format_args!("s: {notice:?}"));
    match notice {
        server::Notice::Stopped => {
            world.coverage.hit(Situation::Stopped);
            steps::server_down(world);
        }
        server::Notice::StoreFailed(error) => {
            world.findings.add(Promise::Liveness, format!("the server gave up on its store: {error}"));
            steps::server_down(world);
        }
        server::Notice::StoreDamaged(damage) => {
            world.findings.add(Promise::VisibleDurable, format!("the server can't read its store: {damage:?}"));
        }
        server::Notice::Status(status) => status_is_modest(world, &status),
        server::Notice::LoggedIn { .. }
        | server::Notice::Left { .. }
        | server::Notice::QuotaNear { .. }
        | server::Notice::StoreFull(_)
        | server::Notice::Quotas(..)
        | server::Notice::WentBack { .. }
        | server::Notice::Auth(_)
        | server::Notice::RoleChanged { .. }
        | server::Notice::Beacon(_)
        | server::Notice::Answered(..)
        | server::Notice::Peers(..)
        | server::Notice::Accounts(..)
        | server::Notice::Rooms(..)
        | server::Notice::Tokens(..)
        | server::Notice::Clock(..)
        | server::Notice::AgeUnsure(_)
        | server::Notice::OverAlready(..)
        | server::Notice::ClockTurned(_) => {}
    }
}

/// A session may be held for so long after its client is gone without a word: until it is offline, and then for those
/// who come back.
const LINGER_US: u64 = (PING_INTERVAL_MS + OFFLINE_SILENCE_MS + 2_000) * 1_000 + OFFLINE_LINGER_S * 1_000_000;

/// Sessions of those who are long gone are gone too.
fn status_is_modest(world: &mut World<'_>, status: &server::Status) {
    let there = world.clients.iter().filter(|c| c.process.is_some()).count();
    let sessions = usize::try_from(status.count("sessions")).unwrap_or(usize::MAX);
    let now = world.now();
    let ghosts = world.departures.iter().filter(|left| now.micros_since(**left) < LINGER_US).count();
    if world.stage >= Stage::Asked && sessions > there + ghosts {
        let what = format!("the server holds {sessions} sessions for {there} clients and {ghosts} ghosts");
        world.findings.add(Promise::Memory, what);
    }
}

pub(super) fn client(world: &mut World<'_>, host: HostId, notice: Notice) {
    let now = world.now();
    world.trace.event(now, format_args!("c{}: {}", host.0, brief(&notice)));
    let World { clients, truth, findings, coverage, stage, .. } = world;
    let client = &mut clients[host.0 - 1];
    match notice {
        Notice::Connection(connection) => connected(world, host, connection),
        Notice::Joined { room, name, after, head, skipped } => {
            joined(world, host, &Join { room, name: &name, after, head, skipped });
        }
        Notice::Entry { room, name, number, contiguous_upto, own, entry, .. } => {
            let shown = Shown { room, name: &name, number, upto: contiguous_upto, entry: &entry };
            shows(world, host, &shown, own);
        }
        // What becomes of a pin, or of another act, is seen in what it does.
        Notice::Stored { tag: PIN_TAGS.., .. } | Notice::Refused { tag: PIN_TAGS.., .. } => {}
        Notice::Facts { room, facts, .. } => drop(client.seen.facts.insert(room, facts)),
        Notice::FollowEnded { .. } => coverage.hit(Situation::FollowEnded),
        Notice::Stored { tag, room, number } => {
            let said = client.transcript.tagged(tag);
            client.transcript.answered(said, findings);
            truth.acknowledge(said, room, number, findings);
            coverage.hit(Situation::Stored);
        }
        Notice::Refused { tag, reason: _ } => {
            let said = client.transcript.tagged(tag);
            client.transcript.answered(said, findings);
            truth.refuse(said, findings);
            coverage.hit(Situation::Refused);
        }
        Notice::Kept { body, answer, .. } => kept(world, host, &body, answer.ok()),
        Notice::Presence(PresenceChange { now: Presence::Unreachable, .. }) => coverage.hit(Situation::PeerUnreachable),
        Notice::Presence(PresenceChange { now: Presence::Left, .. }) => coverage.hit(Situation::PeerLeft),
        Notice::Roster { room, who } if *stage >= Stage::Asked => {
            let states = who.into_iter().map(|present| (present.name, present.presence));
            client.seen.rosters.insert(room, states.collect());
        }
        Notice::Room { name, info } => client.transcript.learned(&name, info.log),
        Notice::HistoryReset { name, back_to } => {
            client.transcript.history_reset(&name, back_to);
            if back_to.is_some() {
                coverage.hit(Situation::WentBack);
            }
            coverage.hit(Situation::HistoryReset);
        }
        Notice::Unreadable(Unreadable { room, first, last }) => {
            let what = format!("c{}: {first} to {last} of {room} can't be read", host.0);
            world.findings.add(Promise::CatchUp, what);
        }
        Notice::Stopped => steps::end_process(world, host),
        Notice::Denied { request, reason } => denied(world, host, &request, reason),
        Notice::Presence(_)
        | Notice::Roster { .. }
        | Notice::Present { .. }
        | Notice::Queued { .. }
        | Notice::QuotaNear(_)
        | Notice::NotKept { .. }
        | Notice::TakenBack { .. }
        | Notice::Reworded { .. }
        | Notice::OverBudget(_)
        | Notice::Invited { .. }
        | Notice::Out { .. }
        | Notice::Typing(_)
        | Notice::Delivered(_)
        | Notice::Read { .. }
        | Notice::Link(_)
        | Notice::Answered { .. } => {}
    }
}

fn joined(world: &mut World<'_>, host: HostId, join: &Join<'_>) {
    let World { clients, truth, findings, coverage, .. } = world;
    let client = &mut clients[host.0 - 1];
    let resumed = client.transcript.joined(join, truth, findings);
    match resumed.from {
        Some(Origin::ThisLife) => coverage.hit(Situation::ResumedOnNewLink),
        Some(Origin::Disk) => coverage.hit(Situation::ResumedFromSaved),
        None => {}
    }
    if join.skipped > 0 {
        coverage.hit(Situation::Skipped);
    }
    if resumed.behind > 256 {
        client.seen.catching_up.insert(join.room, join.head.0);
    }
}

fn shows(world: &mut World<'_>, host: HostId, shown: &Shown<'_>, own: bool) {
    let World { clients, truth, findings, coverage, .. } = world;
    let client = &mut clients[host.0 - 1];
    let Shown { room, name, number, entry, .. } = *shown;
    if entry.body.text().unwrap_or_default().len() > FRAGMENT_MAX_LEN {
        coverage.hit(Situation::Fragmented);
    }
    if name.starts_with('@') && !own {
        coverage.hit(Situation::Direct);
    }
    if own != (entry.name == client.name) {
        findings.add(Promise::OneOrder, format!("c{} takes {number} of {name} for another's", host.0));
    }
    client.transcript.shows(shown, truth, findings);
    if client.followed.iter().any(|&room| room_name(room) == name) {
        coverage.hit(Situation::FromOutside);
        let log = LogKey { store: truth.store(), room };
        let is_of = truth.entry(log, number) == Some(entry);
        if is_of && !truth.may_be_read(log, number, &client.name) {
            let what = format!("c{} is shown {number} of {name}, and may not read it", host.0);
            findings.add(Promise::OnlyReads, what);
        }
    }
    let solid = client.transcript.solid(name);
    if client.seen.catching_up.get(&room).is_some_and(|&head| solid >= Some(head)) {
        client.seen.catching_up.remove(&room);
        coverage.hit(Situation::LongCatchUp);
    }
    if std::mem::take(&mut client.seen.moved) {
        coverage.hit(Situation::MovedSession);
    }
}

/// A later program of the device heard what became of a message, if it is one that the plan let somebody say.
fn kept(world: &mut World<'_>, host: HostId, body: &Body, number: Option<RoomSeq>) {
    let World { clients, truth, findings, coverage, .. } = world;
    let Some(said) = body.text().and_then(|text| text.parse().ok()) else { return };
    clients[host.0 - 1].transcript.answered_late(said);
    match number {
        Some(number) => truth.acknowledge_late(said, number, findings),
        None => truth.refuse(said, findings),
    }
    coverage.hit(Situation::SentByTheNext);
}

fn denied(world: &mut World<'_>, host: HostId, request: &Attempt, reason: Refusal) {
    // There may be nobody of that name yet; but rooms are made for whoever asks.
    if matches!(request, Attempt::Join(room) if !room.starts_with('@')) {
        world.findings.add(Promise::CatchUp, format!("c{} was denied `{request}`: {reason:?}", host.0));
    }
}

fn connected(world: &mut World<'_>, host: HostId, connection: Connection) {
    let join_key = world.plan.join_key;
    let World { clients, findings, coverage, .. } = world;
    let client = &mut clients[host.0 - 1];
    let mut broken = |what: &str| findings.add(Promise::Liveness, format!("c{}: {what}", host.0));
    match connection {
        Connection::Up { addr, .. } => {
            client.seen.up = true;
            if addr.is_ipv6() {
                coverage.hit(Situation::Ipv6);
            }
        }
        Connection::LoggedIn { .. } => client.enrolled = true,
        Connection::Lost { .. } => {
            client.seen.up = false;
            client.seen.moved = false;
        }
        Connection::Suspect => coverage.hit(Situation::ServerSuspect),
        Connection::Unpinned { key, .. } => {
            coverage.hit(Situation::Pinned);
            client.pin = Some(key);
            let target = client.target(key, join_key);
            if let Some(process) = &mut client.process {
                process.command(Command::Connect(target));
            }
        }
        Connection::Trying { .. } | Connection::Alive => {}
        Connection::WrongKey { .. } => broken("met another server key"),
        Connection::WrongVersion { .. } => broken("met another version"),
        Connection::JoinKeyRefused => broken("had its join key refused"),
        Connection::LoginRefused(why) => broken(&format!("had its login refused: {why:?}")),
        Connection::Ended { code, reason } => {
            client.seen.up = false;
            broken(&format!("was ended for good: {code:?} {reason}"));
        }
    }
}

/// A notice as a trace shows it: long texts are cut.
fn brief(notice: &Notice) -> String {
    let text = format!("{notice:?}");
    match text.char_indices().nth(160) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    }
}
