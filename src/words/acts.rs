//! What is done to rooms and their members, in words: as it was done, as it is typed where it was not done, and the names that
//! programs know. What it gives to people is safe to show but for what they typed themselves.

use chinwag_desk::Calendar;
use chinwag_node::render::{counted, render_text};
use chinwag_proto::time::WallTime;
use chinwag_proto::wire::message::{Access, Act, Fact, Role};

use crate::dates::date_time;

/// What was done to a member or a room, without the one who did it.
pub fn done(act: &Act, calendar: Calendar) -> String {
    let whom = render_text(act.who().unwrap_or_default()).into_owned();
    match act {
        Act::Role { role, .. } => format!("made {whom} {}", role_words(*role)),
        Act::Kick { .. } => format!("put {whom} out"),
        Act::Ban { until, .. } => format!("banned {whom}{}", until_words(*until, calendar)),
        Act::Unban { .. } => format!("lifted the ban of {whom}"),
        Act::Mute { until, .. } => format!("muted {whom}{}", until_words(*until, calendar)),
        Act::Unmute { .. } => format!("let {whom} write again"),
        Act::Invite { .. } => format!("invited {whom}"),
        Act::Open(access) => format!("opened the room to {}", access_words(*access)),
        Act::Pin { of, is_set: true } => format!("pinned message {of}"),
        Act::Pin { of, is_set: false } => format!("unpinned message {of}"),
        Act::Set(Fact::Slow(0)) => "ended slow mode".to_owned(),
        Act::Set(Fact::Slow(interval_s)) => format!("set {}", slow(*interval_s)),
        Act::Set(Fact::Rules(rules)) if rules.is_empty() => "removed the rules".to_owned(),
        Act::Set(Fact::Rules(rules)) => format!("set the rules: {}", render_text(rules)),
        Act::Set(Fact::Pins(pins)) => format!("pinned {}", counted(pins.len() as u64, "message")),
    }
}

/// What holds in a room, for whoever enters it; `None`: it is as in any new room.
#[must_use]
pub fn holds(fact: &Fact) -> Option<String> {
    match fact {
        Fact::Pins(pins) if pins.is_empty() => None,
        Fact::Pins(pins) => Some(format!("{} pinned; /pins shows what", counted(pins.len() as u64, "message"))),
        Fact::Rules(rules) => {
            Some(rules).filter(|rules| !rules.is_empty()).map(|rules| format!("rules: {}", render_text(rules)))
        }
        Fact::Slow(0) => None,
        Fact::Slow(interval_s) => Some(slow(*interval_s)),
    }
}

fn slow(interval_s: u32) -> String {
    format!("slow mode: a message per member every {interval_s} s")
}

/// What is done to a member or a room, as it is typed: what was not done is never said as if it had been.
pub(crate) fn as_typed(act: &Act, calendar: Calendar) -> String {
    let until = |until: &Option<WallTime>| {
        until.map_or_else(String::new, |until| format!(" (until {})", date_time(until, calendar)))
    };
    match act {
        Act::Role { who, role } => format!("/role {who} {}", role_name(*role)),
        Act::Kick { who } => format!("/kick {who}"),
        Act::Ban { who, until: end } => format!("/ban {who}{}", until(end)),
        Act::Unban { who } => format!("/unban {who}"),
        Act::Mute { who, until: end } => format!("/mute {who}{}", until(end)),
        Act::Unmute { who } => format!("/unmute {who}"),
        Act::Invite { who } => format!("/invite {who}"),
        Act::Open(access) => format!("/open {}", access_name(*access)),
        Act::Pin { of, is_set: true } => format!("/pin {of}"),
        Act::Pin { of, is_set: false } => format!("/unpin {of}"),
        Act::Set(Fact::Slow(interval_s)) => format!("/slow {interval_s}"),
        Act::Set(Fact::Rules(rules)) if rules.is_empty() => "/rules -".to_owned(),
        Act::Set(Fact::Rules(rules)) => format!("/rules {rules}"),
        Act::Set(Fact::Pins(_)) => "/pin".to_owned(),
    }
}

/// A role, with its article.
pub const fn role_words(role: Role) -> &'static str {
    match role {
        Role::Member => "a member",
        Role::Moderator => "a moderator",
        Role::Owner => "an owner",
    }
}

/// For whom a room is open.
pub const fn access_words(access: Access) -> &'static str {
    match access {
        Access::Public => "everyone",
        Access::Password => "those who know its password",
        Access::Invite => "those who are invited",
        Access::Private => "those who are invited, unlisted",
    }
}

/// A role, as it is typed, and for programs.
pub const fn role_name(role: Role) -> &'static str {
    match role {
        Role::Member => "member",
        Role::Moderator => "moderator",
        Role::Owner => "owner",
    }
}

/// Who may enter a room, as it is typed, and for programs.
#[must_use]
pub const fn access_name(access: Access) -> &'static str {
    match access {
        Access::Public => "public",
        Access::Password => "password",
        Access::Invite => "invite",
        Access::Private => "private",
    }
}

fn until_words(until: Option<WallTime>, calendar: Calendar) -> String {
    until.map_or_else(String::new, |until| format!(" until {}", date_time(until, calendar)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chinwag_desk::UTC;
    use chinwag_proto::wire::id::RoomSeq;

    #[test]
    fn what_holds_is_said_unless_it_is_as_in_any_room() {
        let pins = |count: u64| Fact::Pins((0..count).map(RoomSeq).collect());
        assert_eq!((holds(&pins(0)), holds(&Fact::Slow(0))), (None, None));
        assert_eq!(holds(&pins(2)).as_deref(), Some("2 messages pinned; /pins shows what"));
        let rules = |rules: &str| holds(&Fact::Rules(rules.into()));
        assert_eq!((rules(""), rules("be \x1b kind").as_deref()), (None, Some("rules: be ␛ kind")));
        assert_eq!(holds(&Fact::Slow(10)).as_deref(), Some("slow mode: a message per member every 10 s"));
    }

    #[test]
    fn what_was_not_done_is_not_told_as_if_it_had_been() {
        let typed = |act: Act| as_typed(&act, UTC);
        let who = || "edi".to_owned();
        assert_eq!(typed(Act::Mute { who: who(), until: None }), "/mute edi");
        let until = Some(WallTime::from_unix_millis(0));
        assert_eq!(typed(Act::Ban { who: who(), until }), "/ban edi (until 1970-01-01 00:00)");
        assert_eq!(typed(Act::Open(Access::Invite)), "/open invite");
        assert_eq!(typed(Act::Set(Fact::Slow(0))), "/slow 0");
    }
}
