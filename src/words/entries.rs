//! How entries are told in lines for people. What it gives is safe to show.

use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::{Act, Body, Entry};

use super::acts::done;
use chinwag_desk::fold::{Line, What};
use chinwag_desk::{Calendar, Messages};
use chinwag_node::render::{render_lines, render_text};

/// Indents what follows the first line of a message.
const INDENT: &str = "      ";
/// So much of an earlier message is shown where another one is about it.
const QUOTED: usize = 40;

/// What an entry is to people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Something that its author says.
    Said(String),
    /// Something that its author does; the author's name is in it.
    Done(String),
}

/// Tells an entry. `about` is what it is about, as that looked before, where that is at hand.
pub fn tell(entry: &Entry, about: Option<&Line>, calendar: Calendar) -> Told {
    let who = render_text(&entry.name);
    match &entry.body {
        Body::Text(text) => Told::Said(render_lines(text, INDENT).into_owned()),
        Body::Reply { to, text } => Told::Said(format!("(to {}) {}", of_whom(*to, about), render_lines(text, INDENT))),
        Body::Edit { of, text } => {
            let before = about.and_then(quote).map_or_else(|| format!("edited {of}"), |was| format!("was: {was}"));
            Told::Said(format!("{} ({before})", render_lines(text, INDENT)))
        }
        Body::Delete { of } => Told::Done(format!("{who} deleted {}", whose(*of, entry, about))),
        Body::React { of, emoji, is_set: true } => {
            Told::Done(format!("{who} {} {}", render_text(emoji), of_whom(*of, about)))
        }
        Body::React { of, emoji, is_set: false } => {
            Told::Done(format!("{who} takes {} back from {}", render_text(emoji), of_whom(*of, about)))
        }
        Body::Topic(topic) if topic.is_empty() => Told::Done(format!("{who} removed the topic")),
        Body::Topic(topic) => Told::Done(format!("{who} set the topic: {}", render_text(topic))),
        Body::Act(Act::Pin { of, is_set }) => {
            let pinned = if *is_set { "pinned" } else { "unpinned" };
            Told::Done(format!("{who} {pinned} {}", of_whom(*of, about)))
        }
        Body::Act(act) => Told::Done(format!("{who} {}", done(act, calendar))),
    }
}

/// A line of history, with all that was done to it since.
pub fn folded(line: &Line, earlier: &Messages, calendar: Calendar) -> Told {
    let who = render_text(&line.name);
    let mut told = match &line.what {
        What::Text(text, None) => Told::Said(render_lines(text, INDENT).into_owned()),
        What::Text(text, Some(to)) => {
            Told::Said(format!("(to {}) {}", of_whom(*to, earlier.line(*to)), render_lines(text, INDENT)))
        }
        What::Deleted => Told::Done(format!("{who}'s message was deleted")),
        What::Topic(topic) if topic.is_empty() => Told::Done(format!("{who} removed the topic")),
        What::Topic(topic) => Told::Done(format!("{who} set the topic: {}", render_text(topic))),
        What::Act(act) => Told::Done(format!("{who} {}", done(act, calendar))),
    };
    if let Told::Said(text) = &mut told {
        if line.edited.is_some() {
            text.push_str(" (edited)");
        }
        if line.is_pinned {
            text.push_str(" (pinned)");
        }
        for (emoji, who) in line.reactions() {
            let who: Vec<_> = who.into_iter().map(render_text).collect();
            text.push_str(&format!(" [{} {}]", render_text(emoji), who.join(", ")));
        }
    }
    told
}

/// Whose message, and its beginning; its number, where it is not at hand.
fn of_whom(number: RoomSeq, line: Option<&Line>) -> String {
    match line.and_then(|line| Some((line, quote(line)?))) {
        Some((line, quote)) => format!("{}: {quote}", render_text(&line.name)),
        None => number.to_string(),
    }
}

/// `a message of ann`, `their message`, `message 12`.
fn whose(number: RoomSeq, by: &Entry, line: Option<&Line>) -> String {
    match line {
        Some(line) if line.author == by.author => format!("a message of their own ({number})"),
        Some(line) => format!("a message of {} ({number})", render_text(&line.name)),
        None => format!("message {number}"),
    }
}

/// The beginning of what a message says.
fn quote(line: &Line) -> Option<String> {
    let What::Text(text, _) = &line.what else { return None };
    Some(format!("“{}”", beginning(text, QUOTED)))
}

/// Enough of a message to know it again, in one line.
pub fn beginning(text: &str, chars: usize) -> String {
    let mut beginning: String = text.chars().take(chars).collect();
    if beginning.len() < text.len() {
        beginning.push('…');
    }
    render_text(&beginning).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chinwag_proto::time::WallTime;
    use chinwag_proto::wire::id::AccountId;
    use chinwag_proto::wire::message::{Access, Role};

    use chinwag_desk::UTC;

    fn entry(author: u64, name: &str, body: Body) -> Entry {
        Entry { at: WallTime::from_unix_millis(1_795_406_400_007), author: AccountId(author), name: name.into(), body }
    }

    fn said(text: &str) -> Told {
        Told::Said(text.into())
    }

    fn done(text: &str) -> Told {
        Told::Done(text.into())
    }

    #[test]
    fn every_kind_of_entry_is_told() {
        let mut earlier = Messages::new(10);
        earlier.put(RoomSeq(1), entry(1, "ann", Body::Text("hello \x1b all".into())));
        let told = |name: &str, body| {
            let about = earlier.about(&body).cloned();
            tell(&entry(2, name, body), about.as_ref(), UTC)
        };
        let (here, gone) = (RoomSeq(1), RoomSeq(9));
        assert_eq!(told("bob", Body::Text("one\ntwo".into())), said("one\n      two"));
        assert_eq!(told("bob", Body::Reply { to: here, text: "hi".into() }), said("(to ann: “hello ␛ all”) hi"));
        assert_eq!(told("bob", Body::Reply { to: gone, text: "hi".into() }), said("(to 9) hi"));
        assert_eq!(told("ann", Body::Edit { of: here, text: "hey".into() }), said("hey (was: “hello ␛ all”)"));
        assert_eq!(told("ann", Body::Edit { of: gone, text: "hey".into() }), said("hey (edited 9)"));
        assert_eq!(told("bob", Body::Delete { of: here }), done("bob deleted a message of ann (1)"));
        let react = |is_set| Body::React { of: here, emoji: "+1".into(), is_set };
        assert_eq!(told("b\x07b", react(true)), done("b␇b +1 ann: “hello ␛ all”"));
        assert_eq!(told("bob", react(false)), done("bob takes +1 back from ann: “hello ␛ all”"));
        assert_eq!(told("bob", Body::Topic("tea".into())), done("bob set the topic: tea"));
        let act = |act| told("bob", Body::Act(act));
        assert_eq!(act(Act::Kick { who: "eve".into() }), done("bob put eve out"));
        assert_eq!(act(Act::Pin { of: here, is_set: true }), done("bob pinned ann: “hello ␛ all”"));
        assert_eq!(act(Act::Pin { of: gone, is_set: false }), done("bob unpinned 9"));
        assert_eq!(act(Act::Ban { who: "eve".into(), until: None }), done("bob banned eve"));
        assert_eq!(act(Act::Role { who: "ann".into(), role: Role::Owner }), done("bob made ann an owner"));
        assert_eq!(act(Act::Open(Access::Invite)), done("bob opened the room to those who are invited"));
    }
}
