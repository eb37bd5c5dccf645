//! What every store has to do. Each implementation's tests call [`check`].

mod accounts;
mod clock;
mod log;
mod pages;
mod pins;
mod random;
mod retention;
mod rooms;
mod search;
mod used;

use chinwag_proto::time::WallTime;
use chinwag_proto::wire::id::{AccountId, ClientMsgId, PublicKey, RoomId, RoomSeq};
use chinwag_proto::wire::message::{Access, Body, Entry, Position, Refusal, Role, Wire as _, hash, name};

use super::{
    Account, Append, Change, Kind, Located, Member, NewAccount, NewRoom, Origin, Outcome, Pages, Query, Range, Results,
    Room, Search, Store, Write,
};

/// Makes stores, and does to one what a restart after a proper end does.
pub(crate) struct Maker<'a, S> {
    pub(crate) make: &'a dyn Fn() -> S,
    pub(crate) reopen: &'a dyn Fn(S) -> S,
}

/// Checks the contract.
pub(crate) fn check<S: Store>(make: &dyn Fn() -> S, reopen: &dyn Fn(S) -> S) {
    let maker = Maker { make, reopen };
    accounts::check(&maker);
    rooms::check(&maker);
    log::check(&maker);
    pages::check(&maker);
    pins::check(&maker);
    search::check(&maker);
    retention::check(&maker);
    used::check(&maker);
    clock::check(&maker);
}

/// An outcome without what came free.
fn unfreed(mut outcome: Outcome) -> Outcome {
    if let Outcome::Appended { freed, .. } | Outcome::Pruned { freed, .. } = &mut outcome {
        freed.clear();
    }
    outcome
}

/// Does the same at random to two stores, which must answer alike.
pub(crate) use random::alike;

const ANN: PublicKey = PublicKey([1; 32]);
const BOB: PublicKey = PublicKey([2; 32]);
const CAT: PublicKey = PublicKey([3; 32]);

/// A store with what most checks begin with.
struct Town<S> {
    store: S,
    ann: AccountId,
    bob: AccountId,
    lobby: RoomId,
    posts: u64,
}

impl<S: Store> Town<S> {
    /// Two accounts in a public room.
    fn new(maker: &Maker<'_, S>) -> Self {
        let mut store = (maker.make)();
        let ann = id_of(one(&mut store, account("Ann", ANN)));
        let bob = id_of(one(&mut store, account("bob", BOB)));
        let lobby = room_of(one(&mut store, room("lobby", Access::Public, None))).id;
        let mut town = Self { store, ann, bob, lobby, posts: 0 };
        for account in [ann, bob] {
            assert_eq!(town.one(Write::Enter { room: lobby, account }), Outcome::Ok);
        }
        town
    }

    /// The outcome, but for what came free: that has checks of its own.
    fn one(&mut self, write: Write) -> Outcome {
        unfreed(one(&mut self.store, write))
    }

    fn room(&mut self, id: RoomId) -> Room {
        let rooms = self.store.snapshot().expect("a snapshot").rooms;
        rooms.into_iter().find(|room| room.id == id).expect("a room")
    }

    fn member(&mut self, room: RoomId, account: AccountId) -> Option<Member> {
        self.room(room).members.into_iter().find(|member| member.account == account)
    }

    fn account(&mut self, id: AccountId) -> Account {
        let accounts = self.store.snapshot().expect("a snapshot").accounts;
        accounts.into_iter().find(|account| account.id == id).expect("an account")
    }

    /// A new private room with Ann in it.
    fn private(&mut self, name: &str) -> RoomId {
        room_of(self.one(room(name, Access::Private, Some(self.ann)))).id
    }

    /// The entry's number.
    fn says(&mut self, room: RoomId, author: AccountId, text: &str) -> u64 {
        self.does(room, author, Body::Text(text.to_owned()), Change::None).expect("an entry").0
    }

    /// The entry's number, and what it removed.
    fn does(
        &mut self,
        room: RoomId,
        author: AccountId,
        body: Body,
        change: Change,
    ) -> Result<(u64, Vec<RoomSeq>), Refusal> {
        self.posts += 1;
        let at = self.posts;
        let outcome = self.one(Write::Append(append(room, author, (CAT, at), body, change, at)));
        if let Outcome::Refused(refusal) = outcome {
            return Err(refusal);
        }
        let Outcome::Appended { number, repeated: false, removed, .. } = outcome else { panic!("{outcome:?}") };
        Ok((number.0, removed))
    }

    fn edits(&mut self, room: RoomId, author: AccountId, of: u64, text: &str) -> Result<u64, Refusal> {
        let of = RoomSeq(of);
        let body = Body::Edit { of, text: text.to_owned() };
        self.does(room, author, body, Change::Edit(of)).map(|(number, _)| number)
    }

    fn deletes(&mut self, room: RoomId, author: AccountId, of: u64, any_author: bool) -> Result<Vec<RoomSeq>, Refusal> {
        let of = RoomSeq(of);
        self.does(room, author, Body::Delete { of }, Change::Delete { of, any_author }).map(|(_, removed)| removed)
    }

    /// The texts of a log, as devices get them; empty where the body is gone.
    fn load(&mut self, room: RoomId) -> Vec<String> {
        let range = Range { room, after: RoomSeq(0), count: 10_000, bytes: 1 << 30 };
        self.store.load(range).expect("a read").entries.iter().map(|entry| text(entry)).collect()
    }

    /// Numbers of a page of history, and whether there is more.
    fn page(&mut self, room: RoomId, account: AccountId, position: Position, count: usize) -> (Vec<u64>, bool) {
        self.page_of(Pages { account, room, position, count, bytes: 1 << 20 })
    }

    fn page_of(&mut self, pages: Pages) -> (Vec<u64>, bool) {
        let room = pages.room;
        match self.store.query(&Query::Pages(pages)) {
            Ok(Results::Pages { entries, is_more, unreadable: None }) => {
                assert!(entries.iter().all(|located| located.room == room));
                (entries.iter().map(|located| located.number.0).collect(), is_more)
            }
            other => panic!("{other:?}"),
        }
    }

    /// Rooms and numbers of what an account finds.
    fn finds(&mut self, account: AccountId, words: &str) -> Vec<(RoomId, u64)> {
        let hits = self.hits(&search(account, words));
        hits.iter().map(|hit| (hit.room, hit.number.0)).collect()
    }

    fn hits(&mut self, search: &Search) -> Vec<Located> {
        match self.store.query(&Query::Search(search.clone())) {
            Ok(Results::Found(found)) => found.hits,
            other => panic!("{other:?}"),
        }
    }
}

fn one<S: Store>(store: &mut S, write: Write) -> Outcome {
    let mut outcomes = store.commit(&[write]).expect("a commit");
    assert_eq!(outcomes.len(), 1);
    outcomes.remove(0)
}

fn new_account(name: &str, device: PublicKey) -> NewAccount {
    let (name, skeleton) = (name.to_owned(), skeleton(name));
    NewAccount {
        name,
        skeleton,
        device,
        label: "laptop".to_owned(),
        phc: None,
        invite: None,
        is_vouched: false,
        at: at(1),
    }
}

fn account(name: &str, device: PublicKey) -> Write {
    Write::Account(new_account(name, device))
}

fn room(name: &str, access: Access, owner: Option<AccountId>) -> Write {
    Write::Room(NewRoom { name: name.to_owned(), skeleton: skeleton(name), access, phc: None, owner })
}

/// Not the real one: `0` looks like `o`.
fn skeleton(name: &str) -> String {
    name::fold(name).replace('0', "o")
}

fn append(
    room: RoomId,
    author: AccountId,
    (device, counter): (PublicKey, u64),
    body: Body,
    change: Change,
    ms: u64,
) -> Append {
    let entry = Entry { at: at(ms), author, name: "someone".to_owned(), body }.encode();
    let origin = Origin { device, id: ClientMsgId { start: 5, counter }, hash: hash(&entry) };
    Append { room, author, origin, at: at(ms), entry, change, unless_repeated: None }
}

fn say(room: RoomId, author: AccountId, from: (PublicKey, u64), text: &str) -> Write {
    Write::Append(append(room, author, from, Body::Text(text.to_owned()), Change::None, 1))
}

fn search(account: AccountId, words: &str) -> Search {
    let words = words.to_owned();
    Search { account, room: None, only: None, words, after: None, count: 100, bytes: 1 << 20 }
}

fn at(ms: u64) -> WallTime {
    WallTime::from_unix_millis(ms)
}

fn text(entry: &[u8]) -> String {
    match Entry::decode(entry).map(|entry| entry.body) {
        Ok(body) => body.text().map_or_else(|| "…".to_owned(), str::to_owned),
        Err(_) => String::new(),
    }
}

fn id_of(outcome: Outcome) -> AccountId {
    let Outcome::Account { account, .. } = outcome else { panic!("{outcome:?}") };
    account
}

fn room_of(outcome: Outcome) -> Room {
    let Outcome::Room(room) = outcome else { panic!("{outcome:?}") };
    *room
}

fn appended(number: u64, repeated: bool) -> Outcome {
    Outcome::Appended { number: RoomSeq(number), repeated, removed: Vec::new(), freed: Vec::new() }
}

const fn refused(refusal: Refusal) -> Outcome {
    Outcome::Refused(refusal)
}

/// Of members: who is in which role.
fn roles(room: &Room) -> Vec<(AccountId, Role)> {
    room.members.iter().map(|member| (member.account, member.role)).collect()
}
