//! What people type, and what they are told.

use std::time::Duration;

use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::{Access, Act, Fact, Role};

use super::*;

#[test]
fn lines_without_a_slash_are_said() {
    assert_eq!(parse("hello, all"), Ok(Line::Say("hello, all".into())));
    assert_eq!(parse("  indented"), Ok(Line::Say("  indented".into())));
    assert_eq!(parse("//join is a command"), Ok(Line::Say("/join is a command".into())));
    assert_eq!(parse(" \t"), Ok(Line::Blank));
}

#[test]
fn rooms_and_people() {
    assert_eq!(parse("/join #lobby"), Ok(Line::Join("#lobby".into(), None)));
    assert_eq!(parse("/j lobby "), Ok(Line::Join("lobby".into(), None)));
    assert_eq!(parse("/join #vault open sesame"), Ok(Line::Join("#vault".into(), Some("open sesame".into()))));
    assert_eq!(parse("/who"), Ok(Line::Who(None)));
    assert_eq!(parse("/who #ops"), Ok(Line::Who(Some("#ops".into()))));
    assert_eq!(parse("/leave"), Ok(Line::Leave(None)));
    assert_eq!(parse("/msg ann  two  words"), Ok(Line::Msg { to: "ann".into(), text: "two  words".into() }));
    assert_eq!(parse("/msg @ann hi"), Ok(Line::Msg { to: "ann".into(), text: "hi".into() }));
    assert_eq!(parse("/quit"), Ok(Line::Quit));
    assert_eq!(parse("/help"), Ok(Line::Help(None)));
    assert_eq!(parse("/help /ban"), Ok(Line::Help(Some("ban"))));
    assert_eq!(parse("/create plans"), Ok(Line::Create("plans".into(), Access::Public)));
    assert_eq!(parse("/create #plans Private"), Ok(Line::Create("#plans".into(), Access::Private)));
    assert_eq!(parse("/ignore"), Ok(Line::Ignore(None)));
}

#[test]
fn what_others_could_not_be_shown_is_named_before_it_is_sent() {
    assert_eq!(parse("/me waves"), Err(ParseError::Elsewhere("me")));
    assert_eq!(parse("/nick"), Err(ParseError::Missing { what: Missing::Name, command: "nick" }));
}

#[test]
fn messages_are_named_by_number_or_as_the_last() {
    let number = |n| Which::Number(RoomSeq(n));
    assert_eq!(parse("/reply 12 yes, please"), Ok(Line::Reply(number(12), "yes, please".into())));
    assert_eq!(parse("/r ^ yes"), Ok(Line::Reply(Which::Last, "yes".into())));
    assert_eq!(parse("/edit #7 better"), Ok(Line::Edit(number(7), "better".into())));
    assert_eq!(parse("/delete ^"), Ok(Line::Delete(Which::Last)));
    let react = |emoji: &str, is_set| Ok(Line::React { of: number(3), emoji: emoji.into(), is_set });
    assert_eq!(parse("/react 3 👍"), react("👍", true));
    assert_eq!(parse("/react 3 -👍"), react("👍", false));
    assert_eq!(parse("/react 3 -"), react("-", true));
    assert_eq!(parse("/history 20"), Ok(Line::History(Past::Count(Some(20)))));
    assert_eq!(parse("/history More"), Ok(Line::History(Past::More)));
    assert_eq!(parse("/search"), Ok(Line::Search(String::new())), "the next page");
    assert_eq!(parse("/history 90m"), Ok(Line::History(Past::Since(Duration::from_secs(5_400)))));
}

#[test]
fn what_moderators_type() {
    let act = |line: &str| match parse(line) {
        Ok(Line::Act(act)) => act,
        other => panic!("{line}: {other:?}"),
    };
    assert_eq!(act("/kick @eve"), Act::Kick { who: "eve".into() });
    assert_eq!(act("/role ann Moderator"), Act::Role { who: "ann".into(), role: Role::Moderator });
    assert_eq!(act("/slow 30"), Act::Set(Fact::Slow(30)));
    let lasts = Some(Duration::from_secs(7_200));
    assert_eq!(parse("/ban eve 2h"), Ok(Line::Restrain { who: "eve".into(), how: Restraint::Ban, lasts }));
    assert_eq!(parse("/mute eve"), Ok(Line::Restrain { who: "eve".into(), how: Restraint::Mute, lasts: None }));
}

#[test]
fn what_people_type_elsewhere_works_or_says_what_to_type() {
    use crate::About;
    assert_eq!(parse("/list"), Ok(Line::Rooms));
    assert_eq!(parse("/names #ops"), Ok(Line::Who(Some("#ops".into()))));
    assert_eq!(parse("/nick ann2"), Ok(Line::Nick("ann2".into())));
    assert_eq!(parse("/notify All"), Ok(Line::Notify(Some(About::All))));
    assert_eq!(parse("/notify"), Ok(Line::Notify(None)));
    assert_eq!(parse("/theme light"), Ok(Line::Theme(Some("light".into()))));
    assert_eq!(parse("/mute #builds"), Ok(Line::Quiet { room: "#builds".into(), is_muted: true }));
    assert_eq!(parse("/unmute #builds"), Ok(Line::Quiet { room: "#builds".into(), is_muted: false }));
    assert_eq!(parse("/me waves"), Err(ParseError::Elsewhere("me")));
    assert_eq!(parse("/nick"), Err(ParseError::Missing { what: Missing::Name, command: "nick" }));
}
