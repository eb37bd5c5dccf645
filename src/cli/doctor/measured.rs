//! What was measured on the way to a server, by what a conversation needs. What this machine did not send is no fault of the network.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use chinwag_proto::limits::{DATAGRAM_MAX_LEN, DATAGRAM_MIN_LEN};
use chinwag_proto::link;

use crate::measure::Measured;

use super::firewall::{Firewall, Need};
use super::lengths::Lengths;
use super::refusal::{Refusal, What};
use super::report::{Report, Verdict};
use super::there;

/// What this machine itself did while a way was measured.
pub(super) struct Here<'a> {
    /// Where the server is.
    pub(super) addr: SocketAddr,
    /// Datagrams of the session that the system refused, if there are any, and why the last one was.
    pub(super) refused: Option<(u64, Arc<io::Error>)>,
    /// What it sends there.
    pub(super) lengths: Lengths,
    pub(super) firewall: &'a Firewall,
}

impl Here<'_> {
    /// Why it refuses, and what shows more of it.
    pub(super) fn refusal(&self, error: &io::Error) -> Refusal {
        Refusal::of(What::Send, error, self.addr.ip(), self.firewall, Need::Calling(self.addr.port()))
    }

    fn refused_count(&self) -> u64 {
        self.refused.as_ref().map_or(0, |(count, _)| *count)
    }

    /// Of the datagrams that were refused, those that the link takes for lost.
    fn refused_as_lost(&self, link: &link::Stats) -> u64 {
        match self.lengths {
            Lengths::UpTo(..) => self.refused_count().saturating_sub(link.too_long),
            Lengths::All | Lengths::None(_) => self.refused_count(),
        }
    }
}

pub(super) fn judge(report: &mut Report, here: &Here<'_>, measured: &Measured) {
    let link = &measured.link;
    let host = host(here.addr);
    sending(report, here, link);
    loss(report, here, link, &host);
    let (srtt, min, jitter) = (link.srtt_us, link.min_rtt_us, link.rttvar_us);
    let finding = format!("{} smoothed, {} at least", ms(srtt), ms(min));
    report.judge("rtt", by(srtt <= 100_000, srtt <= 1_000_000), &finding, &format!("ping -c 20 {host}"));
    let on_air = "iw dev    # on Wi-Fi: another channel, or a cable";
    report.judge("jitter", by(jitter <= 30_000, true), &ms(jitter), on_air);
    mtu(report, here, measured);
    let is_shut = matches!(here.lengths, Lengths::None(_));
    there::judge(report, link, &measured.there, (here.addr, here.refused_as_lost(link), is_shut));
}

/// What the system refused to send, where that is not for its length: that is said with the lengths.
fn sending(report: &mut Report, here: &Here<'_>, link: &link::Stats) {
    let Some((refused, error)) = &here.refused else { return };
    if matches!(here.lengths, Lengths::UpTo(..)) {
        return;
    }
    let (addr, all) = (here.addr, link.datagrams_sent.max(*refused));
    let Refusal { cause, fix } = here.refusal(error);
    let finding = format!("this machine refused to send {refused} of {all} datagrams to {addr}: {cause}");
    report.warning("sending", &finding, &fix);
}

/// What left this machine and was not acknowledged.
fn loss(report: &mut Report, here: &Here<'_>, link: &link::Stats, host: &str) {
    // A datagram whose acknowledgement was lost counts, too: it is the loss of the whole round.
    let lost = link.lost.saturating_sub(link.spurious).saturating_sub(here.refused_as_lost(link));
    let refused = here.refused_count();
    let sent = link.datagrams_sent.saturating_sub(refused).max(1);
    let per_mille = lost * 1_000 / sent;
    let share = format!("({}.{} %)", per_mille / 10, per_mille % 10);
    let mut finding = format!("{lost} of {sent} datagrams, or their acknowledgements {share}");
    if refused > 0 {
        finding += &format!("; {refused} more did not leave this machine");
    }
    let narrow = usize::try_from(link.longest_acked).is_ok_and(|longest| longest < DATAGRAM_MIN_LEN);
    let fix = if lost > 0 && narrow {
        finding += &format!("; none longer than {} octets is known to have come", link.longest_acked);
        format!("mtr -u -s {DATAGRAM_MIN_LEN} {host}    # where long ones are lost")
    } else {
        format!("mtr -u {host}    # where they are lost")
    };
    report.judge("loss", by(per_mille <= 10, per_mille <= 150), &finding, &fix);
}

/// Whether the way carries the longest datagrams. Where it does not, chat passes all the same, in more of them, if it carries those
/// that every path is to carry.
fn mtu(report: &mut Report, here: &Here<'_>, measured: &Measured) {
    let Measured { link, full_sent: sent, full_answered: answered, .. } = measured;
    let full = u32::try_from(DATAGRAM_MAX_LEN).unwrap_or(u32::MAX);
    let verdict = match (link.path_mtu >= full, *answered) {
        (true, answered) if answered == *sent => Verdict::Ok,
        (false, answered) if answered == *sent => Verdict::Warning,
        (_, 0) => Verdict::Problem,
        (..) => Verdict::Warning,
    };
    let long = match answered {
        0 => format!("none of {sent} long messages was answered"),
        answered => format!("{answered} of {sent} long messages were answered, in shorter ones"),
    };
    if let Lengths::UpTo(longest, error) = &here.lengths {
        let Refusal { cause, fix } = here.refusal(error);
        let finding =
            format!("this machine sends no datagram longer than {longest} octets to {}: {cause}; {long}", here.addr);
        return report.judge("mtu", verdict.max(Verdict::Warning), &finding, &fix);
    }
    let finding = if link.path_mtu >= full {
        format!("{answered} of {sent} datagrams of {full} octets were answered, none was split")
    } else {
        let got = match link.longest_acked {
            0 => "none at all was".to_owned(),
            longest => format!("the longest that was had {longest}"),
        };
        format!("datagrams of {full} octets are not acknowledged, {got}; {long}")
    };
    let fix = "ip link set dev IFACE mtu 1280    # of the tunnel or bridge that drops longer ones, at least";
    report.judge("mtu", verdict, &finding, fix);
}

fn ms(us: u64) -> String {
    format!("{}.{:02} ms", us / 1_000, us % 1_000 / 10)
}

const fn by(is_ok: bool, is_warning: bool) -> Verdict {
    match (is_ok, is_warning) {
        (true, _) => Verdict::Ok,
        (false, true) => Verdict::Warning,
        (false, false) => Verdict::Problem,
    }
}

/// The address as other programs take it.
fn host(addr: SocketAddr) -> String {
    match addr {
        SocketAddr::V6(v6) if v6.scope_id() != 0 => format!("{}%{}", v6.ip(), v6.scope_id()),
        SocketAddr::V4(_) | SocketAddr::V6(_) => IpAddr::to_string(&addr.ip()),
    }
}
