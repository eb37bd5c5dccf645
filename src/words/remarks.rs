//! What the desk says to its user, in sentences.

use std::borrow::Cow;
use std::collections::BTreeMap;

use chinwag_client_core::{Attempt, Denial, words};
use chinwag_desk::remark::{
    AboutMessage, AboutRoom, AboutSecret, Answer, Asking, Done, Ignoring, Setting, Typed, Whence, Why,
};
use chinwag_desk::{About, Aside, Calendar, Deed, For, Question, Refused, Remark, Row, Tone};
use chinwag_node::render::{counted, render_lines, render_text};
use chinwag_proto::limits::{SEARCH_MAX_LEN, SECRET_MAX_LEN, STATUS_MAX_LEN, TEXT_MAX_LEN};
use chinwag_proto::wire::message::{Act, Body, Device, Member, Reach, Refusal, Role};

use crate::acts::{as_typed, role_name};
use crate::dates::date_time;
use crate::entries::beginning;
use crate::help;
use crate::lists::{listed, plain};
use crate::refusals::{refusal, refusal_of};
use crate::typed::{no_row, not_understood, unseen_line};
use crate::unsaid::still_unsaid;

/// Enough of one's own message to know it again.
const SHOWN: usize = 200;

/// What a remark says, in one aside or several.
#[must_use]
pub fn remark(remark: &Remark, calendar: Calendar) -> Vec<Aside> {
    match remark {
        Remark::Typed(typed) => vec![self::typed(typed)],
        Remark::Room(about) => vec![about_room(about)],
        Remark::Message(about) => vec![about_message(about, calendar)],
        Remark::Answer(answer) => self::answer(answer, calendar),
        Remark::Setting(setting) => self::setting(setting),
        Remark::Secret(about) => vec![about_secret(*about)],
        Remark::NobodyToAsk(what) => vec![trouble(nobody_to_ask(what))],
    }
}

/// What a message says; or what it does, as the user typed it. It is not safe to show yet.
#[must_use]
pub fn deed(deed: &Deed, calendar: Calendar) -> Cow<'_, str> {
    let of = || match deed.row {
        Some(Row::Number(number)) => number.to_string(),
        Some(Row::Tag(_)) => "^".to_owned(),
        None => String::new(),
    };
    Cow::Owned(match &deed.body {
        Body::Text(text) | Body::Reply { text, .. } | Body::Edit { text, .. } => return Cow::Borrowed(text),
        Body::Delete { .. } => format!("/delete {}", of()),
        Body::React { emoji, is_set: true, .. } => format!("/react {} {emoji}", of()),
        Body::React { emoji, is_set: false, .. } => format!("/react {} -{emoji}", of()),
        Body::Topic(topic) if topic.is_empty() => "/topic -".to_owned(),
        Body::Topic(topic) => format!("/topic {topic}"),
        Body::Act(Act::Pin { is_set: true, .. }) => format!("/pin {}", of()),
        Body::Act(Act::Pin { is_set: false, .. }) => format!("/unpin {}", of()),
        Body::Act(act) => as_typed(act, calendar),
    })
}

/// What is to be typed to say or do something once more; empty: what it is about is not there.
fn again(deed: &Deed, calendar: Calendar) -> String {
    match (&deed.body, deed.row) {
        (Body::Reply { text, .. }, Some(Row::Number(to))) => format!("/reply {to} {text}"),
        (Body::Edit { text, .. }, Some(Row::Number(of))) => format!("/edit {of} {text}"),
        (Body::Text(text) | Body::Reply { text, .. } | Body::Edit { text, .. }, _) if text.starts_with('/') => {
            format!("/{text}")
        }
        (Body::Text(text) | Body::Reply { text, .. } | Body::Edit { text, .. }, _) => text.clone(),
        (Body::Delete { .. } | Body::React { .. } | Body::Act(_), Some(Row::Tag(_))) => String::new(),
        (Body::Delete { .. } | Body::React { .. } | Body::Topic(_) | Body::Act(_), _) => {
            self::deed(deed, calendar).into_owned()
        }
    }
}

/// Enough of a message to know it again, in one line.
#[must_use]
pub fn beginning_of(deed: &Deed, calendar: Calendar) -> String {
    beginning(&self::deed(deed, calendar), SHOWN)
}

/// What stands before what is typed as the answer to a question.
#[must_use]
pub const fn prompt(question: &Question) -> &'static str {
    if question.is_again() {
        return "the same again: ";
    }
    match question.what() {
        For::Register(_) => "a password for your other devices (Enter: none): ",
        For::Login(_) => "password: ",
        For::Unregister => "your password, to delete the account (Enter: there is none): ",
        For::Old => "the present password (Enter: there is none): ",
        For::New(_) => "the new password: ",
        For::Unlock(_) | For::Create(_) | For::Open(_) => "the room's password: ",
    }
}

fn event(text: impl Into<String>) -> Aside {
    Aside::new(Tone::Event, text)
}

fn news(text: impl Into<String>) -> Aside {
    Aside::new(Tone::News, text)
}

fn trouble(text: impl Into<String>) -> Aside {
    Aside::new(Tone::Trouble, text)
}

fn typed(typed: &Typed) -> Aside {
    match typed {
        Typed::NotUnderstood(why) => trouble(not_understood(why)),
        Typed::TooLong(len) => {
            trouble(format!("a message of {len} octets is longer than one may be ({TEXT_MAX_LEN}); send it in parts"))
        }
        Typed::NotText => trouble("a line that is not UTF-8 is not sent"),
        Typed::Unseen(only) => trouble(unseen_line(*only)),
        Typed::NoRow(why) => trouble(no_row(*why)),
        Typed::RoomIsAnother { room } => {
            trouble(format!("this is {} now; Enter once more says it here", render_text(room)))
        }
        Typed::NoRoomChosen { room, text } => {
            let text = text.as_ref().map_or_else(String::new, |text| format!(": {}", render_lines(text, "   ")));
            let room = render_text(room);
            trouble(format!("NOT DELIVERED (you are not in {room}; choose a room first: /join #lobby){text}"))
        }
        Typed::NotSaid { room, text } => {
            news(format!("not said in {}: {}", render_text(room), render_lines(text, "   ")))
        }
        Typed::WouldLose(lost) => trouble(format!("{}; once more to go without", still_unsaid(*lost))),
        Typed::NoMoreHistory => trouble("there is no more of it; /history begins at the end"),
        Typed::NoWords => trouble("for what? /search blue bicycle"),
    }
}

fn about_room(about: &AboutRoom) -> Aside {
    match about {
        AboutRoom::Invited(room) => {
            let room = render_text(room);
            event(format!("you are invited to {room}: /join {room} enters it, /leave {room} declines"))
        }
        AboutRoom::Out(room) => event(format!("you are not in {} any more", render_text(room))),
        AboutRoom::FollowEnded(room, reason) => trouble(words::follow_ended(room, *reason)),
        AboutRoom::Left(room) => news(format!("left {}", render_text(room))),
        AboutRoom::WillLeave { room, is_in: true } => {
            news(format!("you leave {} as soon as there is a connection", render_text(room)))
        }
        AboutRoom::WillLeave { room, is_in: false } => {
            news(format!("if you are in {}, you leave it as soon as there is a connection", render_text(room)))
        }
        AboutRoom::Declined(room) => {
            news(format!("you do not follow the invitation to {}; nobody is told", render_text(room)))
        }
        AboutRoom::NotIn(room) | AboutRoom::Denied { request: Attempt::Leave(room), reason: Refusal::NotMember } => {
            trouble(format!("you are not in {}", render_text(room)))
        }
        AboutRoom::Denied { request: Attempt::Away, reason: Refusal::TooLarge } => {
            trouble(words::too_long("what is said of being away", STATUS_MAX_LEN))
        }
        AboutRoom::NoSuchRoom { room, meant } => {
            let room = render_text(room);
            let make = format!("/create {room} makes a new room that is open to all");
            trouble(match meant.as_deref().map(render_text) {
                Some(meant) => format!(
                    "there is no room {room}, or it is private. Is #{meant} meant? /join #{meant} enters it; {make}"
                ),
                None => format!("there is no room {room}, or it is private; {make}"),
            })
        }
        AboutRoom::Reset(room, back_to) => trouble(words::reset(room, *back_to)),
        AboutRoom::Unreadable(unreadable) => trouble(words::unreadable(unreadable)),
        AboutRoom::QuotaNear(near) => trouble(words::quota_near(near)),
        AboutRoom::Denied { request, reason } => {
            trouble(format!("{}: {}", render_text(&request.to_string()), refusal(*reason)))
        }
    }
}

fn about_message(about: &AboutMessage, calendar: Calendar) -> Aside {
    match about {
        AboutMessage::NotKept { what, is_sent, .. } => {
            let so = match is_sent {
                true => "but on its way",
                false => "and not sent yet: it is lost if this program ends before there is a connection",
            };
            let text = beginning_of(what, calendar);
            trouble(format!("NOT KEPT on this device (the log says why), {so}: {text}"))
        }
        AboutMessage::Refused { what, why, room, whence } => {
            let why = match why {
                Why::Refused(reason) => refusal_of(*reason, &what.body),
                Why::Orphan => Cow::Borrowed("what it is about was not delivered"),
            };
            // A message is lost unless it is said once more; anything else only was not done.
            let how = if what.is_said() { "NOT DELIVERED" } else { "not done" };
            let shown = render_text(room);
            let text = deed(what, calendar);
            let text = render_lines(&text, "   ");
            let said = match whence {
                Whence::Here => trouble(format!("{how} ({why}): {text}")),
                Whence::Elsewhere => trouble(format!("{how} in {shown} ({why}): {text}")),
                Whence::Before => trouble(format!("{how}, from before ({why}), to {shown}: {text}")),
            };
            Aside { refused: Some(Refused { room: room.clone(), again: again(what, calendar) }), ..said }
        }
        AboutMessage::OverBudget(over) => news(words::over_budget(*over)),
        AboutMessage::TakenBack => news("taken back; nobody saw it"),
        AboutMessage::Reworded => news("changed; still queued"),
        AboutMessage::Earlier { rooms, last } => news(earlier(rooms, last, calendar)),
        AboutMessage::SentFromBefore { what, room } => news(sent_from_before(room, &beginning_of(what, calendar))),
        AboutMessage::OnItsWay => news("your last message here is on its way"),
        AboutMessage::NotDelivered => news("your last message here was not delivered"),
        AboutMessage::NothingSaid => news(
            "this program has seen nothing that you said here; how far earlier messages got is not kept on this device",
        ),
    }
}

/// How many rooms are named where something waits in more.
const ROOMS_NAMED_MAX: usize = 3;

/// What is kept from before, by its rooms, and the last of it.
fn earlier(rooms: &BTreeMap<String, usize>, (room, what): &(String, Deed), calendar: Calendar) -> String {
    let text = beginning_of(what, calendar);
    if rooms.values().sum::<usize>() == 1 {
        return format!("not sent yet, from before, to {}: {text}", render_text(room));
    }
    let named = rooms.iter().take(ROOMS_NAMED_MAX);
    let named: Vec<String> = named.map(|(room, count)| format!("{count} to {}", render_text(room))).collect();
    let more = match rooms.len().saturating_sub(ROOMS_NAMED_MAX) {
        0 => String::new(),
        more => format!(", and more to {}", counted(more as u64, "other room")),
    };
    let last = format!("the last to {}: {text}", render_text(room));
    format!("not sent yet, from before: {}{more}; {last}", named.join(", "))
}

/// What an earlier program of this device had said is with the server now.
#[must_use]
pub fn sent_from_before(room: &str, text: &str) -> String {
    format!("sent from before, to {}: {text}", render_text(room))
}

fn answer(answer: &Answer, calendar: Calendar) -> Vec<Aside> {
    vec![match answer {
        Answer::Done(done) => news(deed_done(done)),
        Answer::Denied(Asking::Search, Denial::Refused(Refusal::TooLarge)) => {
            trouble(words::too_long("what is searched for", SEARCH_MAX_LEN))
        }
        Answer::Denied(asked, why) => trouble(format!("{}: {}", asking(*asked), denial(*why))),
        Answer::Devices(devices) => {
            return devices.iter().map(|device| event(device_line(device, calendar))).collect();
        }
        Answer::DeviceUnclear => trouble("that is the beginning of more than one; type more of it"),
        Answer::NoSuchDevice => trouble("you have no such device; /devices shows them"),
        Answer::Delivery(number, reach) => event(format!("message {number} is stored{}", reach_words(*reach))),
        Answer::History { room, entries, is_more } => {
            let more = if *is_more { " (/history more shows more)" } else { "" };
            let first = event(format!("history of {}{more}:", render_text(room)));
            let lines = plain(entries.clone(), calendar).into_iter();
            return [first].into_iter().chain(lines.map(|text| Aside::new(Tone::Line, text))).collect();
        }
        Answer::Rooms { rooms, is_more } => {
            let more = is_more.then(|| event("and more: chinwag rooms lists them all"));
            return rooms.iter().map(|(room, is_invited)| event(listed(room, *is_invited))).chain(more).collect();
        }
        Answer::NothingPinned => event("nothing is pinned in this room"),
        Answer::Members { room, members, is_more } => {
            let names: Vec<String> = members.iter().map(member_words).collect();
            let more = if *is_more { " …" } else { "" };
            event(format!("members of {}: {}{more}", render_text(room), names.join(", ")))
        }
    }]
}

fn deed_done(done: &Done) -> String {
    match done {
        Done::Revoked(label) => format!("{} is shut out", render_text(label)),
        Done::Unregistered => "the account is deleted".to_owned(),
        Done::PasswordSet => "the password is set".to_owned(),
        Done::RoomPasswordSet => "the room has a new password".to_owned(),
        Done::Opened => "the room is opened so from now on".to_owned(),
    }
}

/// What was asked for, as the user would say it.
const fn asking(asked: Asking) -> &'static str {
    match asked {
        Asking::Open => "open",
        Asking::Revoke => "revoke",
        Asking::Password => "password",
        Asking::Unregister => "unregister",
        Asking::History => "history",
        Asking::Search => "search",
        Asking::Rooms => "rooms",
        Asking::Pins => "pins",
        Asking::Join => "join",
        Asking::Topic => "topic",
        Asking::Members => "members",
        Asking::Devices => "devices",
        Asking::Status => "status",
    }
}

fn denial(why: Denial) -> String {
    match why {
        Denial::Refused(reason) => refusal(reason).to_owned(),
        Denial::LinkLost => why.to_string(),
    }
}

/// What rings by a rule.
const fn ringing(about: About) -> &'static str {
    match about {
        About::Mentions => "what is said to you rings",
        About::All => "everything rings",
        About::None => "nothing rings",
    }
}

fn setting(setting: &Setting) -> Vec<Aside> {
    vec![match setting {
        Setting::Arrivals(true) => news("it is said who comes and goes; /arrivals off ends that"),
        Setting::Arrivals(false) => {
            news("it is not said who comes and goes, /who shows who is here; /arrivals on says it again")
        }
        Setting::Muted(room, true) => {
            let room = render_text(room);
            news(format!("nothing in {room} rings or counts as unread on this device; /unmute {room} ends that"))
        }
        Setting::Muted(room, false) => news(format!("{} rings and counts again", render_text(room))),
        Setting::IsMuted(room, about) => {
            let (room, what) = (render_text(room), ringing(*about));
            news(format!("nothing rings in {room}, because it is muted on this device; after /unmute {room}, {what}"))
        }
        Setting::Rings(room, about) => {
            let (room, what) = (render_text(room), ringing(*about));
            news(format!("in {room}, {what}; /notify mentions, all or none changes that on this device"))
        }
        Setting::Topic(room, topic) if topic.is_empty() => news(format!("{} has no topic", render_text(room))),
        Setting::Topic(room, topic) => news(format!("topic of {}: {}", render_text(room), render_text(topic))),
        Setting::HoldsUnknown(room) => {
            trouble(format!("what holds in {} is known only once you are in it", render_text(room)))
        }
        Setting::NothingHolds(room) => news(format!("nothing particular holds in {}", render_text(room))),
        Setting::Away => news(AWAY),
        Setting::Back => news("you are shown as here"),
        Setting::NoColours => news("colours are the full screen's: chinwag chat --theme NAME"),
        Setting::Unsaid(left) => news(still_unsaid(*left)),
        Setting::Help(None) => return help::lines().map(news).collect(),
        Setting::Help(Some(command)) => return help_about(command),
        Setting::NameStays(name) => trouble(format!(
            "you are {} on this server, and a name can't be changed; another account needs a folder of its own: chinwag chat --home FOLDER --name NAME",
            render_text(name)
        )),
        Setting::IsSomeone(name) => {
            let name = render_text(name);
            trouble(format!(
                "you are {name} already; /password sets a password for your other devices, and asks for it"
            ))
        }
        Setting::OnlyOwnAccount(name) => {
            trouble(format!("only your own account, for good: /unregister {}", render_text(name)))
        }
        Setting::Ignoring(about) => ignoring(about),
    }]
}

/// What others are told of whoever is away, and how that ends.
pub const AWAY: &str = "you are shown as away; /back when you are here again";

fn help_about(command: &str) -> Vec<Aside> {
    let Some(help) = help::of(command) else { return Vec::new() };
    vec![news(format!("{}: {}", help.usage, help.what)), news(format!("for example {}", help.more))]
}

fn ignoring(about: &Ignoring) -> Aside {
    match about {
        Ignoring::These(names) if names.is_empty() => event("you ignore nobody"),
        Ignoring::These(names) => {
            let names: Vec<_> = names.iter().map(|name| render_text(name)).collect();
            event(format!("you ignore {}", names.join(", ")))
        }
        Ignoring::FromNowOn(name) => {
            let name = render_text(name);
            news(format!("what {name} writes is not shown from now on; /unignore {name} shows it again"))
        }
        Ignoring::NoMore(name) => news(format!("what {} writes is shown again from now on", render_text(name))),
        Ignoring::Not(name) => trouble(format!("you do not ignore {}", render_text(name))),
        Ignoring::Full(max) => {
            trouble(format!("you ignore {max} people, and a device keeps no more: /unignore one of them first"))
        }
    }
}

fn about_secret(about: AboutSecret) -> Aside {
    match about {
        AboutSecret::NothingDone => news("nothing was done"),
        AboutSecret::Differ => trouble("the two are not the same; nothing was done"),
        AboutSecret::Empty => trouble("an empty password is none; nothing was done"),
        AboutSecret::Unfit => trouble(refusal(Refusal::PasswordUnfit)),
        AboutSecret::UnfitForRoom => {
            trouble(format!("the password of a room has at most {SECRET_MAX_LEN} octets; choose another one"))
        }
    }
}

/// That a password is typed at a terminal, and what helps where there is none.
fn nobody_to_ask(what: &For) -> String {
    let (command, instead) = match what {
        For::Register(name) => {
            ("register".to_owned(), format!("chinwag register --name {} --password-file FILE", render_text(name)))
        }
        For::Login(name) => {
            ("login".to_owned(), format!("chinwag login --name {} --password-file FILE", render_text(name)))
        }
        For::Old | For::New(_) => ("password".to_owned(), AT_A_TERMINAL.to_owned()),
        For::Unregister => ("unregister".to_owned(), AT_A_TERMINAL.to_owned()),
        For::Unlock(room) => {
            let room = render_text(room);
            (format!("join {room}"), format!("/join {room} PASSWORD"))
        }
        For::Create(room) => {
            let room = render_text(room);
            (format!("create {room} password"), format!("{AT_A_TERMINAL}, or /create {room} invite, which needs none"))
        }
        For::Open(_) => ("open password".to_owned(), format!("{AT_A_TERMINAL}, or /open invite, which needs none")),
    };
    format!("/{command} asks for a password, and nobody is there to type it; nothing was done. Instead: {instead}")
}

/// Where passwords are typed.
const AT_A_TERMINAL: &str = "the same in `chinwag chat` at a terminal";

fn device_line(device: &Device, calendar: Calendar) -> String {
    let online = if device.is_online { ", online" } else { "" };
    let label = if device.label.is_empty() { String::new() } else { format!(" {}", render_text(&device.label)) };
    format!("{}{label}, since {}{online}", device.key, date_time(device.since, calendar))
}

fn member_words(member: &Member) -> String {
    let role = match member.role {
        Role::Member => String::new(),
        Role::Moderator | Role::Owner => format!(" ({})", role_name(member.role)),
    };
    let muted = if member.is_muted { " (muted)" } else { "" };
    format!("{}{role}{muted}", render_text(&member.name))
}

/// How far a message has got.
fn reach_words(reach: Reach) -> String {
    match reach {
        Reach { of: 0, .. } => ", and there is nobody else".to_owned(),
        Reach { delivered, read: 0, of } => format!(", delivered to {delivered} of {of}"),
        Reach { delivered, read, of } => format!(", delivered to {delivered} of {of}, read by {read}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ladder_in_words() {
        let words = |delivered, read, of| reach_words(Reach { delivered, read, of });
        assert_eq!(words(0, 0, 0), ", and there is nobody else");
        assert_eq!(words(1, 0, 3), ", delivered to 1 of 3");
        assert_eq!(words(3, 2, 3), ", delivered to 3 of 3, read by 2");
    }
}
