//! Real sockets on loopback.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use mio::{Events, Interest, Poll, Token};

use super::{BindError, ReceiveBatch, ResolveError, SendBatch, Socket, bind, resolve, unmapped};

fn addr(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

/// Everything that `socket` receives until `count` datagrams are there: source, local address, payload.
fn receive(socket: &mut Socket, count: usize) -> Vec<(SocketAddr, Option<IpAddr>, Vec<u8>)> {
    let mut poll = Poll::new().unwrap();
    poll.registry().register(socket.source(), Token(0), Interest::READABLE).unwrap();
    let (mut batch, mut got) = (ReceiveBatch::default(), Vec::new());
    while got.len() < count {
        poll.poll(&mut Events::with_capacity(4), Some(std::time::Duration::from_secs(10))).unwrap();
        while {
            let more = batch.receive(socket).unwrap();
            got.extend(batch.arrivals().map(|a| (a.from, a.local, a.bytes.to_vec())));
            more
        } {}
    }
    poll.registry().deregister(socket.source()).unwrap();
    got
}

fn send(socket: &Socket, to: SocketAddr, from: Option<IpAddr>, payloads: &[&[u8]]) -> u64 {
    let mut batch = SendBatch::default();
    for payload in payloads {
        batch.buffer()[..payload.len()].copy_from_slice(payload);
        batch.push(socket, to, from, payload.len());
        if batch.is_full() {
            assert!(batch.flush(socket));
        }
    }
    assert!(batch.flush(socket));
    batch.refused()
}

#[test]
fn a_hundred_datagrams_arrive_in_order_with_both_addresses() {
    let (a, mut b) = (bind(addr("127.0.0.1:0")).unwrap(), bind(addr("127.0.0.1:0")).unwrap());
    let payloads: Vec<Vec<u8>> = (0..100_u8).map(|n| vec![n; usize::from(n) + 1]).collect();
    let refused = send(&a, b.local_addr(), None, &payloads.iter().map(Vec::as_slice).collect::<Vec<_>>());
    assert_eq!(refused, 0);
    let got = receive(&mut b, 100);
    assert_eq!(got.iter().map(|(_, _, bytes)| bytes.clone()).collect::<Vec<_>>(), payloads);
    assert!(got.iter().all(|(from, local, _)| *from == a.local_addr() && *local == Some(Ipv4Addr::LOCALHOST.into())));
}

#[test]
fn a_socket_of_both_families_speaks_of_ipv4_addresses_plainly_and_answers_from_the_address_asked() {
    let mut server = bind(addr("[::]:0")).unwrap();
    let mut client = bind(addr("127.0.0.1:0")).unwrap();
    let there = SocketAddr::new(Ipv4Addr::new(127, 0, 0, 2).into(), server.local_addr().port());
    send(&client, there, None, &[b"hello"]);
    let got = receive(&mut server, 1);
    assert_eq!(got, [(client.local_addr(), Some(there.ip()), b"hello".to_vec())]);
    send(&server, got[0].0, got[0].1, &[b"well met"]);
    assert_eq!(receive(&mut client, 1)[0], (there, Some(Ipv4Addr::LOCALHOST.into()), b"well met".to_vec()));
}

#[test]
fn what_cannot_be_sent_is_counted_and_the_rest_goes_out() {
    let (a, mut b) = (bind(addr("127.0.0.1:0")).unwrap(), bind(addr("127.0.0.1:0")).unwrap());
    assert_eq!(send(&a, addr("[::1]:9"), None, &[b"lost"]), 1, "an IPv4 socket can't reach IPv6");
    send(&a, b.local_addr(), None, &[b"kept"]);
    assert_eq!(receive(&mut b, 1)[0].2, b"kept");
}

#[test]
fn what_cannot_leave_from_an_address_that_is_gone_leaves_from_another() {
    let (a, mut b) = (bind(addr("[::]:0")).unwrap(), bind(addr("127.0.0.1:0")).unwrap());
    let gone = Some("192.0.2.1".parse().unwrap());
    assert_eq!(send(&a, b.local_addr(), gone, &[b"one", b"two"]), 0);
    a.send(b.local_addr(), gone, b"three").unwrap();
    let got: Vec<_> = receive(&mut b, 3).into_iter().map(|(_, _, bytes)| bytes).collect();
    assert_eq!(got, [&b"one"[..], b"two", b"three"]);
}

#[test]
fn bind_errors_are_told_apart() {
    let taken = bind(addr("127.0.0.1:0")).unwrap();
    assert!(matches!(bind(taken.local_addr()), Err(BindError::PortTaken(_))));
    assert!(matches!(bind(addr("192.0.2.1:0")), Err(BindError::NotHere(_))));
    let text = bind(taken.local_addr()).unwrap_err().to_string();
    assert!(text.starts_with(&format!("port {} is taken on 127.0.0.1", taken.local_addr().port())), "{text}");
}

#[test]
fn hosts_and_ports_are_read_as_people_write_them() {
    let one = |text| resolve(text, 24469).unwrap();
    assert_eq!(one("192.0.2.7"), [addr("192.0.2.7:24469")]);
    assert_eq!(one(" 192.0.2.7:80 "), [addr("192.0.2.7:80")]);
    assert_eq!(one("::1"), [addr("[::1]:24469")]);
    assert_eq!(one("[::1]"), [addr("[::1]:24469")]);
    assert_eq!(one("[::1]:7"), [addr("[::1]:7")]);
    assert_eq!(one("[::ffff:10.0.0.1]:7"), [addr("10.0.0.1:7")], "unmapped inside");
    assert!(one("localhost:9").iter().all(|found| found.ip().is_loopback() && found.port() == 9));
}

#[test]
fn what_is_no_host_is_refused_with_a_hint() {
    assert!(matches!(resolve("", 1), Err(ResolveError::Empty)));
    assert!(matches!(resolve(":24469", 1), Err(ResolveError::Empty)));
    assert!(matches!(resolve("host:70000", 1), Err(ResolveError::Port { .. })));
    let why = |given: &str| super::check(given).expect_err(given).to_string();
    assert_eq!(why("127.0.0.1:0"), "nobody is reached at port 0: a number from 1 to 65535 is meant in \"127.0.0.1:0\"");
    assert_eq!(why("[::1]:0"), "nobody is reached at port 0: a number from 1 to 65535 is meant in \"[::1]:0\"");
    assert!(resolve("127.0.0.1:0", 1).is_ok(), "where one's own port is meant, it picks a free one");
    let sentence = "\"http://x\" begins with http://, and a host alone is meant here: type x";
    assert_eq!(why("http://x"), sentence);
    assert!(why("https://lab:24469/rooms?x#y").ends_with("type lab:24469"));
    assert!(why("ssh://").ends_with("type HOST[:PORT]"));
    assert!(matches!(resolve("[::1", 1), Err(ResolveError::Brackets(_))));
    assert!(matches!(resolve("[::1]x", 1), Err(ResolveError::Brackets(_))));
    assert!(matches!(resolve("2001:db8::zz", 1), Err(ResolveError::Brackets(_))));
    assert!(matches!(resolve("nowhere.invalid", 1), Err(ResolveError::Unknown { .. })));
    assert!(matches!(resolve("[::1%]:7", 1), Err(ResolveError::Brackets(_))));
}

#[test]
fn mapped_addresses_are_unmapped_and_nothing_else_is() {
    assert_eq!(unmapped(addr("[::ffff:192.0.2.1]:5")), addr("192.0.2.1:5"));
    assert_eq!(unmapped(addr("[2001:db8::1]:5")), addr("[2001:db8::1]:5"));
}

#[test]
fn a_link_local_address_is_one_of_an_interface_and_says_so_where_it_lacks_one() {
    let said = |text| resolve(text, 24469).expect_err("no interface").to_string();
    for text in ["fe80::1", "[fe80::1]", "[fe80::1]:7"] {
        assert!(said(text).starts_with("fe80::1 is an address on each link of this machine"), "{}", said(text));
    }
    for text in ["fe80::1%nope", "[fe80::1%nope]:7"] {
        assert!(said(text).starts_with("this machine has no interface \"nope\""), "{}", said(text));
    }
    let Some((name, index)) = super::interfaces::names().into_iter().next() else { return };
    let on = |text: &str| match resolve(text, 24469).expect("it has its interface")[..] {
        [SocketAddr::V6(v6)] => (v6.scope_id(), v6.port()),
        ref other => panic!("{other:?}"),
    };
    assert_eq!(on(&format!("fe80::1%{name}")), (index, 24469));
    assert_eq!(on(&format!("[fe80::1%{name}]")), (index, 24469));
    assert_eq!(on(&format!("[fe80::1%{index}]:7")), (index, 7));
}

#[test]
fn what_the_system_refuses_to_send_is_known_with_its_reason() {
    let socket = bind(addr("127.0.0.1:0")).unwrap();
    let refusals = socket.refusals();
    let mut batch = SendBatch::default();
    for to in ["127.0.0.1:0", "[2001:db8::1]:9"] {
        batch.push(&socket, addr(to), None, 1);
    }
    assert!(batch.flush(&socket));
    let told: Vec<_> = refusals.all().into_iter().map(|refused| (refused.to, refused.error.kind())).collect();
    let invalid = std::io::ErrorKind::InvalidInput;
    let family = std::io::ErrorKind::AddrNotAvailable;
    assert_eq!(told, [(addr("127.0.0.1:0"), invalid), (addr("[2001:db8::1]:9"), family)]);
}
