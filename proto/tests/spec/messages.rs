//! The messages that the vectors are made of: every variant of every enum, and the edges.

use chinwag_proto::limits::{EMOJI_MAX_LEN, NAME_MAX_LEN, PAGE_MAX};
use chinwag_proto::time::WallTime;
use chinwag_proto::wire::id::{
    AccountId, ClientMsgId, Epoch, LogId, PresenceVersion, PublicKey, RequestId, RoomId, RoomSeq,
};
use chinwag_proto::wire::message::{
    Access, Act, Answer, Away, Begin, Body, Bulk, Device, Down, Entry, Fact, From, Hit, Listed, Mark, Measured, Member,
    Numbered, Position, Post, Presence, PresenceEntry, PresenceUpdate, Quota, Reach, Refusal, Request, Role, RoomInfo,
    RoomKind, SearchMark, Secret, Standing, Typing, Up, Which, Wire as _,
};

const LOBBY: RoomId = RoomId(7);

/// A message of any type.
pub(crate) enum AnyMessage {
    Up(Up),
    Down(Down),
    Post(Post),
    Entry(Entry),
    PresenceUpdate(PresenceUpdate),
    Typing(Typing),
    Bulk(Bulk),
}

/// Messages by name.
pub(crate) fn messages() -> Vec<(String, AnyMessage)> {
    let requests = coming_in()
        .into_iter()
        .chain(entering())
        .chain(looking())
        .chain(at_a_glance())
        .chain(coming_back())
        .chain(from_outside())
        .zip(1..);
    let up = requests.map(|((name, request), n)| named(name, AnyMessage::Up(Up::Request(RequestId(n), request))));
    let mut all: Vec<_> = up.collect();
    all.extend(granted().into_iter().zip(1..).map(|((name, answer), n)| {
        let answer = Down::Answer(RequestId(n), Ok(answer));
        named(name, AnyMessage::Down(answer))
    }));
    all.extend(REFUSALS.map(|refusal| {
        let answer = Down::Answer(RequestId(4), Err(refusal));
        (format!("request refused: {refusal:?}"), AnyMessage::Down(answer))
    }));
    all.extend(news().into_iter().map(|(name, down)| named(name, AnyMessage::Down(down))));
    all.extend(bodies().into_iter().zip(300..).map(|((name, body), counter)| {
        let id = ClientMsgId { start: 0x0807_0605_0403_0201, counter };
        (format!("post: {name}"), AnyMessage::Post(Post { id, body }))
    }));
    all.extend(bodies().into_iter().map(|(name, body)| (format!("entry: {name}"), AnyMessage::Entry(entry(body)))));
    all.extend(pages().into_iter().map(|(name, page)| named(name, AnyMessage::Bulk(page))));
    all.extend(presence().map(|(name, update)| named(name, AnyMessage::PresenceUpdate(update))));
    all.push(named("typing", AnyMessage::Typing(Typing { account: AccountId(1) })));
    all
}

fn named(name: &str, message: AnyMessage) -> (String, AnyMessage) {
    (name.to_string(), message)
}

/// By which a session becomes an account's, and what becomes of the account.
fn coming_in() -> Vec<(&'static str, Request)> {
    let name = || String::from("ann");
    vec![
        ("request to log in", Request::Login { name: name() }),
        (
            "request to register",
            Request::Register { name: name(), password: None, invite: None, device: "laptop".into() },
        ),
        (
            "request to register, with everything",
            Request::Register {
                name: "茶".repeat(NAME_MAX_LEN / 3),
                password: Some(secret("correct horse")),
                invite: Some(secret("k3v9q")),
                device: String::new(),
            },
        ),
        (
            "request to enrol a device",
            Request::Enrol { name: name(), password: secret("pässwörd"), device: "phone".into() },
        ),
        ("request by a token", Request::Token(secret("cwt_0123456789"))),
        ("request to set a first password", Request::SetPassword { old: None, new: secret("correct horse") }),
        (
            "request to set another password",
            Request::SetPassword { old: Some(secret("correct horse")), new: secret("battery staple") },
        ),
        ("request for the devices", Request::Devices),
        ("request to revoke a device", Request::Revoke { device: device_key() }),
        ("request to delete the account", Request::Unregister { password: None }),
        (
            "request to delete the account, by its password",
            Request::Unregister { password: Some(secret("correct horse")) },
        ),
    ]
}

/// Into rooms, and out of them.
fn entering() -> Vec<(&'static str, Request)> {
    let after = From::After(LogId(0x0102_0304_0506_0708), RoomSeq(300));
    let room = || String::from("lobby");
    let create = |access, password| Request::Create { room: "tea".into(), access, password, from: From::Recent(0) };
    vec![
        ("request to join after an entry", Request::Join { room: room(), from: after.clone() }),
        ("request to join with recent entries", Request::Join { room: "茶館".into(), from: From::Recent(200) }),
        ("request to leave", Request::Leave { room: LOBBY }),
        ("request for direct messages", Request::Direct { to: "bob".into(), from: From::Recent(0) }),
        ("request to make a room for anyone", create(Access::Public, None)),
        ("request to make a room with a password", create(Access::Password, Some(secret("oolong")))),
        ("request to make a room for those invited", create(Access::Invite, None)),
        ("request to make a room that is not listed", create(Access::Private, None)),
        (
            "request to enter by a password",
            Request::Unlock { room: "tea".into(), password: secret("oolong"), from: after },
        ),
        (
            "request to set who may enter",
            Request::Open { room: LOBBY, access: Access::Password, password: Some(secret("oolong")) },
        ),
    ]
}

/// Into a room of which something was seen before, or nothing.
fn coming_back() -> Vec<(&'static str, Request)> {
    let join = |log, marks, begin| {
        let from = From::Seen { log: LogId(log), marks, begin };
        Request::Join { room: "lobby".into(), from }
    };
    let mark = |epoch, upto| Mark { epoch: Epoch(epoch), upto: RoomSeq(upto) };
    vec![
        (
            "request to join after what was seen in two epochs",
            join(
                0x0102_0304_0506_0708,
                vec![mark(0x1112_1314_1516_1718, 300), mark(7, 280)],
                Begin::After(RoomSeq(299)),
            ),
        ),
        ("request to join where nothing was seen, with recent entries", join(0, Vec::new(), Begin::Last(200))),
    ]
}

/// What is there, how far it has got, and who sits here.
fn looking() -> Vec<(&'static str, Request)> {
    let history = |position, count| Request::History { room: LOBBY, position, count };
    let room = LOBBY;
    vec![
        ("request for the first rooms", Request::Rooms { after: String::new() }),
        ("request for the members after one", Request::Members { room, after: "bob".into() }),
        ("read", Request::Read { room, upto: RoomSeq(12), is_private: false }),
        ("read, in private", Request::Read { room, upto: RoomSeq(12), is_private: true }),
        ("here", Request::Away(Away::Here)),
        ("idle", Request::Away(Away::Idle)),
        ("away", Request::Away(Away::Away("at lunch 🍜".into()))),
        ("passing", Request::Away(Away::Passing)),
        ("request for history before an entry", history(Position::Before(RoomSeq(300)), 50)),
        ("request for history after an entry", history(Position::After(RoomSeq(0)), PAGE_MAX)),
        ("request for history since a moment", history(Position::Since(moment()), 1)),
        ("request for history around an entry", history(Position::Around(RoomSeq(200)), u16::MAX)),
        ("search everywhere", Request::Search { room: None, words: "tea 茶".into(), after: None, count: PAGE_MAX }),
        (
            "search in a room, the next page",
            Request::Search { room: Some(room), words: "tea".into(), after: Some(SearchMark(u64::MAX)), count: 20 },
        ),
        ("request how far an entry has got", Request::Delivery { room, number: RoomSeq(12) }),
        ("request to measure", Request::Measure),
    ]
}

/// What a room is, from outside.
fn at_a_glance() -> Vec<(&'static str, Request)> {
    vec![
        ("look at a room by its name", Request::Look(Which::Named("茶館".into()))),
        ("look at a room by its number", Request::Look(Which::Numbered(RoomId(300)))),
        ("request for pins", Request::Pins { room: LOBBY, after: None }),
        ("request for pins, the next page", Request::Pins { room: LOBBY, after: Some(SearchMark(300)) }),
    ]
}

/// What is said in a room, as it is said, from outside.
fn from_outside() -> Vec<(&'static str, Request)> {
    vec![("follow a room without entering it", Request::Follow { room: "茶館".into(), from: From::Recent(0) })]
}

fn measured() -> Measured {
    Measured { at: moment(), srtt_us: 412, rttvar_us: 90, loss_ppht: 781, sent: 130, received: 128 }
}

fn entered(back_to: Option<RoomSeq>) -> Answer {
    let (after, epoch) = (back_to.unwrap_or(RoomSeq(12)), Epoch(0x1112_1314_1516_1718));
    Answer::Entered { room: lobby(), after, roster: 5, epoch, back_to }
}

fn granted() -> Vec<(&'static str, Answer)> {
    let device = |label: &str, is_online| Device { key: device_key(), label: label.into(), since: moment(), is_online };
    vec![
        (
            "welcome",
            Answer::Welcome {
                account: AccountId(1),
                name: "Ann".into(),
                server: "lab".into(),
                rooms: vec![lobby(), direct(), invited(), left()],
            },
        ),
        ("joined", Answer::Joined { room: lobby(), after: RoomSeq(12), roster: 5 }),
        ("left", Answer::Left),
        ("done", Answer::Done),
        ("devices", Answer::Devices(vec![device("laptop", true), device("", false)])),
        ("delivery", Answer::Delivery(Reach { delivered: 3, read: 1, of: 300 })),
        ("measured", Answer::Measured(measured())),
        ("a room from outside", Answer::Room(left())),
        ("entered", entered(None)),
        ("entered, after the store went back", entered(Some(RoomSeq(9)))),
    ]
}

const REFUSALS: [Refusal; 46] = [
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
    Refusal::NameConfusable,
    Refusal::RegistrationClosed,
    Refusal::InviteNeeded,
    Refusal::InviteInvalid,
    Refusal::PasswordWrong,
    Refusal::PasswordNeeded,
    Refusal::PasswordUnfit,
    Refusal::TooManyTries,
    Refusal::TokenInvalid,
    Refusal::OutOfScope,
    Refusal::NotAllowed,
    Refusal::RoomPasswordNeeded,
    Refusal::NotInvited,
    Refusal::Banned,
    Refusal::Muted,
    Refusal::SlowMode,
    Refusal::RoomTaken,
    Refusal::NoSuchEntry,
    Refusal::NotYours,
    Refusal::QueryUnfit,
    Refusal::AccountFull,
    Refusal::RoomFull,
    Refusal::ServerFull,
    Refusal::TextUnfit,
    Refusal::Damaged,
    Refusal::TooManyRooms,
    Refusal::TooManyDevices,
    Refusal::TooManySessions,
    Refusal::Busy,
    Refusal::AccountClosed,
    Refusal::AuthUnavailable,
    Refusal::PasswordElsewhere,
    Refusal::TooManyPins,
    Refusal::TooManyFollowed,
];

fn news() -> Vec<(&'static str, Down)> {
    let room = LOBBY;
    let reach = Reach { delivered: 2, read: 0, of: 2 };
    vec![
        ("room", Down::Room(direct())),
        ("stored", Down::Stored { room, post: RoomSeq(1), entry: RoomSeq(13) }),
        ("refused", Down::Refused { room, post: RoomSeq(2), reason: Refusal::NotMember }),
        ("delivered", Down::Delivered { room, number: RoomSeq(13), reach }),
        ("read elsewhere", Down::Read { room, upto: RoomSeq(13) }),
        ("unreadable", Down::Unreadable { room, first: RoomSeq(41), last: RoomSeq(300) }),
        ("quota of the account", Down::QuotaNear { quota: Quota::Account, used: 966_367_642, of: 1 << 30 }),
        ("quota of a room", Down::QuotaNear { quota: Quota::Room(room), used: 900, of: 1_000 }),
        ("follow ended", Down::FollowEnded { room, reason: Refusal::Banned }),
        ("quota of the server", Down::QuotaNear { quota: Quota::Server, used: u64::MAX, of: u64::MAX }),
        ("nothing pinned any more", Down::Fact { room, upto: RoomSeq(300), fact: Fact::Pins(vec![]) }),
        ("pins", Down::Fact { room, upto: RoomSeq(300), fact: Fact::Pins(vec![RoomSeq(12), RoomSeq(300)]) }),
        ("rules, as they are", Down::Fact { room, upto: RoomSeq(300), fact: Fact::Rules("be kind".into()) }),
        ("slow mode, as it is", Down::Fact { room, upto: RoomSeq(12), fact: Fact::Slow(300) }),
        ("account made", Down::AccountMade),
        ("over budget", Down::OverBudget { wait_ms: 1_000, per_s: 65_536 }),
    ]
}

/// What posts and entries say.
fn bodies() -> Vec<(&'static str, Body)> {
    let bob = || String::from("bob");
    let role = |role| Body::Act(Act::Role { who: bob(), role });
    let until = Some(moment());
    vec![
        ("text", Body::Text("hello".into())),
        ("text beyond ASCII", Body::Text("grüezi 👋 你好".into())),
        ("reply", Body::Reply { to: RoomSeq(12), text: "yes".into() }),
        ("edit", Body::Edit { of: RoomSeq(300), text: "hallo".into() }),
        ("deletion", Body::Delete { of: RoomSeq(12) }),
        ("reaction", Body::React { of: RoomSeq(12), emoji: "👩‍👩‍👧‍👧".into(), is_set: true }),
        (
            "longest reaction, taken back",
            Body::React { of: RoomSeq(12), emoji: "+".repeat(EMOJI_MAX_LEN), is_set: false },
        ),
        ("topic", Body::Topic("tea, and what goes with it".into())),
        ("no topic", Body::Topic(String::new())),
        ("member", role(Role::Member)),
        ("moderator", role(Role::Moderator)),
        ("owner", role(Role::Owner)),
        ("kick", Body::Act(Act::Kick { who: bob() })),
        ("ban", Body::Act(Act::Ban { who: bob(), until: None })),
        ("ban for a while", Body::Act(Act::Ban { who: bob(), until })),
        ("end of a ban", Body::Act(Act::Unban { who: bob() })),
        ("mute", Body::Act(Act::Mute { who: bob(), until: None })),
        ("mute for a while", Body::Act(Act::Mute { who: bob(), until })),
        ("end of a mute", Body::Act(Act::Unmute { who: bob() })),
        ("invitation", Body::Act(Act::Invite { who: bob() })),
        ("who may enter", Body::Act(Act::Open(Access::Private))),
        ("slow mode", Body::Act(Act::Set(Fact::Slow(300)))),
        ("rules", Body::Act(Act::Set(Fact::Rules("be kind".into())))),
        ("slow mode, ended", Body::Act(Act::Set(Fact::Slow(0)))),
        ("pin", Body::Act(Act::Pin { of: RoomSeq(12), is_set: true })),
        ("pin taken back", Body::Act(Act::Pin { of: RoomSeq(300), is_set: false })),
    ]
}

fn pages() -> Vec<(&'static str, Bulk)> {
    let (request, room) = (RequestId(9), LOBBY);
    let text = |text: &str| entry(Body::Text(text.into())).encode();
    let numbered = |number, entry| Numbered { number: RoomSeq(number), entry };
    let hello = numbered(11, text("hello"));
    let edited = entry(Body::Edit { of: RoomSeq(11), text: "hallo".into() }).encode();
    let listed = |name: &str, access, topic: &str, members| Listed {
        name: name.into(),
        access,
        topic: topic.into(),
        members,
        head: RoomSeq(12),
        is_member: members > 1,
    };
    let member = |name: &str, role, is_muted| Member { name: name.into(), role, is_muted };
    vec![
        ("no history", Bulk::History { request, room, entries: vec![], is_more: false }),
        (
            "history",
            Bulk::History { request, room, entries: vec![hello, numbered(300, edited.clone())], is_more: true },
        ),
        ("nothing found", Bulk::Found { request, hits: vec![], next: None }),
        (
            "found",
            Bulk::Found {
                request,
                hits: vec![
                    Hit { room: RoomId(8), number: RoomSeq(1), entry: text("hello again") },
                    Hit { room, number: RoomSeq(11), entry: edited },
                ],
                next: Some(SearchMark(0x0102_0304)),
            },
        ),
        (
            "rooms",
            Bulk::Rooms {
                request,
                rooms: vec![listed("lobby", Access::Public, "", 300), listed("tea", Access::Invite, "oolong", 1)],
                is_more: true,
            },
        ),
        (
            "members",
            Bulk::Members {
                request,
                room,
                members: vec![member("ann", Role::Owner, false), member("bob", Role::Member, true)],
                is_more: false,
            },
        ),
    ]
}

fn presence() -> [(&'static str, PresenceUpdate); 2] {
    let states =
        [Presence::Online, Presence::Idle, Presence::Away, Presence::Unreachable, Presence::Offline, Presence::Left];
    let entry = |(n, presence)| PresenceEntry {
        account: AccountId(n),
        name: format!("p{n}"),
        presence,
        status: if presence == Presence::Away { "at lunch 🍜".into() } else { String::new() },
        version: PresenceVersion(n * 100),
    };
    let everybody = PresenceUpdate { entries: (1..).zip(states).map(entry).collect() };
    [("presence of nobody", PresenceUpdate::default()), ("presence", everybody)]
}

fn entry(body: Body) -> Entry {
    Entry { at: moment(), author: AccountId(2), name: "zoë".into(), body }
}

fn lobby() -> RoomInfo {
    RoomInfo {
        id: LOBBY,
        kind: RoomKind::Named("lobby".into()),
        log: LogId(0x0102_0304_0506_0708),
        head: RoomSeq(12),
        access: Access::Public,
        topic: "tea".into(),
        standing: Standing::In(Role::Moderator),
        since: RoomSeq(0),
        read: RoomSeq(11),
    }
}

fn direct() -> RoomInfo {
    RoomInfo {
        id: RoomId(8),
        kind: RoomKind::Direct(AccountId(2), "bob".into()),
        log: LogId(u64::MAX),
        head: RoomSeq(0),
        access: Access::Private,
        topic: String::new(),
        standing: Standing::In(Role::Member),
        since: RoomSeq(0),
        read: RoomSeq(0),
    }
}

fn invited() -> RoomInfo {
    let kind = RoomKind::Named("tea".into());
    RoomInfo { id: RoomId(9), kind, access: Access::Invite, standing: Standing::Invited, ..direct() }
}

fn left() -> RoomInfo {
    let kind = RoomKind::Named("attic".into());
    RoomInfo { id: RoomId(300), kind, access: Access::Public, standing: Standing::Out, ..direct() }
}

fn secret(text: &str) -> Secret {
    Secret::from(text.to_string())
}

fn device_key() -> PublicKey {
    PublicKey(std::array::from_fn(|i| u8::try_from(i).expect("32 octets") + 0x60))
}

fn moment() -> WallTime {
    WallTime::from_unix_millis(1_700_000_000_000)
}

#[test]
fn the_vectors_have_all_refusals_in_the_order_of_their_codes() {
    assert!(Refusal::all().eq(REFUSALS));
}
