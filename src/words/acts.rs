//! What was asked to be done and was not, in the words in which it is typed.

use chinwag_desk::Calendar;
use chinwag_proto::time::WallTime;
use chinwag_proto::wire::message::{Access, Act};

use crate::dates::date_time;
use crate::entries::role_name;

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
        Act::Slow { interval_s } => format!("/slow {interval_s}"),
    }
}

/// Who may enter a room, as it is typed.
const fn access_name(access: Access) -> &'static str {
    match access {
        Access::Public => "public",
        Access::Password => "password",
        Access::Invite => "invite",
        Access::Private => "private",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chinwag_desk::UTC;

    #[test]
    fn what_was_not_done_is_not_told_as_if_it_had_been() {
        let typed = |act: Act| as_typed(&act, UTC);
        let who = || "edi".to_owned();
        assert_eq!(typed(Act::Mute { who: who(), until: None }), "/mute edi");
        let until = Some(WallTime::from_unix_millis(0));
        assert_eq!(typed(Act::Ban { who: who(), until }), "/ban edi (until 1970-01-01 00:00)");
        assert_eq!(typed(Act::Open(Access::Invite)), "/open invite");
        assert_eq!(typed(Act::Slow { interval_s: 0 }), "/slow 0");
    }
}
