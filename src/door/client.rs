//! What a program holds of a connection, to speak and ask: [`Client`].

use std::fmt;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use chinwag_client_core::{Ask, Command, Entering, Reply, Start};
use chinwag_drive::Commands;
use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::{Act, Away, Body, Entry, Listed, Member, Position, SearchMark};

use super::error::{AskError, PostError};
use super::event::Tag;
use super::keeper::Kept;
use super::ledger::{Ledger, OutboxCount, Posted};
use super::queue::Queue;

/// How long a question waits for its answer.
const ANSWER: Duration = Duration::from_secs(30);

/// Speaks and asks, from any thread; as many copies as wanted. When the last one is dropped, the client says goodbye and ends.
///
/// A room is given by its name, with or without `#`; `@ann` are the direct messages shared with ann.
///
/// ```no_run
/// # #[cfg(feature = "sqlite")]
/// # fn run() -> Result<(), Box<dyn std::error::Error>> {
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

/// A message on its way. Whether anybody waits for it or not, it goes out, and [`Event::Stored`](super::Event::Stored) or [`Event::Refused`](super::Event::Refused) tells
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
    answer: Receiver<Posted>,
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
    /// The page's entries.
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

struct Inner {
    commands: Commands<Command>,
    ledger: Arc<Ledger>,
    queue: Queue,
    kept: Kept,
    was_let_in: bool,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Client {
    pub(super) fn new(session: Remembered, ledger: Arc<Ledger>, queue: Queue, thread: JoinHandle<()>) -> Self {
        let Remembered { commands, kept, was_let_in } = session;
        Self(Arc::new(Inner { commands, ledger, queue, kept, was_let_in, thread: Mutex::new(Some(thread)) }))
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
        let (tag, answer) = self.0.ledger.post();
        self.command(Command::post(tag, room.to_owned(), body));
        Post { tag: Tag(tag), answer }
    }

    /// Enters a room, which is made if there is none, and follows it from where this device left off; one that is new to it gets
    /// nothing that was said before. [`Event::Joined`](super::Event::Joined) or [`Event::Denied`](super::Event::Denied) follows.
    pub fn join(&self, room: &str) {
        self.join_from(room, Start::Resume { recent: 0, behind_max: None });
    }

    /// Enters a room as [`Self::join`] does, and follows it from elsewhere.
    pub fn join_from(&self, room: &str, start: Start) {
        self.enter(room, Entering::Open, start);
    }

    /// Follows a public room without entering it, from where this device left off; one that is new to it gets nothing that was
    /// said before. The account is no member by that: nothing changes, and nobody else hears of it. [`Event::Joined`](super::Event::Joined) or
    /// [`Event::Denied`](super::Event::Denied) follows; it goes on after a new connection, until [`Self::leave`] or [`Event::FollowEnded`](super::Event::FollowEnded). To say
    /// something there takes a [`Self::join`]. Whoever is a member follows it as by that.
    pub fn follow(&self, room: &str) {
        self.follow_from(room, Start::Resume { recent: 0, behind_max: None });
    }

    /// Follows a public room as [`Self::follow`] does, from elsewhere.
    pub fn follow_from(&self, room: &str, start: Start) {
        self.enter(room, Entering::Outside, start);
    }

    /// Comes to follow a room in some other way: by its password, only where there is one, or by making it.
    ///
    /// ```no_run
    /// # fn enter(client: &chinwag_client::Client) {
    /// use chinwag_client::{Entering, Secret, Start};
    ///
    /// client.enter("vault", Entering::Locked(Secret::from("open sesame".to_owned())), Start::All);
    /// # }
    /// ```
    pub fn enter(&self, room: &str, entering: Entering, start: Start) {
        self.command(Command::Join { room: room.to_owned(), entering, start });
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
            Err(AskError::Unexpected)
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
            Err(AskError::Unexpected)
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
            Err(AskError::Unexpected)
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
            Err(AskError::Unexpected)
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
            Err(AskError::Unexpected)
        }
    }

    /// Asks the server for anything that it can be asked for, and waits for the answer.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn ask(&self, ask: Ask) -> Result<Reply, AskError> {
        self.ask_within(ask, ANSWER)
    }

    /// Asks the server for anything that it can be asked for, and waits for the answer at most so long. (Everything else that
    /// waits for an answer does so for 30 s.)
    ///
    /// # Errors
    /// [`AskError`].
    pub fn ask_within(&self, ask: Ask, time: Duration) -> Result<Reply, AskError> {
        let (tag, answer) = self.0.ledger.ask();
        self.command(Command::Ask { tag, ask });
        match answer.recv_timeout(time) {
            Ok(result) => Ok(result?),
            Err(RecvTimeoutError::Timeout) => {
                self.0.ledger.forget_ask(tag);
                Err(AskError::TimedOut)
            }
            Err(RecvTimeoutError::Disconnected) => Err(AskError::Stopped),
        }
    }

    /// Asks the same, and waits for nothing: [`Event::Answered`](super::Event::Answered) brings the answer, with this tag, whenever there is one.
    ///
    /// ```no_run
    /// # #[cfg(feature = "sqlite")]
    /// # fn run() -> Result<(), chinwag_client::ConnectError> {
    /// use chinwag_client::{Ask, Device, Event, Reply};
    ///
    /// let (client, events) = Device::open("ci.home")?.server("lab")?.name("ci").connect()?;
    /// let asked = client.ask_for(Ask::Devices);
    /// for event in events {
    ///     match event {
    ///         Event::Answered { tag, result: Ok(Reply::Devices(devices)) } if tag == asked => println!("{devices:?}"),
    ///         Event::Ended(error) => return Err(error),
    ///         _ => {}
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    pub fn ask_for(&self, ask: Ask) -> Tag {
        let tag = self.0.ledger.tag();
        self.command(Command::Ask { tag, ask });
        Tag(tag)
    }

    /// What was said and is not answered now.
    #[must_use]
    pub fn outbox(&self) -> OutboxCount {
        self.0.ledger.outbox()
    }

    /// Waits until all that was said is answered, by this client and by earlier programs of its device: stored or refused. At most
    /// so long, and not where the client has stopped. Gives what has no answer then.
    ///
    /// ```no_run
    /// # #[cfg(feature = "sqlite")]
    /// # fn run() -> Result<(), chinwag_client::ConnectError> {
    /// use std::time::Duration;
    ///
    /// use chinwag_client::Device;
    ///
    /// let (client, _events) = Device::open("ci.home")?.server("lab")?.name("ci").connect()?;
    /// client.join("builds");
    /// for line in ["build 1234", "is green"] {
    ///     drop(client.say("builds", line));
    /// }
    /// let left = client.flush(Duration::from_secs(10));
    /// if left.unkept > 0 {
    ///     eprintln!("{} messages will be lost", left.unkept);
    /// } else if !left.is_empty() {
    ///     eprintln!("{} messages are kept for the next run", left.waiting + left.earlier);
    /// }
    /// # Ok(()) }
    /// ```
    pub fn flush(&self, time: Duration) -> OutboxCount {
        self.0.ledger.flush(time)
    }

    /// Gives up what this client has said and is not answered, while there is no login to send it by: it is refused
    /// ([`Refusal::NotLoggedIn`](super::Refusal::NotLoggedIn)), and no later program sends it.
    pub fn withdraw(&self) {
        self.command(Command::Withdraw);
    }

    /// Says goodbye and ends, whoever else has a copy: for whoever must not wait any longer, as on Ctrl-C. Those who wait for answers
    /// are told ([`AskError::Stopped`], [`PostError::Stopped`]), and [`Event::Ended`](super::Event::Ended) follows.
    pub fn stop(&self) {
        self.command(Command::Quit);
    }

    /// What this device remembered of the account when the client began.
    #[must_use]
    pub fn kept(&self) -> &Kept {
        &self.0.kept
    }

    /// Whether this device was let in under this name before the client began.
    #[must_use]
    pub fn was_let_in(&self) -> bool {
        self.0.was_let_in
    }

    /// Asks the machine below for anything else. The numbers of its messages are its own: see [`Self::post`] for those.
    pub fn command(&self, command: Command) {
        // A client that has ended says so to whoever waits.
        if self.0.commands.send(command).is_err() {
            self.0.ledger.stopped();
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

/// What a client is made of, of its session.
pub(super) struct Remembered {
    pub(super) commands: Commands<Command>,
    pub(super) kept: Kept,
    pub(super) was_let_in: bool,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.queue.left();
        let _ = self.commands.send(Command::Quit);
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = thread.take()
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
