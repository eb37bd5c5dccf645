//! The other end: what the server says of the same link, and of the time.

use std::net::SocketAddr;
use std::time::Duration;

use chinwag_proto::link;

use crate::measure::{OtherEnd, There};

use super::report::{Report, Verdict};

/// Clocks further apart than this show in what people read: times of messages.
const CLOCK_SHOWS: Duration = Duration::from_secs(5);
/// And further than this, what expires does so at another time than was meant.
const CLOCK_MATTERS: Duration = Duration::from_secs(120);

/// How the server sees it, which is at `addr`. `refused`: datagrams that this machine did not send, and that its link counts as
/// sent; `is_shut`: it sends nothing there any more.
pub(super) fn judge(
    report: &mut Report,
    here: &link::Stats,
    there: &OtherEnd,
    (addr, refused, is_shut): (SocketAddr, u64, bool),
) {
    let There { measured, ahead_ms, sent_until_asked } = *match there {
        OtherEnd::Told(there) => there,
        OtherEnd::Unknown => {
            return report.ok("other end", "this server is older, and does not say how it sees the link");
        }
        OtherEnd::Unanswered => {
            let finding = if is_shut {
                "the question how the server sees the link did not leave this machine"
            } else {
                "asked how it sees the link, the server did not answer in time"
            };
            return report.warning("other end", finding, &format!("chinwag doctor {addr}    # again"));
        }
    };
    let missing = |sent: u64, received: u64| (sent.saturating_sub(received), sent);
    let (lost_there, sent_there) = missing(sent_until_asked.saturating_sub(refused), measured.received);
    let (lost_back, sent_back) = missing(measured.sent, here.datagrams_received);
    let bad = |lost: u64, sent: u64| lost * 1_000 / sent.max(1) > 150;
    let few = |lost: u64, sent: u64| lost * 1_000 / sent.max(1) <= 10 || lost <= 1;
    let verdict = match (lost_there, lost_back) {
        (there, back) if few(there, sent_there) && few(back, sent_back) => Verdict::Ok,
        (there, back) if bad(there, sent_there) || bad(back, sent_back) => Verdict::Problem,
        _ => Verdict::Warning,
    };
    let finding = format!("{lost_there} of {sent_there} datagrams to the server, {lost_back} of {sent_back} from it");
    report.judge(
        "each way",
        verdict,
        &finding,
        "chinwag doctor    # there, too: on which side is the firewall, or the weak radio?",
    );
    let ms = |us: u64| format!("{}.{:02} ms", us / 1_000, us % 1_000 / 10);
    let finding = format!("{} smoothed, {} jitter", ms(measured.srtt_us), ms(measured.rttvar_us));
    let is_ok = measured.srtt_us <= 100_000 && measured.rttvar_us <= 30_000;
    let verdict = if is_ok { Verdict::Ok } else { Verdict::Warning };
    report.judge("rtt there", verdict, &finding, "chinwag admin peers    # there: is it so for others, too?");
    let (verdict, finding) = clock(ahead_ms);
    report.judge("clock", verdict, &finding, "timedatectl set-ntp true    # here, and there");
}

fn clock(ahead_ms: i64) -> (Verdict, String) {
    let apart = Duration::from_millis(ahead_ms.unsigned_abs());
    let verdict = match apart {
        apart if apart <= CLOCK_SHOWS => Verdict::Ok,
        apart if apart <= CLOCK_MATTERS => Verdict::Warning,
        _ => Verdict::Problem,
    };
    let finding = match ahead_ms {
        0 => String::from("the same here and there"),
        1.. => format!("the server's is {apart:?} ahead"),
        _ => format!("the server's is {apart:?} behind"),
    };
    (verdict, finding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_that_differ_are_said_to() {
        assert_eq!(clock(0), (Verdict::Ok, "the same here and there".into()));
        assert_eq!(clock(1_500), (Verdict::Ok, "the server's is 1.5s ahead".into()));
        assert_eq!(clock(-30_000), (Verdict::Warning, "the server's is 30s behind".into()));
        assert_eq!(clock(i64::MIN).0, Verdict::Problem);
    }
}
