//! What strangers may try: replays, flipped bits, floods, reflection, keys of small order.

use super::*;
use crate::limits::{CRC_LEN, HALF_OPEN_LIFETIME_S, HALF_OPEN_MAX, INIT_LEN};
use crate::secure::InitMac;
use crate::wire::datagram::{Cookie, Hello, Init, InitFlags, VersionRange};

/// A world after a lively session, and all that arrived in it.
fn lived() -> (World, Vec<Flight>) {
    let mut world = World::connected(1);
    for n in 0..40 {
        world.say(C, &format!("up {n}"));
        world.say(S, &format!("down {n}"));
        world.run(Duration::from_millis(10));
    }
    world.nodes[C].addr = addr("10.0.0.77:1");
    world.say(C, "from elsewhere");
    world.run(Duration::from_secs(12));
    let arrived = world.arrived.clone();
    (world, arrived)
}

/// What an end knows, as far as it can be seen from outside.
fn knowledge(world: &World) -> String {
    let ends: Vec<_> = [S, C]
        .map(|node| {
            let info = world.nodes[node].endpoint.session(world.session(node));
            (world.nodes[node].told.lines.clone(), world.nodes[node].told.messages.clone(), info)
        })
        .into();
    format!("{ends:?}")
}

#[test]
fn a_whole_session_played_again_in_order_or_backwards_changes_nothing() {
    let (mut world, arrived) = lived();
    let before = knowledge(&world);
    let count = world.sent.len();
    for backwards in [false, true] {
        let mut again = arrived.clone();
        if backwards {
            again.reverse();
        }
        for flight in again {
            let node = if flight.to == addr(SERVER) { S } else { C };
            let taken = world.deliver(node, flight.from, flight.octets.clone());
            assert!(taken.is_err() || is(&flight, Kind::Hello), "{:?} was taken", Kind::of(&flight.octets));
        }
    }
    assert_eq!(knowledge(&world), before);
    let answers = &world.sent[count..];
    assert!(answers.iter().all(|flight| is(flight, Kind::Cookie)), "only cookies, of which nobody keeps count");
}

#[test]
fn every_flipped_bit_of_every_sealed_datagram_is_refused() {
    let mut world = World::connected(1);
    world.weather = Box::new(|_| Fate::Lost);
    for n in 0..12 {
        world.say(C, &format!("hello {n}"));
        world.say(S, &format!("and hello {n}"));
    }
    let sealed: Vec<Flight> = world.sent.iter().filter(|flight| is(flight, Kind::Sealed)).cloned().collect();
    let fresh = &sealed[sealed.len() - 24..];
    let before = knowledge(&world);
    for flight in fresh {
        let node = if flight.to == addr(SERVER) { S } else { C };
        for bit in 0..flight.octets.len() * 8 {
            let mut octets = flight.octets.clone();
            octets[bit / 8] ^= 1 << (bit % 8);
            assert!(world.deliver(node, flight.from, octets).is_err(), "bit {bit}");
        }
    }
    assert_eq!(knowledge(&world), before);
    for flight in fresh {
        let node = if flight.to == addr(SERVER) { S } else { C };
        assert_eq!(world.deliver(node, flight.from, flight.octets.clone()), Ok(()), "unchanged, they are all taken");
    }
    assert_eq!((world.messages(S).len(), world.messages(C).len()), (12, 12));
}

#[test]
fn every_flipped_bit_of_a_handshake_is_refused() {
    for kind in [Kind::Hello, Kind::Cookie, Kind::Init, Kind::Accept] {
        let mut world = World::new(1);
        world.weather = losing(kind, usize::MAX);
        world.connect(C, target());
        world.run(Duration::from_millis(50));
        let flight = world.sent.iter().find(|flight| is(flight, kind)).expect("it was sent").clone();
        let node = if flight.to == addr(SERVER) { S } else { C };
        for bit in 0..flight.octets.len() * 8 {
            let mut octets = flight.octets.clone();
            octets[bit / 8] ^= 1 << (bit % 8);
            assert!(world.deliver(node, flight.from, octets).is_err(), "{kind:?} bit {bit}");
        }
    }
}

/// Flipped bits whose checksum somebody repaired: the MAC, the cookie and the handshake itself still stand in the way.
#[test]
fn a_changed_init_with_a_repaired_checksum_makes_no_half_open_session() {
    let mut world = World::new(1);
    world.weather = losing(Kind::Init, usize::MAX);
    world.connect(C, target());
    world.run(Duration::from_millis(50));
    let flight = world.sent.iter().find(|flight| is(flight, Kind::Init)).expect("it was sent").clone();
    for bit in 0..(INIT_LEN - CRC_LEN) * 8 {
        let mut octets = flight.octets.clone();
        octets[bit / 8] ^= 1 << (bit % 8);
        repair(&mut octets);
        assert!(world.deliver(S, flight.from, octets).is_err(), "bit {bit}");
    }
    assert_eq!(world.count(Kind::Accept), 0);
}

fn repair(octets: &mut [u8]) {
    let at = octets.len() - CRC_LEN;
    let crc = crc32fast::hash(&octets[..at]);
    octets[at..].copy_from_slice(&crc.to_le_bytes());
}

/// Answers at `at` what the server asks of a new client, as far as its address goes; gives the cookie.
fn cookie_for(world: &mut World, at: SocketAddr, nonce: [u8; 16]) -> [u8; 24] {
    let mut octets = [0; 256];
    Hello { versions: VersionRange::OURS, nonce, capabilities: 0 }.encode(&mut octets);
    world.deliver(S, at, octets.to_vec()).expect("a Hello is answered");
    Cookie::decode(&world.sent.last().expect("an answer").octets).expect("a Cookie").cookie
}

fn init(init: &Init, noise: &[u8]) -> Vec<u8> {
    let mac = InitMac::new(identity(SERVER_SEED).public());
    let mut octets = [0; INIT_LEN];
    init.encode(noise, |octets| mac.over(octets), &mut octets);
    octets.to_vec()
}

#[test]
fn an_all_zero_agreement_is_refused() {
    let mut world = World::new(1);
    let at = addr("10.0.0.8:1");
    let (nonce, flags, client_id) = ([1; 16], InitFlags::default(), ConnectionId([2; 8]));
    let cookie = cookie_for(&mut world, at, nonce);
    let octets = init(&Init { flags, client_id, nonce, cookie }, &[0; 100]);
    assert_eq!(world.deliver(S, at, octets), Err(DropReason::Handshake));
    assert_eq!(world.count(Kind::Accept), 0);
}

#[test]
fn without_the_servers_key_an_init_costs_a_hash() {
    let mut world = World::new(1);
    let at = addr("10.0.0.8:1");
    let cookie = cookie_for(&mut world, at, [1; 16]);
    let mac = InitMac::new(identity(5).public());
    let mut octets = [0; INIT_LEN];
    let constant = Init { flags: InitFlags::default(), client_id: ConnectionId([2; 8]), nonce: [1; 16], cookie };
    constant.encode(&[0; 100], |octets| mac.over(octets), &mut octets);
    assert_eq!(world.deliver(S, at, octets.to_vec()), Err(DropReason::Mac));
}

#[test]
fn no_answer_is_larger_than_what_it_answers() {
    let (world, _) = lived();
    // Before an address is proved, that is: up to the first sealed datagram from there.
    let mut balance: BTreeMap<SocketAddr, i64> = BTreeMap::new();
    let mut proved: Vec<SocketAddr> = Vec::new();
    for flight in &world.sent {
        let len = i64::try_from(flight.octets.len()).expect("small");
        if flight.to == addr(SERVER) {
            *balance.entry(flight.from).or_default() += len;
            if is(flight, Kind::Sealed) && flight.from == addr("10.0.0.2:5000") {
                proved.push(flight.from);
            }
        } else if !proved.contains(&flight.to) {
            let left = balance.entry(flight.to).or_default();
            *left -= len;
            assert!(*left >= 0, "{flight:?}");
            // The other address answers a challenge; from then on it is proved.
            proved.extend((flight.to != addr("10.0.0.2:5000")).then_some(flight.to));
        }
    }

    // Whatever strangers send, of any kind and length, each answer is no larger than its cause.
    let mut world = World::connected(1);
    let mut rng = Rng::from_number(3);
    let samples: Vec<Vec<u8>> = world.sent.iter().map(|flight| flight.octets.clone()).collect();
    for n in 0..20_000_u32 {
        let mut octets = samples[usize::try_from(rng.below(samples.len() as u64)).expect("small")].clone();
        let at = usize::try_from(rng.below(octets.len() as u64)).expect("small");
        octets[at] ^= u8::try_from(rng.below(256)).expect("small");
        if rng.chance(0.5) {
            octets.truncate(at);
        }
        if rng.chance(0.5) && octets.len() > CRC_LEN {
            repair(&mut octets);
        }
        let len = octets.len();
        let from = SocketAddr::new(IpAddr::V4(n.into()), 9);
        let before = world.sent.len();
        let _ = world.deliver(S, from, octets);
        let answered: usize = world.sent[before..].iter().map(|flight| flight.octets.len()).sum();
        assert!(answered <= len, "{answered} octets for {len}");
    }
}

#[test]
fn a_flood_of_half_open_handshakes_is_bounded_and_keeps_nobody_out() {
    let mut world = World::new(1);
    world.weather =
        Box::new(
            |flight| if is(flight, Kind::Sealed) && flight.from.port() == 666 { Fate::Lost } else { Fate::Arrives },
        );
    let flooder = world.add("f", "10.1.0.0:666", config(Role::Client, 5), identity(5), 60);
    let held = |world: &World| match &world.nodes[S].endpoint.side {
        Side::Server(acceptor) => acceptor.half_open.open(),
        Side::Client(_) => 0,
    };
    let mut most = 0;
    for n in 0..1_500_u32 {
        // Each from another network, so that no budget per network helps.
        world.nodes[flooder].addr.set_ip(IpAddr::V4((0x0b00_0000 + n * 256).into()));
        world.connect(flooder, target());
        world.run(Duration::from_millis(3));
        most = most.max(held(&world));
    }
    assert_eq!(most, HALF_OPEN_MAX);
    assert_eq!(world.events(S).len(), 0);
    world.connect(C, target());
    world.run(Duration::from_millis(20));
    assert_eq!(world.events(S), ["established"]);

    let now = world.now;
    world.nodes[flooder].endpoint.disconnect(now, "");
    world.run(Duration::from_secs(HALF_OPEN_LIFETIME_S + 1));
    let d = world.add("d", "10.0.0.4:5000", config(Role::Client, 3), identity(300), 61);
    world.connect(d, target());
    world.run(Duration::from_millis(20));
    assert_eq!(held(&world), 0, "what is old is forgotten, and what is confirmed no more half open");
}

#[test]
fn under_load_a_network_gets_its_share() {
    let mut world = World::new(1);
    world.weather = Box::new(|flight| if is(flight, Kind::Sealed) { Fate::Lost } else { Fate::Arrives });
    let flooder = world.add("f", "10.1.0.1:666", config(Role::Client, 5), identity(5), 60);
    for port in 1..=600 {
        world.nodes[flooder].addr.set_port(port);
        world.connect(flooder, target());
        world.run(Duration::from_micros(1_600));
    }
    // So many in a second before there is load at all, then none more from there until the second is over.
    assert_eq!(world.count(Kind::Accept), 500);
    assert!(world.drops(S, DropReason::Budget) > 50);

    // Whoever else lives in that network comes in, in the midst of it.
    let neighbour = world.add("n", "10.1.0.2:7", config(Role::Client, 6), identity(6), 61);
    world.connect(neighbour, target());
    world.run(Duration::from_millis(10));
    assert_eq!(world.count(Kind::Accept), 501);
}
