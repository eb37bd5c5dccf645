//! Replies, for people and for programs.

use crate::admin::{Account, Clock, Near, PeerAddress, Quotas, Reply, Room, Session, Status, Token, Verdict};
use crate::render::{counted, render_text};
use chinwag_proto::time::WallTime;
use chinwag_proto::wire::message::Access;

use super::super::output::{say, tell};
use super::Failure;
use super::as_json::AsJson;
use super::running::done;
use crate::cli::entry::json_line;
use crate::cli::size::Size;

/// Prints a reply: as lines, or as JSON.
pub(super) fn reply(reply: Reply, json: bool) -> Result<(), Failure> {
    match reply {
        Reply::Status(status) => rows(&[status], json, status_lines),
        Reply::Peers(peers) if peers.is_empty() => tell("nobody is connected"),
        Reply::Accounts(accounts) if accounts.is_empty() => tell("there are no accounts yet"),
        Reply::Rooms(rooms) if rooms.is_empty() => tell("there are no rooms yet"),
        Reply::Tokens(tokens) if tokens.is_empty() => tell("there are no tokens"),
        Reply::Peers(peers) => rows(&peers, json, peer_lines),
        Reply::Accounts(accounts) => rows(&accounts, json, |a| vec![account_line(a)]),
        Reply::Rooms(rooms_) => rows(&rooms_, json, |r| vec![room_line(r)]),
        Reply::Tokens(tokens) => rows(&tokens, json, |t| vec![token_line(t)]),
        Reply::Clock(clock) => rows(&[clock], json, clock_lines),
        Reply::Verdict(verdict) => rows(&[verdict], json, verdict_lines),
        Reply::Quotas(quotas) => rows(&[quotas], json, quota_lines),
        Reply::Done => say(if json { "{\"done\":true}" } else { "done" }),
        Reply::Reloaded { waiting } if json => say(&serde_json::json!({"done": true, "waiting": waiting}).to_string()),
        Reply::Reloaded { waiting } if waiting.is_empty() => say("done"),
        Reply::Reloaded { waiting } => say(&format!("done; this waits for a restart: {}", waiting.join(", "))),
        Reply::Refused(_) | Reply::Failed(_) | Reply::ContactInfo(_) => return done(reply),
    }
    Ok(())
}

fn rows<T: AsJson>(rows: &[T], json: bool, lines: impl Fn(&T) -> Vec<String>) {
    for row in rows {
        if json {
            say(&json_line(&row.as_json()));
        } else {
            lines(row).iter().for_each(|line| say(line));
        }
    }
}

fn status_lines(status: &Status) -> Vec<String> {
    let count = |key| status.count(key);
    let mut lines = vec![
        format!(
            "{} from {}, {}, {}, {} since the start",
            counted(count("sessions"), "session"),
            if count("peers") == 1 { "1 address".to_owned() } else { format!("{} addresses", count("peers")) },
            counted(count("accounts"), "account"),
            counted(count("rooms"), "room"),
            counted(count("entries"), "message"),
        ),
        format!(
            "datagrams: {} sent ({} octets), {} received ({} octets)",
            count("datagrams_sent"),
            count("bytes_sent"),
            count("datagrams_received"),
            count("bytes_received"),
        ),
        format!(
            "of those sent, {} acknowledged, {} lost; {} sent again",
            count("acked"),
            count("lost"),
            match count("retransmitted") {
                1 => "1 copy of a message".to_owned(),
                copies => format!("{copies} copies of messages"),
            }
        ),
    ];
    lines.push(format!("what was said uses {}", Size(count("used_bytes"))));
    if status.full {
        lines.push("DISK FULL: what is said is refused until there is room for the store".to_owned());
    }
    if count("damaged") > 0 {
        let what = "`chinwag admin verify` says what, a backup or `chinwag admin repair` mends it";
        lines.push(format!("DISK DAMAGED: {} parts of the store can't be read; {what}", count("damaged")));
    }
    if !status.clock.believed {
        lines.push("CLOCK NOT BELIEVED: nothing is removed for its age; `chinwag admin clock` says more".to_owned());
    }
    if !status.auth.is_empty() {
        let said: Vec<_> = status.auth.iter().map(|(verdict, count)| format!("{count} {verdict}")).collect();
        lines.push(format!("auth command: {}", said.join(", ")));
    }
    let waiting = status.waiting.iter().filter(|(_, length)| *length > 0);
    lines.extend(waiting.map(|(queue, length)| format!("waiting {length}: {queue}")));
    lines.extend(status.drops.iter().map(|(why, count)| format!("{} dropped: {why}", counted(*count, "datagram"))));
    lines
}

/// How the clock stands, what comes of it, and what can be done.
fn clock_lines(clock: &Clock) -> Vec<String> {
    let Clock { wall_ms, paced_ms, believed, waited_s, wait_s, ended_ms } = *clock;
    let at = |ms| date(WallTime::from_unix_millis(ms));
    let mut lines = vec![format!("this machine's clock says {}", at(wall_ms))];
    if believed {
        lines.push("it is believed: it goes as it should since it was believed last".to_owned());
    } else {
        lines.push(match paced_ms {
            Some(paced) => {
                format!("it is NOT believed: by the time since it was believed last it should be {}", at(paced))
            }
            None => "it is NOT believed: nothing is known that it could be held against".to_owned(),
        });
        let (hours, of) = (waited_s / 3_600, wait_s / 3_600);
        lines.push(format!(
            "messages, tokens and invitations are removed for their age again when it agrees, or when it has run for {of} hours without a \
             further jump ({hours} so far)"
        ));
        lines.push("if it is right, `chinwag admin clock confirm` says so; if not, set it".to_owned());
    }
    if ended_ms > wall_ms {
        lines.push(format!(
            "tokens and invitations that were valid until {} or less have ended, though that is still to come: the clock was ahead \
             once. `chinwag admin clock confirm` makes those valid again that are not over",
            at(ended_ms)
        ));
    }
    lines
}

fn quota_lines(quotas: &Quotas) -> Vec<String> {
    let Quotas { account_bytes, room_bytes, server_bytes, used_bytes, near } = quotas;
    let most =
        |bytes: &Option<u64>| bytes.map_or_else(|| "no limit".to_owned(), |bytes| format!("up to {}", Size(bytes)));
    let mut lines = vec![
        format!("of an account: {}", most(account_bytes)),
        format!("of a room: {}", most(room_bytes)),
        format!("in all: {}, of which {} are used", most(server_bytes), Size(*used_bytes)),
    ];
    lines.extend(near.iter().map(|Near { account, room, used_bytes, quota_bytes }| {
        let what = match (account, room) {
            (Some(name), _) => format!("account {}", render_text(name)),
            (None, room) => format!("room {}", render_text(room.as_deref().unwrap_or_default())),
        };
        let how = if used_bytes >= quota_bytes { "FULL" } else { "NEARLY FULL" };
        format!("{how}: {what} uses {} of {}", Size(*used_bytes), Size(*quota_bytes))
    }));
    lines
}

fn peer_lines(peer: &PeerAddress) -> Vec<String> {
    std::iter::once(peer.addr.to_string()).chain(peer.sessions.iter().map(session_line)).collect()
}

fn session_line(session: &Session) -> String {
    let Session { account, token, heard, rooms, stands_s, srtt_us, loss_pct, retransmitted, .. } = session;
    let who = account.as_deref().map_or_else(|| "nobody yet".into(), render_text);
    let token = if *token { ", by a token" } else { "" };
    let heard = if *heard { "" } else { ", UNREACHABLE" };
    let rtt = match srtt_us {
        0 => "RTT unknown".to_owned(),
        us => format!("RTT {}.{:02} ms", us / 1_000, us % 1_000 / 10),
    };
    let for_how_long = match stands_s {
        0..120 => format!("{stands_s} s"),
        120..7_200 => format!("{} min", stands_s / 60),
        _ => format!("{} h", stands_s / 3_600),
    };
    format!(
        "    {who}{token}{heard}: {}, {rtt}, loss {loss_pct:.1} %, {} sent again, for {for_how_long}",
        counted(*rooms as u64, "room"),
        counted(*retransmitted, "message")
    )
}

fn account_line(account: &Account) -> String {
    let Account { name, devices, sessions, rooms, owner, password, vouched, used_bytes, banned } = account;
    let owner = if *owner { ", owner" } else { "" };
    let banned = if *banned { ", BANNED" } else { "" };
    let password = match (*password, *vouched) {
        (_, true) => ", by the auth command",
        (true, false) => ", has a password",
        (false, false) => "",
    };
    let used = Size(*used_bytes);
    let [devices, sessions, rooms] =
        [(*devices, "device"), (*sessions, "session"), (*rooms, "room")].map(|(count, one)| counted(count as u64, one));
    format!("{}: {devices}, {sessions}, {rooms}, wrote {used}{password}{owner}{banned}", render_text(name))
}

fn room_line(room: &Room) -> String {
    let access = match room.access {
        Access::Public => "public",
        Access::Password => "by password",
        Access::Invite => "by invitation",
        Access::Private => "private",
    };
    let topic = if room.topic.is_empty() { String::new() } else { format!(" | {}", render_text(&room.topic)) };
    let Room { name, head, members, followers, keep, used_bytes, .. } = room;
    let used = Size(*used_bytes);
    let members = counted(*members as u64, "member");
    let entries = if *head == 1 { "1 entry".to_owned() } else { format!("{head} entries") };
    format!("#{}: {access}, {members}, {followers} here, {entries}, {used}, kept {keep}{topic}", render_text(name))
}

fn token_line(token: &Token) -> String {
    let may = match (token.read, token.write) {
        (true, true) => "reads and writes",
        (true, false) => "reads",
        (false, true) => "writes",
        (false, false) => "nothing",
    };
    let rooms = token.rooms.as_ref().map_or_else(String::new, |rooms| format!(" in {}", rooms.join(", ")));
    let until =
        token.until_ms.map_or_else(String::new, |ms| format!(", until {}", date(WallTime::from_unix_millis(ms))));
    format!("{}: {} {may}{rooms}{until}", render_text(&token.label), render_text(&token.account))
}

fn verdict_lines(said: &Verdict) -> Vec<String> {
    let name = said.name.as_ref().map_or_else(String::new, |name| format!(", as {}", render_text(name)));
    let role = if said.moderator { ", moderator" } else { "" };
    let why = said.why.as_ref().map_or_else(String::new, |why| format!(": {}", render_text(why)));
    let mut lines = vec![format!("{}{name}{role}{why} ({} ms)", render_text(&said.verdict), said.took_ms)];
    // Where it failed, that is a part of the reason already.
    let complaint = said.complaint.lines().filter(|_| said.why.is_none());
    lines.extend(complaint.map(|line| format!("    its standard error: {}", render_text(line))));
    lines
}

/// RFC 3339, in UTC.
pub(in crate::cli) fn date(at: WallTime) -> String {
    let ms = i64::try_from(at.as_unix_millis()).ok();
    ms.and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok()).map_or_else(|| "never".to_owned(), |at| at.to_string())
}
