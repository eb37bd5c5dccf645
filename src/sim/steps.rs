//! The steps of a plan, carried out.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::{Access, Act, Body};

use super::check::log::LogKey;
use super::check::{Promise, facts, presence};
use super::client_host::{PIN_TAGS, room_name};
use super::coverage::Situation;
use super::network::{Cut, HostId, SERVER};
use super::plan::{Mischief, Step};
use super::world::{Stage, World};
use chinwag_client_core::{Ask, Command};
use chinwag_server::{self as server, Operation, OperatorTag};
use chinwag_store::{Kind, Retention};

pub(super) fn take(world: &mut World<'_>, step: Step) {
    match step {
        Step::Start(who) => start(world, who),
        Step::Crash(who) => crash(world, who),
        Step::Quit(who) => quit(world, who),
        Step::Join(who, room) => {
            world.client(who).join(room);
            world.wake_client(who);
        }
        Step::Follow(who, room) => {
            world.client(who).follow(room);
            world.wake_client(who);
        }
        Step::Open(room, is_public) => open(world, room, is_public),
        Step::Ban(room, who, is_banned) => ban(world, room, who, is_banned),
        Step::Leave(who, room) => leave(world, who, room),
        Step::Say(who, room, len) => say(world, who, room, len),
        Step::Pin(who, room, back, is_set) => pin(world, who, room, back, is_set),
        Step::Tell(who, to, len) => tell(world, who, to, len),
        Step::Weather(who, spec) => world.network.set_weather(who, &spec),
        Step::Cut(who, cut) => sever(world, who, cut),
        Step::Roam(who) => roam(world, who),
        Step::Nap(who, us) => {
            world.coverage.hit(Situation::Nap);
            world.client(who).asleep_until = world.now().plus_micros(us);
        }
        Step::ServerCrash => server_crash(world),
        Step::ServerStop => server_stop(world),
        Step::ServerStart => server_start(world),
        Step::Wipe => wipe(world),
        Step::Copy => {
            world.server.disk.copy();
            world.truth.copied();
        }
        Step::PutBack => put_back(world),
        Step::SetWall(host, wall_ms) => set_wall(world, host, wall_ms),
        Step::KeepForADay(room) => {
            let retention = Retention::For(std::time::Duration::from_secs(24 * 60 * 60));
            operate(world, Operation::Retain { room: plain_name(room), retention });
        }
        Step::Prune(room) => {
            if world.server.process.is_some() {
                world.coverage.hit(Situation::PrunedByAge);
            }
            operate(world, Operation::Prune { room: plain_name(room) });
        }
        Step::Stranger(mischief) => stranger(world, mischief),
        Step::Heal => heal(world),
        Step::MustBeComplete => must_be_complete(world),
        Step::AskWho => ask_who(world),
        Step::End => end(world),
    }
}

// --- clients -----------------------------------------------------------------------------------------------------

fn start(world: &mut World<'_>, who: HostId) {
    let key = world.server.key();
    let join_key = world.plan.join_key;
    let device = world.client(who).plan.device;
    let twin = |c: &super::client_host::ClientHost| c.id != who && c.plan.device == device && c.process.is_some();
    let machines = world.machines;
    if world.client(who).is_there() {
        return;
    }
    end_process(world, who);
    if world.clients.iter().any(twin) {
        world.coverage.hit(Situation::TwoInstances);
    }
    let client = world.client(who);
    let target = client.target(key, join_key);
    client.start(machines, target);
    world.wake_client(who);
}

fn crash(world: &mut World<'_>, who: HostId) {
    if world.client(who).process.is_some() {
        world.coverage.hit(Situation::ClientCrash);
        end_process(world, who);
    }
}

/// A client's process is gone, whether it was killed or came to its end.
pub(super) fn end_process(world: &mut World<'_>, who: HostId) {
    let now = world.now();
    let client = &mut world.clients[who.0 - 1];
    if client.process.is_some() {
        world.departures.push(now);
    }
    for save in client.end() {
        client.recorded(&save, &mut world.findings);
    }
}

fn quit(world: &mut World<'_>, who: HostId) {
    let client = world.client(who);
    if let Some(process) = &mut client.process {
        process.command(Command::Quit);
        client.quitting = true;
    }
    world.wake_client(who);
}

fn leave(world: &mut World<'_>, who: HostId, room: usize) {
    let client = world.client(who);
    // Nobody leaves a room without a program that hears of it.
    if client.is_there()
        && client.wanted.remove(&room)
        && let Some(process) = &mut client.process
    {
        process.command(Command::Leave { room: room_name(room) });
        world.coverage.hit(Situation::LeftRoom);
    }
    world.wake_client(who);
}

/// Everyone in a room asks for that; the server does it for its owner.
fn in_the_room(world: &mut World<'_>, room: usize, command: &Command) {
    for n in 1..=world.clients.len() {
        let client = world.client(HostId(n));
        if client.is_there()
            && client.wanted.contains(&room)
            && let Some(process) = &mut client.process
        {
            process.command(command.clone());
        }
        world.wake_client(HostId(n));
    }
}

fn open(world: &mut World<'_>, room: usize, is_public: bool) {
    // A private room lets in members only: all who are to be there must be in it before.
    let snapshot = world.server.disk.snapshot().unwrap_or_default();
    let account = |name: &str| snapshot.accounts.iter().find(|account| account.name == name).map(|account| account.id);
    let is_it = |kind: &Kind| matches!(kind, Kind::Named(name) if *name == plain_name(room));
    let is_in = |name: &str| {
        let there = snapshot.rooms.iter().find(|room| is_it(&room.kind));
        there.is_some_and(|room| room.members.iter().any(|member| Some(member.account) == account(name)))
    };
    let all_in = world.clients.iter().filter(|client| client.wanted.contains(&room)).all(|client| is_in(&client.name));
    if is_public || all_in {
        let access = if is_public { Access::Public } else { Access::Private };
        let ask = Ask::Open { room: room_name(room), access, password: None };
        in_the_room(world, room, &Command::Ask { tag: 0, ask });
    }
}

fn ban(world: &mut World<'_>, room: usize, who: HostId, is_banned: bool) {
    let who = world.client(who).name.clone();
    let act = if is_banned { Act::Ban { who, until: None } } else { Act::Unban { who } };
    in_the_room(world, room, &Command::post(ACT, room_name(room), Body::Act(act)));
}

/// The tag of whatever is not said but done. What becomes of it is the owner's business.
pub(super) const ACT: u64 = u64::MAX;

fn say(world: &mut World<'_>, who: HostId, room: usize, len: usize) {
    let client = world.client(who);
    if !client.is_there() || !client.wanted.contains(&room) {
        return;
    }
    client.said += 1;
    let said = client.transcript.say(client.said);
    if let Some(process) = &mut client.process {
        process.command(Command::say(said.tag(), room_name(room), said.text(len)));
    }
    world.wake_client(who);
}

fn pin(world: &mut World<'_>, who: HostId, room: usize, back: u64, is_set: bool) {
    let client = world.client(who);
    let name = room_name(room);
    let of = client.transcript.solid(&name).map_or(0, |solid| solid.saturating_sub(back));
    if !client.is_there() || !client.wanted.contains(&room) || of == 0 {
        return;
    }
    client.pinned += 1;
    let (tag, body) = (PIN_TAGS + client.pinned, Body::Act(Act::Pin { of: RoomSeq(of), is_set }));
    if let Some(process) = &mut client.process {
        process.command(Command::post(tag, name, body));
    }
    world.wake_client(who);
}

fn tell(world: &mut World<'_>, who: HostId, to: HostId, len: usize) {
    let to = world.client(to).name.clone();
    let client = world.client(who);
    if !client.is_there() {
        return;
    }
    client.said += 1;
    let said = client.transcript.say(client.said);
    if let Some(process) = &mut client.process {
        process.command(Command::say(said.tag(), format!("@{to}"), said.text(len)));
    }
    world.wake_client(who);
}

// --- network -----------------------------------------------------------------------------------------------------

fn sever(world: &mut World<'_>, who: HostId, cut: Cut) {
    match cut {
        Cut { up: true, down: true } => world.coverage.hit(Situation::Outage),
        Cut { up: false, down: false } => {}
        _ => world.coverage.hit(Situation::OneWayOutage),
    }
    world.network.set_cut(who, cut);
}

fn roam(world: &mut World<'_>, who: HostId) {
    let client = world.client(who);
    let before = client.addr;
    client.addr = client.next_addr();
    client.seen.moved = client.seen.up;
    let after = client.addr;
    world.network.detach(before);
    world.network.attach(after, who);
    world.coverage.hit(Situation::Roamed);
}

fn stranger(world: &mut World<'_>, mischief: Mischief) {
    let n = world.captured.len() as u64;
    let pick = usize::try_from(world.rng.below(n)).expect("few are captured");
    let Some((to, mut bytes)) = world.captured.get(pick).cloned() else { return };
    let mut genuine = false;
    match mischief {
        Mischief::Replay => genuine = true,
        Mischief::Spoiled => {
            let bit = usize::try_from(world.rng.below(bytes.len() as u64 * 8)).expect("a small number");
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
        Mischief::Truncated => {
            let len = usize::try_from(world.rng.below(bytes.len() as u64)).expect("a small number");
            bytes.truncate(len);
        }
        Mischief::Garbage => world.rng.fill(&mut bytes[1..]),
    }
    let low = u16::try_from(world.rng.below(60_000)).expect("in range") + 1_024;
    let ip = match to {
        SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7)),
        SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 7)),
    };
    world.coverage.hit(Situation::Stranger);
    world.reach_server(SocketAddr::new(ip, low), to, bytes, genuine, false);
}

fn set_wall(world: &mut World<'_>, host: HostId, wall_ms: u64) {
    world.coverage.hit(Situation::ClockJump);
    if host == SERVER {
        world.server.wall_zero_ms = wall_ms;
        if let Some(process) = &mut world.server.process {
            process.set_wall(wall_ms);
        }
    } else {
        let client = world.client(host);
        client.wall_zero_ms = wall_ms;
        if let Some(process) = &mut client.process {
            process.set_wall(wall_ms);
        }
    }
}

// --- the server --------------------------------------------------------------------------------------------------

/// The server's process is gone, and so is what its disk had not made durable.
pub(super) fn server_down(world: &mut World<'_>) {
    if world.server.process.take().is_none() {
        return;
    }
    world.server.boot += 1;
    world.server.stopping = false;
    let busy = world.server.disk.commits_under_way() > 0;
    match world.server.disk.crash() {
        Some(kept) => {
            world.coverage.hit(Situation::CrashKeptBatch);
            world.truth.applied(&kept, &mut world.findings);
        }
        None if busy => world.coverage.hit(Situation::CrashLostBatch),
        None => {}
    }
    world.truth.crashed(&mut world.server.disk, &mut world.findings);
}

fn server_crash(world: &mut World<'_>) {
    if world.server.process.is_some() && world.clients.iter().any(|c| c.transcript.is_waiting()) {
        world.coverage.hit(Situation::CrashWithTraffic);
    }
    server_down(world);
}

fn server_stop(world: &mut World<'_>) {
    if let Some(process) = &mut world.server.process {
        process.command(server::Command::Stop { reason: String::from("maintenance") });
        world.server.stopping = true;
    }
    world.wake_server();
}

fn server_start(world: &mut World<'_>) {
    server_down_if_stopping(world);
    if world.server.process.is_some() {
        return;
    }
    world.wire.server_restarted();
    let machines = world.machines;
    if let Err(error) = world.server.start(&world.plan, machines) {
        world.findings.add(Promise::Liveness, format!("the server does not start: {error}"));
    }
    world.wake_server();
}

/// A server that was told to stop and is at it still is killed before the next one starts.
fn server_down_if_stopping(world: &mut World<'_>) {
    if world.server.stopping {
        server_down(world);
    }
}

/// An operator asks for something, if the server runs. That a room is not there yet is answered, and nobody cares.
fn operate(world: &mut World<'_>, operation: Operation) {
    if let Some(process) = &mut world.server.process {
        process.command(server::Command::Operate(OperatorTag(0), operation));
    }
    world.wake_server();
}

/// A room's name without the mark that shows that it is one.
fn plain_name(room: usize) -> String {
    room_name(room).trim_start_matches('#').to_owned()
}

fn wipe(world: &mut World<'_>) {
    server_crash(world);
    let machines = world.machines;
    world.server.wipe(machines);
    world.truth.wiped();
    world.coverage.hit(Situation::Wiped);
}

fn put_back(world: &mut World<'_>) {
    server_crash(world);
    world.server.disk.put_back();
    world.truth.put_back();
    world.coverage.hit(Situation::PutBack);
}

// --- the end -----------------------------------------------------------------------------------------------------

fn heal(world: &mut World<'_>) {
    world.stage = Stage::Healed;
    let now = world.now();
    for n in 1..=world.clients.len() {
        let who = HostId(n);
        world.network.set_cut(who, Cut::default());
        world.client(who).asleep_until = now;
        if world.client(who).quitting {
            end_process(world, who);
        }
        world.wake_client(who);
    }
}

fn must_be_complete(world: &mut World<'_>) {
    world.stage = Stage::Idle;
    let store = world.truth.store();
    let snapshot = world.server.disk.snapshot().unwrap_or_default();
    for client in world.clients.iter().filter(|c| c.is_there()) {
        let account = snapshot.accounts.iter().find(|a| a.name == client.name).map(|a| a.id);
        let is_one = |rooms: &BTreeSet<usize>, name: &str| rooms.iter().any(|&room| plain_name(room) == name);
        let is_open = |room: &chinwag_store::Room| {
            room.access == Access::Public && !room.bans.iter().any(|ban| Some(ban.account) == account)
        };
        let is_theirs = |room: &chinwag_store::Room| match &room.kind {
            Kind::Named(name) => is_one(&client.wanted, name) || is_one(&client.followed, name) && is_open(room),
            Kind::Direct(a, b) => account == Some(*a) || account == Some(*b),
        };
        for room in &snapshot.rooms {
            if let Kind::Named(name) = &room.kind
                && is_one(&client.followed, name)
                && room.members.iter().any(|member| Some(member.account) == account)
            {
                let what = format!("c{} follows {name} from outside, and is a member by that", client.id.0);
                world.findings.add(Promise::OnlyReads, what);
            }
        }
        let theirs = snapshot.rooms.iter().filter(|room| is_theirs(room));
        let named = theirs.map(|room| match &room.kind {
            Kind::Named(name) => (LogKey { store, room: room.id }, name.as_str()),
            Kind::Direct(..) => (LogKey { store, room: room.id }, "its direct messages"),
        });
        client.transcript.must_be_complete(named, &world.truth, &mut world.findings);
        let reader = format!("c{}", client.id.0);
        for room in snapshot.rooms.iter().filter(|room| is_theirs(room)) {
            let Kind::Named(name) = &room.kind else { continue };
            // Whoever follows a room from outside is not told what holds there.
            let Some(member) = room.members.iter().find(|member| Some(member.account) == account) else { continue };
            let stored = room.facts.readable_after(member.since);
            let shown = client.seen.facts.get(&format!("#{name}")).cloned().unwrap_or_default();
            facts::check(&reader, name, &shown, &stored, &mut world.findings);
            if !stored.pins.is_empty() {
                world.coverage.hit(Situation::PinsAgree);
            }
        }
    }
}

fn ask_who(world: &mut World<'_>) {
    world.stage = Stage::Asked;
    for n in 1..=world.clients.len() {
        let client = world.client(HostId(n));
        let rooms = client.wanted.iter().copied().collect::<Vec<_>>();
        if let Some(process) = &mut client.process {
            for room in rooms {
                process.command(Command::Who { room: room_name(room) });
            }
        }
        world.wake_client(HostId(n));
    }
    if let Some(process) = &mut world.server.process {
        process.command(server::Command::Status);
    }
    world.wake_server();
}

/// Datagrams per second on an idle client's link, both directions together, heartbeat and all.
const IDLE_PER_S_MAX: u64 = 10;

fn end(world: &mut World<'_>) {
    for client in world.clients.iter().filter(|c| c.is_there()) {
        let reader = format!("c{}", client.id.0);
        for &room in &client.wanted {
            let name = room_name(room);
            let there = world.clients.iter().filter(|c| c.is_there() && c.wanted.contains(&room));
            let there = there.map(|c| c.name.clone()).collect();
            match client.seen.rosters.get(&name) {
                Some(roster) => presence::check(&reader, &name, roster, &there, &mut world.findings),
                None => world.findings.add(Promise::Presence, format!("{reader} shows no roster of {name}")),
            }
        }
        let idle = client.seen.idle_datagrams;
        if idle > IDLE_PER_S_MAX * 16 {
            let what = format!("{idle} datagrams to and from {reader} in 16 s in which nothing was said");
            world.findings.add(Promise::Liveness, what);
        }
    }
    world.stage = Stage::Over;
}
