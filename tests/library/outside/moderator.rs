//! A program with no dependency but the client's library: it makes a locked room, waits for somebody to come in, keeps them quiet
//! for a while, and reads back what they said, page by page.

use std::process::exit;
use std::time::Duration;

use chinwag_client::{
    Access, Act, AskError, BindError, Body, Client, ConnectError, Device, Entering, Event, Fact, Facts, KeepError,
    PostError, ResolveError, RoomInfo, RoomSeq, SearchMark, Secret, Start, Trust, WallTime,
};

const SOON: Duration = Duration::from_secs(60);

/// What it knows of the room, in types that have their names from the library.
struct Moderator {
    client: Client,
    info: Option<RoomInfo>,
    facts: Option<Facts>,
    page: Option<SearchMark>,
}

impl Moderator {
    fn make(&self, password: &str) {
        let password = Some(Secret::from(password.to_owned()));
        self.client.enter("vault", Entering::Made { access: Access::Password, password }, Start::All);
    }

    /// One says something, and may not any more.
    fn quiet(&self, who: &str, at: WallTime) -> Result<RoomSeq, PostError> {
        let rules = Fact::Rules("one word each".to_owned());
        self.client.post("vault", Body::Act(Act::Set(rules))).wait(SOON)?;
        let until = Some(at.plus(Duration::from_secs(3_600)));
        self.client.post("vault", Body::Act(Act::Mute { who: who.to_owned(), until })).wait(SOON)
    }

    fn next_page(&mut self, words: &str) -> Result<Vec<RoomSeq>, AskError> {
        let found = self.client.search(Some("vault"), words, self.page, 1)?;
        self.page = found.next;
        Ok(found.hits.iter().map(|hit| hit.number).collect())
    }
}

fn run(address: &str) -> Result<(), ConnectError> {
    let device = Device::open("moderator.home")?;
    let (client, events) = device.server(address)?.name("moderator").trust(Trust::New).connect()?;
    let mut moderator = Moderator { client, info: None, facts: None, page: None };
    moderator.make("open sesame");
    for event in events {
        match event {
            Event::Room { info, .. } => moderator.info = Some(info),
            Event::Facts { facts, .. } => moderator.facts = Some(facts),
            Event::Joined { room, .. } => println!("{room}"),
            Event::Message(said) if said.text() == Some("the last word") => {
                let muted = moderator.quiet("ann", said.entry.at);
                let (first, second) = (moderator.next_page("word"), moderator.next_page("word"));
                println!("{:?} {muted:?} {first:?} {second:?}", moderator.info.as_ref().map(|info| info.access));
            }
            Event::Ended(error) => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

fn main() {
    let address = std::env::args().nth(1).unwrap_or_default();
    let code = match run(&address) {
        Ok(()) => 0,
        Err(ConnectError::Server(ResolveError::Empty)) => 2,
        Err(ConnectError::Bind(BindError::NotAllowed(_)) | ConnectError::Keep(KeepError::Newer { .. })) => 3,
        Err(_) => 1,
    };
    exit(code);
}
