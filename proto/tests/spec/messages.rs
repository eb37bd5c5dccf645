//! The messages that the vectors are made of: every variant of every enum, and the edges.

use chinwag_proto::time::WallTime;
use chinwag_proto::wire::id::{AccountId, ClientMsgId, LogId, PresenceVersion, RequestId, RoomId, RoomSeq};
use chinwag_proto::wire::message::{
    Answer, Body, Down, Entry, From, Post, Presence, PresenceEntry, PresenceUpdate, Refusal, Request, RoomInfo,
    RoomKind, Typing, Up,
};

/// A message of any type.
pub(crate) enum AnyMessage {
    Up(Up),
    Down(Down),
    Post(Post),
    Entry(Entry),
    PresenceUpdate(PresenceUpdate),
    Typing(Typing),
}

/// Messages by name.
pub(crate) fn messages() -> Vec<(String, AnyMessage)> {
    let mut all = Vec::new();
    let mut add = |name: &str, message| all.push((name.to_string(), message));
    let lobby = RoomInfo {
        id: RoomId(7),
        kind: RoomKind::Public("lobby".into()),
        log: LogId(0x0102_0304_0506_0708),
        head: RoomSeq(12),
    };
    let direct = RoomInfo {
        id: RoomId(8),
        kind: RoomKind::Direct(AccountId(2), "bob".into()),
        log: LogId(u64::MAX),
        head: RoomSeq(0),
    };

    let after = From::After(LogId(0x0102_0304_0506_0708), RoomSeq(300));
    for (n, (name, request)) in (1..).zip([
        ("request to log in", Request::Login { name: "ann".into() }),
        ("request to join after an entry", Request::Join { room: "lobby".into(), from: after }),
        ("request to join with recent entries", Request::Join { room: "茶館".into(), from: From::Recent(200) }),
        ("request to leave", Request::Leave { room: RoomId(7) }),
        ("request for direct messages", Request::Direct { to: "bob".into(), from: From::Recent(0) }),
    ]) {
        add(name, AnyMessage::Up(Up::Request(RequestId(n), request)));
    }

    let welcome =
        Answer::Welcome { account: AccountId(1), server: "lab".into(), rooms: vec![lobby.clone(), direct.clone()] };
    add("welcome", AnyMessage::Down(Down::Answer(RequestId(1), Ok(welcome))));
    let joined = Answer::Joined { room: lobby.clone(), after: RoomSeq(12), roster: 5 };
    add("joined", AnyMessage::Down(Down::Answer(RequestId(2), Ok(joined))));
    add("left", AnyMessage::Down(Down::Answer(RequestId(3), Ok(Answer::Left))));
    for refusal in [
        Refusal::NameTaken,
        Refusal::NameInvalid,
        Refusal::NotLoggedIn,
        Refusal::NoSuchAccount,
        Refusal::NoSuchRoom,
        Refusal::NotMember,
        Refusal::Limit,
        Refusal::TooLarge,
        Refusal::IdReused,
        Refusal::StoreFull,
        Refusal::NotUnderstood,
        Refusal::OtherName,
    ] {
        add(&format!("request refused: {refusal:?}"), AnyMessage::Down(Down::Answer(RequestId(4), Err(refusal))));
    }
    add("room", AnyMessage::Down(Down::Room(direct)));
    let stored = Down::Stored { room: RoomId(7), post: RoomSeq(1), entry: RoomSeq(13) };
    add("stored", AnyMessage::Down(stored));
    let refused = Down::Refused { room: RoomId(7), post: RoomSeq(2), reason: Refusal::NotMember };
    add("refused", AnyMessage::Down(refused));

    let body = Body::Text("hello".into());
    let id = ClientMsgId { start: 0x0807_0605_0403_0201, counter: 300 };
    add("post", AnyMessage::Post(Post { id, body: body.clone() }));
    let at = WallTime::from_unix_millis(1_700_000_000_000);
    add("entry", AnyMessage::Entry(Entry { at, author: AccountId(1), name: "ann".into(), body }));
    let body = Body::Text("grüezi 👋 你好".into());
    add("entry beyond ASCII", AnyMessage::Entry(Entry { at, author: AccountId(2), name: "zoë".into(), body }));

    add("presence of nobody", AnyMessage::PresenceUpdate(PresenceUpdate::default()));
    let entries = [Presence::Online, Presence::Unreachable, Presence::Offline, Presence::Left];
    let entries = (1..)
        .zip(entries)
        .map(|(n, presence)| PresenceEntry {
            account: AccountId(n),
            name: format!("p{n}"),
            presence,
            version: PresenceVersion(n * 100),
        })
        .collect();
    add("presence", AnyMessage::PresenceUpdate(PresenceUpdate { entries }));
    add("typing", AnyMessage::Typing(Typing { account: AccountId(1) }));
    all
}
