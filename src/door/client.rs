//! What a program holds of a connection: [`Client`] speaks and asks, [`Events`] tells what happens.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use chinwag_client_core::{Ask, Command, Denial, Entering, Reply, Start};
use chinwag_drive::Commands;
use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::{Act, Away, Body, Entry, Listed, Member, Position, Refusal, SearchMark};

use super::error::{AskError, PostError};
use super::event::{Event, Message, Tag};
use super::queue::Queue;

/// How long a question waits for its answer.
const ANSWER: Duration = Duration::from_secs(30);

/// Speaks and asks, from any thread; as many copies as wanted. When the last one is dropped, the client says goodbye and ends.
///
/// A room is given by its name, with or without `#`; `@ann` are the direct messages shared with ann.
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
///
/// use chinwag_client::Device;
///
/// let (client, _events) = Device::open("ci.home")?.server("lab")?.name("ci").connect()?;
/// client.join("builds");
/// let number = client.say("builds", "build 1234 is green").wait(Duration::from_secs(10))?;
/// println!("message {} of the room", number.0);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Client(Arc<Inner>);

/// A message on its way. Whether anybody waits for it or not, it goes out, and [`Event::Stored`] or [`Event::Refused`] tells
/// what became of it.
///
/// ```no_run
/// # fn lunch(client: &chinwag_client::Client) -> Result<(), chinwag_client::PostError> {
/// use std::time::Duration;
///
/// use chinwag_client::PostError;
///
/// match client.tell("bob", "lunch?").wait(Duration::from_secs(5)) {
///     Ok(number) => println!("message {}", number.0),
///     Err(PostError::TimedOut) => println!("it is in the outbox, and goes out when it can"),
///     Err(error) => return Err(error),
/// }
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Post {
    tag: Tag,
    answer: Receiver<Result<RoomSeq, Refusal>>,
}

/// One page of a room's history, in the order of its numbers.
///
/// ```no_run
/// # fn read(client: &chinwag_client::Client) -> Result<(), chinwag_client::AskError> {
/// use chinwag_client::{Position, RoomSeq};
///
/// let mut after = RoomSeq(0);
/// loop {
///     let page = client.history("#lobby", Position::After(after), 100)?;
///     for (number, entry) in &page.entries {
///         println!("{} {}: {}", number.0, entry.name, entry.body.text().unwrap_or_default());
///         after = *number;
///     }
///     if !page.is_more {
///         return Ok(());
///     }
/// }
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The room's name as shown.
    pub room: String,
    /// Its entries.
    pub entries: Vec<(RoomSeq, Entry)>,
    /// There is more in the direction that was asked for.
    pub is_more: bool,
}

/// What a search found, the newest first.
///
/// ```no_run
/// # fn find(client: &chinwag_client::Client) -> Result<(), chinwag_client::AskError> {
/// let found = client.search(Some("#lobby"), "blue bicycle", None, 20)?;
/// for hit in &found.hits {
///     println!("{} {}", hit.room, hit.number.0);
/// }
/// let older = client.search(Some("#lobby"), "blue bicycle", found.next, 20)?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hits {
    /// What was found.
    pub hits: Vec<chinwag_client_core::Found>,
    /// Where the next page begins, if there is one.
    pub next: Option<SearchMark>,
}

/// What happens, in order: an iterator that waits for the next event, and ends after [`Event::Ended`].
///
/// Asking for the next event says that the one before is dealt with: a message that a program was given and did not get to the
/// end of, because it crashed, is given again to the next one. Whoever wants no events drops this; a program that keeps it and
/// never asks holds up its client after some thousands of them.
///
/// ```no_run
/// # fn follow(mut events: chinwag_client::Events) {
/// use std::time::Duration;
///
/// use chinwag_client::Event;
///
/// // Until nothing has happened for a minute.
/// while let Some(event) = events.next_within(Duration::from_secs(60)) {
///     if let Event::Message(said) = event {
///         println!("{}: {}", said.from, said.text().unwrap_or_default());
///     }
/// }
/// # }
/// ```
#[derive(Debug)]
pub struct Events {
    queue: Queue,
    /// Taken out already, by who waited for something.
    early: Option<Event>,
    client: Commands<Command>,
    /// The message that was given last.
    given: Option<(String, RoomSeq)>,
}

/// What the handles and the thread of a client share.
pub(super) struct Shared {
    next_tag: AtomicU64,
    posts: Mutex<Waiting<Result<RoomSeq, Refusal>>>,
    asks: Mutex<Waiting<Result<Reply, Denial>>>,
}

type Waiting<T> = BTreeMap<u64, SyncSender<T>>;

struct Inner {
    commands: Commands<Command>,
    shared: Arc<Shared>,
    queue: Queue,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Client {
    pub(super) fn new(commands: Commands<Command>, shared: Arc<Shared>, queue: Queue, thread: JoinHandle<()>) -> Self {
        Self(Arc::new(Inner { commands, shared, queue, thread: Mutex::new(Some(thread)) }))
    }

    /// Says something in a room that was joined.
    #[must_use = "whether it is stored is for `wait` to say; drop it if that is no matter"]
    pub fn say(&self, room: &str, text: &str) -> Post {
        self.post(room, Body::Text(text.to_owned()))
    }

    /// Says something to one person.
    #[must_use = "whether it is stored is for `wait` to say; drop it if that is no matter"]
    pub fn tell(&self, name: &str, text: &str) -> Post {
        self.post(&format!("@{}", name.trim_start_matches('@')), Body::Text(text.to_owned()))
    }

    /// Says or does something: a reply, an edit, a reaction.
    #[must_use = "whether it is stored is for `wait` to say; drop it if that is no matter"]
    pub fn post(&self, room: &str, body: Body) -> Post {
        let (answered, answer) = sync_channel(1);
        let tag = self.0.shared.wait_in(&self.0.shared.posts, answered);
        self.command(Command::post(tag, room.to_owned(), body));
        Post { tag: Tag(tag), answer }
    }

    /// Enters a room, which is made if there is none, and follows it from where this device left off; one that is new to it gets
    /// nothing that was said before. [`Event::Joined`] or [`Event::Denied`] follows.
    pub fn join(&self, room: &str) {
        self.join_from(room, Start::Resume { recent: 0, behind_max: None });
    }

    /// The same, beginning elsewhere.
    pub fn join_from(&self, room: &str, start: Start) {
        self.command(Command::join(room.to_owned(), start));
    }

    /// Follows a public room without entering it, from where this device left off; one that is new to it gets nothing that was
    /// said before. The account is no member by that: nothing changes, and nobody else hears of it. [`Event::Joined`] or
    /// [`Event::Denied`] follows; it goes on after a new connection, until [`Self::leave`] or [`Event::FollowEnded`]. To say
    /// something there takes a [`Self::join`]. Whoever is a member follows it as by that.
    pub fn follow(&self, room: &str) {
        self.follow_from(room, Start::Resume { recent: 0, behind_max: None });
    }

    /// The same, beginning elsewhere.
    pub fn follow_from(&self, room: &str, start: Start) {
        self.command(Command::Join { room: room.to_owned(), entering: Entering::Outside, start });
    }

    /// Leaves a room, or follows it no more.
    pub fn leave(&self, room: &str) {
        self.command(Command::Leave { room: room.to_owned() });
    }

    /// Says that the user types in a room: as often as a key is pressed.
    pub fn typing(&self, room: &str) {
        self.command(Command::Typing { room: room.to_owned() });
    }

    /// Is shown as here, idle or away from now on.
    pub fn away(&self, away: Away) {
        self.command(Command::Away(away));
    }

    /// Entries of a room that this account may read, at most `count` of them. Waits for the answer.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn history(&self, room: &str, position: Position, count: u16) -> Result<Page, AskError> {
        if let Reply::History { room, entries, is_more } =
            self.ask(Ask::History { room: room.to_owned(), position, count })?
        {
            Ok(Page { room, entries, is_more })
        } else {
            Err(unexpected())
        }
    }

    /// Messages with all of these words, in one room or wherever this account may read; `after`: where the page before said
    /// that this one begins. Waits for the answer.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn search(
        &self,
        room: Option<&str>,
        words: &str,
        after: Option<SearchMark>,
        count: u16,
    ) -> Result<Hits, AskError> {
        let (room, words) = (room.map(str::to_owned), words.to_owned());
        if let Reply::Found { hits, next } = self.ask(Ask::Search { room, words, after, count })? {
            Ok(Hits { hits, next })
        } else {
            Err(unexpected())
        }
    }

    /// Pins a message of a room for everyone, as its moderators and owners may, or takes that back.
    #[must_use = "whether it is done is for `wait` to say; drop it if that is no matter"]
    pub fn pin(&self, room: &str, of: RoomSeq, is_set: bool) -> Post {
        self.post(room, Body::Act(Act::Pin { of, is_set }))
    }

    /// The pinned messages of a room, in order of their numbers; `after`: where the page before said that this one begins. Waits
    /// for the answer.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn pins(&self, room: &str, after: Option<SearchMark>) -> Result<Hits, AskError> {
        if let Reply::Found { hits, next } = self.ask(Ask::Pins { room: room.to_owned(), after })? {
            Ok(Hits { hits, next })
        } else {
            Err(unexpected())
        }
    }

    /// The rooms that this account may know of, in the order of their names: those after `after`, and whether there are more.
    /// Waits for the answer.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn rooms(&self, after: &str) -> Result<(Vec<Listed>, bool), AskError> {
        if let Reply::Rooms { rooms, is_more } = self.ask(Ask::Rooms { after: after.to_owned() })? {
            Ok((rooms, is_more))
        } else {
            Err(unexpected())
        }
    }

    /// A room's members, in the order of their names: those after `after`, and whether there are more. Waits for the answer.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn members(&self, room: &str, after: &str) -> Result<(Vec<Member>, bool), AskError> {
        if let Reply::Members { members, is_more, room: _ } =
            self.ask(Ask::Members { room: room.to_owned(), after: after.to_owned() })?
        {
            Ok((members, is_more))
        } else {
            Err(unexpected())
        }
    }

    /// Asks the server for anything that it can be asked for, and waits for the answer.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn ask(&self, ask: Ask) -> Result<Reply, AskError> {
        let (answered, answer) = sync_channel(1);
        let tag = self.0.shared.wait_in(&self.0.shared.asks, answered);
        self.command(Command::Ask { tag, ask });
        match answer.recv_timeout(ANSWER) {
            Ok(result) => Ok(result?),
            Err(RecvTimeoutError::Timeout) => {
                locked(&self.0.shared.asks).remove(&tag);
                Err(AskError::TimedOut)
            }
            Err(RecvTimeoutError::Disconnected) => Err(AskError::Stopped),
        }
    }

    /// Asks the machine below for anything else. The numbers of its messages are its own: see [`Self::post`] for those.
    pub fn command(&self, command: Command) {
        // A client that has ended says so to whoever waits.
        if self.0.commands.send(command).is_err() {
            self.0.shared.stopped();
        }
    }
}

impl Post {
    /// Which message this is, as events name it.
    #[must_use]
    pub const fn tag(&self) -> Tag {
        self.tag
    }

    /// Waits until the server has it, at most so long. Its number.
    ///
    /// # Errors
    /// [`PostError`]. Unless it was refused, the message is on its way as before.
    pub fn wait(&self, time: Duration) -> Result<RoomSeq, PostError> {
        match self.answer.recv_timeout(time) {
            Ok(Ok(number)) => Ok(number),
            Ok(Err(reason)) => Err(PostError::Refused(reason)),
            Err(RecvTimeoutError::Timeout) => Err(PostError::TimedOut),
            Err(RecvTimeoutError::Disconnected) => Err(PostError::Stopped),
        }
    }
}

impl Events {
    pub(super) const fn new(queue: Queue, client: Commands<Command>) -> Self {
        Self { queue, early: None, client, given: None }
    }

    /// The next event, if there is one within that time.
    pub fn next_within(&mut self, time: Duration) -> Option<Event> {
        self.settle();
        let next = self.early.take().or_else(|| self.queue.pop_within(time));
        self.give(next)
    }

    /// Waits for the login, or for the end.
    pub(super) fn wait_for_login(&mut self) -> Result<(), super::ConnectError> {
        loop {
            match self.queue.pop() {
                Some(Event::Ended(error)) => return Err(error),
                Some(event @ Event::Connected { .. }) => {
                    self.early = Some(event);
                    return Ok(());
                }
                // Nothing else matters before.
                Some(_) => {}
                None => return Err(super::ConnectError::Stopped(None)),
            }
        }
    }

    /// What was given last is dealt with.
    pub(super) fn settle(&mut self) {
        if let Some((room, upto)) = self.given.take() {
            // A client that has ended keeps no record any more.
            let _ = self.client.send(Command::Shown { room, upto });
        }
    }

    fn give(&mut self, next: Option<Event>) -> Option<Event> {
        if let Some(Event::Message(Message { room, number, .. })) = &next {
            self.given = Some((room.clone(), *number));
        }
        next
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.queue.unwanted();
    }
}

impl Iterator for Events {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        self.settle();
        let next = self.early.take().or_else(|| self.queue.pop());
        self.give(next)
    }
}

impl Shared {
    pub(super) fn new() -> Self {
        Self { next_tag: AtomicU64::new(1), posts: Mutex::default(), asks: Mutex::default() }
    }

    /// Somebody waits for an answer under a new number.
    fn wait_in<T>(&self, waiting: &Mutex<Waiting<T>>, answered: SyncSender<T>) -> u64 {
        let tag = self.next_tag.fetch_add(1, Ordering::Relaxed);
        locked(waiting).insert(tag, answered);
        tag
    }

    /// A message was answered.
    pub(super) fn posted(&self, tag: u64, answer: Result<RoomSeq, Refusal>) {
        if let Some(waiting) = locked(&self.posts).remove(&tag) {
            // Maybe nobody waits.
            let _ = waiting.try_send(answer);
        }
    }

    /// A question was answered.
    pub(super) fn answered(&self, tag: u64, answer: Result<Reply, Denial>) {
        if let Some(waiting) = locked(&self.asks).remove(&tag) {
            let _ = waiting.try_send(answer);
        }
    }

    /// Nothing will be answered any more.
    pub(super) fn stopped(&self) {
        locked(&self.posts).clear();
        locked(&self.asks).clear();
    }
}

/// An answer of another kind than was asked for: a fault of the server's, told as no answer.
fn unexpected() -> AskError {
    log::warn!("the server answered something else than it was asked for");
    AskError::TimedOut
}

fn locked<T>(it: &Mutex<T>) -> MutexGuard<'_, T> {
    it.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.queue.left();
        let _ = self.commands.send(Command::Quit);
        if let Some(thread) = locked(&self.thread).take()
            && thread.join().is_err()
        {
            log::error!("the client has ended by a panic");
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}
