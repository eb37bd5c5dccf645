//! How long a datagram the path carries (RFC 8899, Datagram Packetization Layer Path MTU Discovery; PROTOCOL.md, "Path MTU").
//!
//! A link begins with the longest datagrams there are, since nearly every path carries them. Where they vanish while shorter
//! ones arrive, it goes down to what every path carries, and looks from there for the longest that passes, with datagrams that
//! carry nothing but their length. Nothing is sent for this on a path that has shown no sign of being narrow.
//!
//! What differs from RFC 8899: it confirms a base size of about 1,200 octets and searches upwards from there (sections 5.1.2
//! and 5.2); here the longest size is in use from the start, and the search is for what lies below it. It may be told by ICMP
//! (section 4.6), which this machine does not see. `MAX_PROBES` is the same 3 (section 5.1.2). A probe counts as lost when loss
//! detection says so and not after the 15 s and more of `PROBE_TIMER`, and the next search begins after a minute instead of the
//! ten of `PMTU_RAISE_TIMER` (section 5.1.1), and only if there is something to send that would fill it.

use crate::limits::{
    BLACK_HOLE_BURSTS_MAX, BLACK_HOLE_BURSTS_MIN, DATAGRAM_MAX_LEN, DATAGRAM_MIN_LEN, MTU_PROBES_MAX, MTU_RAISE_S,
    MTU_SEARCH_STEP, SEALED_HEADER_LEN, TAG_LEN,
};
use crate::time::Instant;

use super::cut;
use super::loss::Loss;

/// What is known of the path's size. All lengths are those of datagrams, in octets of UDP payload.
#[derive(Clone, Copy, Debug)]
pub(super) struct PathMtu {
    /// No datagram that carries anything is longer.
    len: usize,
    /// The longest datagram that has arrived; 0: none has.
    longest: usize,
    run: Option<Run>,
    search: Search,
}

/// Longer datagrams that were lost while shorter ones arrived, with none of their length arriving since the first of them.
#[derive(Clone, Copy, Debug)]
struct Run {
    first: u64,
    /// The shortest of them.
    shortest: usize,
    /// How often in a row, each time with a shorter one arriving after.
    bursts: u32,
    /// What is lost up to this packet number belongs to the last burst.
    burst_end: u64,
    /// How many they are.
    datagrams: u64,
    /// The measured loss when the run began: what vanishes for its length says nothing of the loss of the rest.
    before: Loss,
}

/// The path is narrower than was thought.
#[derive(Clone, Copy, Debug)]
pub(super) struct Narrow {
    /// So many datagrams were lost for their length.
    pub(super) datagrams: u64,
    /// The measured loss as it was before them.
    pub(super) loss: Loss,
}

/// Where the search for a longer size stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Search {
    /// There is nothing to look for.
    Done,
    /// It is over for now: datagrams of `too_long` do not pass.
    Waits { until: Instant },
    /// The next probe has `len` octets; `lost` of this length were lost. One of `too_long` does not pass.
    Probes { len: usize, too_long: usize, lost: u32, out: Option<u64> },
}

impl PathMtu {
    pub(super) const fn new() -> Self {
        Self { len: DATAGRAM_MAX_LEN, longest: 0, run: None, search: Search::Done }
    }

    /// The longest datagram that is sent.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// The longest datagram that has arrived; 0: none has.
    pub(super) const fn longest_acked(&self) -> usize {
        self.longest
    }

    /// A datagram longer than every path carries has arrived.
    const fn is_proved(&self) -> bool {
        self.longest > DATAGRAM_MIN_LEN
    }

    /// Octets of a message in a fragment.
    pub(super) const fn fragment_len(&self) -> usize {
        cut::fragment_len(self.len)
    }

    /// Room for frames in the next datagram. The probe timer's `step`-th datagram in vain is now and then one that every path
    /// carries, so that a path too narrow for the others is told from one that carries nothing.
    pub(super) fn room(&self, probe_step: Option<u32>) -> usize {
        let is_suspect = self.run.is_some_and(|run| run.bursts > 1 || !self.is_proved());
        let is_short = probe_step.is_some_and(|step| step % 2 == 1 && (step > 2 || is_suspect));
        let len = if is_short { DATAGRAM_MIN_LEN } else { self.len };
        len - SEALED_HEADER_LEN - TAG_LEN
    }

    /// A datagram has arrived.
    pub(super) fn acked(&mut self, now: Instant, number: u64, len: usize) {
        self.longest = self.longest.max(len);
        self.run.take_if(|run| len >= run.shortest && number >= run.first);
        if let Search::Probes { len: probed, too_long, out, .. } = self.search
            && out == Some(number)
        {
            self.len = probed;
            self.search = next(now, probed, too_long);
        }
    }

    /// A datagram was lost; `acked_upto` is the largest number that was acknowledged, `loss` what was measured until then.
    /// Gives whether that shows the path to be narrower than was thought: from now on datagrams are shorter.
    pub(super) fn lost(
        &mut self,
        now: Instant,
        number: u64,
        len: usize,
        acked_upto: u64,
        loss: &Loss,
    ) -> Option<Narrow> {
        if len <= DATAGRAM_MIN_LEN {
            return None;
        }
        let run = self.run.get_or_insert(Run {
            first: number,
            shortest: len,
            bursts: 0,
            burst_end: 0,
            datagrams: 0,
            before: *loss,
        });
        run.datagrams += 1;
        run.shortest = run.shortest.min(len);
        if run.bursts == 0 || number > run.burst_end {
            run.bursts += 1;
            run.burst_end = acked_upto.max(number);
        }
        if run.bursts < bursts_needed(run.before.ppht(now)) {
            return None;
        }
        let narrow = Narrow { datagrams: run.datagrams, loss: run.before };
        *self = Self { len: DATAGRAM_MIN_LEN, longest: self.longest, run: None, search: Search::Done };
        self.search = first(DATAGRAM_MAX_LEN + 1);
        Some(narrow)
    }

    /// A datagram of the search was lost.
    pub(super) fn probe_lost(&mut self, now: Instant, number: u64) {
        let Search::Probes { len, too_long, lost, out } = self.search else { return };
        if out != Some(number) {
            return;
        }
        self.search = if lost + 1 < MTU_PROBES_MAX {
            Search::Probes { len, too_long, lost: lost + 1, out: None }
        } else {
            next(now, self.len, len)
        };
    }

    /// There was more to send than fitted: it may be worth to look again for a longer size.
    pub(super) fn note_full(&mut self, now: Instant) {
        if let Search::Waits { until } = self.search
            && now >= until
        {
            self.search = first(DATAGRAM_MAX_LEN + 1);
        }
    }

    /// The length of the probe that is to be sent, if one is.
    pub(super) const fn probe(&self) -> Option<usize> {
        match self.search {
            Search::Probes { len, out: None, .. } => Some(len),
            Search::Probes { .. } | Search::Done | Search::Waits { .. } => None,
        }
    }

    /// It is sent under this number.
    pub(super) const fn probe_sent(&mut self, number: u64) {
        if let Search::Probes { out, .. } = &mut self.search {
            *out = Some(number);
        }
    }
}

/// The search begins: most paths that seemed narrow are not, but lost much for a while.
const fn first(too_long: usize) -> Search {
    Search::Probes { len: too_long - 1, too_long, lost: 0, out: None }
}

/// What follows when `len` passes and `too_long` does not: the search halves what lies between (RFC 8899, section 5.3.2, leaves
/// the choice of sizes open).
const fn next(now: Instant, len: usize, too_long: usize) -> Search {
    if len == DATAGRAM_MAX_LEN {
        return Search::Done;
    }
    if too_long - len <= MTU_SEARCH_STEP {
        return Search::Waits { until: now.plus_micros(MTU_RAISE_S * 1_000_000) };
    }
    Search::Probes { len: usize::midpoint(len, too_long), too_long, lost: 0, out: None }
}

/// So many bursts in a row come by chance once in a million times, at this loss. RFC 8899, section 4.3, only says that a black
/// hole is found by lost datagrams and warns of mistaking other loss for one; the number is ours.
fn bursts_needed(loss_ppht: u32) -> u32 {
    let mut chance_ppb = 1_000_000_000_u64;
    let mut bursts = 0;
    while chance_ppb > 1_000 && bursts < BLACK_HOLE_BURSTS_MAX {
        chance_ppb = chance_ppb * u64::from(loss_ppht) / 100_000;
        bursts += 1;
    }
    bursts.max(BLACK_HOLE_BURSTS_MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = Instant::from_micros(1_000_000);

    fn narrow(mtu: &mut PathMtu) {
        for number in [1, 3] {
            assert_eq!(mtu.lost(NOW, number, 1_200, number + 1, &Loss::new()).map(|_| ()), None);
        }
        assert!(mtu.lost(NOW, 5, 1_000, 6, &Loss::new()).is_some());
    }

    /// Lets the search run its course on a path that carries `path` octets; gives the lengths of its probes.
    fn search(mtu: &mut PathMtu, path: usize) -> alloc::vec::Vec<usize> {
        let mut probes = alloc::vec::Vec::new();
        let mut number = 100;
        while let Some(len) = mtu.probe() {
            number += 1;
            mtu.probe_sent(number);
            assert_eq!(mtu.probe(), None, "one at a time");
            probes.push(len);
            if len <= path { mtu.acked(NOW, number, len) } else { mtu.probe_lost(NOW, number) }
        }
        probes
    }

    #[test]
    fn a_path_is_narrow_when_longer_datagrams_vanish_again_and_again_while_shorter_ones_arrive() {
        let mut mtu = PathMtu::new();
        narrow(&mut mtu);
        assert_eq!((mtu.len(), mtu.room(None), mtu.fragment_len()), (548, 518, 477));
        assert_eq!(mtu.lost(NOW, 9, 548, 10, &Loss::new()).map(|_| ()), None, "it does not become narrower than any");
    }

    #[test]
    fn an_outage_is_no_black_hole() {
        let mut mtu = PathMtu::new();
        for number in 1..100 {
            assert!(mtu.lost(NOW, number, 1_200, 100, &Loss::new()).is_none(), "nothing arrived in between");
        }
    }

    #[test]
    fn one_long_datagram_that_arrives_ends_the_suspicion() {
        let mut mtu = PathMtu::new();
        for number in (1..100).step_by(10) {
            for lost in [number, number + 2] {
                assert!(mtu.lost(NOW, lost, 1_200, lost + 1, &Loss::new()).is_none());
            }
            mtu.acked(NOW, number + 1, 1_100);
            mtu.acked(NOW, number + 5, 1_200);
        }
        assert_eq!(mtu.len(), 1_200);
    }

    #[test]
    fn a_path_that_loses_much_anyway_needs_more_to_be_suspected() {
        assert_eq!([0, 1_000, 10_000, 30_000, 90_000].map(bursts_needed), [3, 3, 6, 12, 12]);
        let mut loss = Loss::new();
        (0..200).for_each(|n| loss.note(NOW, n % 10 == 0));
        let mut mtu = PathMtu::new();
        let verdicts = (1..).map(|n| mtu.lost(NOW, n * 2, 1_200, n * 2 + 1, &loss).is_some());
        assert_eq!(verdicts.take_while(|verdict| !verdict).count(), 5);
    }

    #[test]
    fn the_search_finds_what_passes() {
        for path in [548, 549, 600, 747, 972, 1_199, 1_200] {
            let mut mtu = PathMtu::new();
            narrow(&mut mtu);
            let probes = search(&mut mtu, path);
            assert!(
                mtu.len() <= path && (path - mtu.len() < MTU_SEARCH_STEP || path == 1_200),
                "{path}: {}",
                mtu.len()
            );
            assert!(probes.len() <= 3 * 6 && probes[0] == 1_200, "{probes:?}");
        }
    }

    #[test]
    fn a_path_that_was_only_thought_narrow_is_as_wide_as_before_after_one_probe() {
        let mut mtu = PathMtu::new();
        narrow(&mut mtu);
        assert_eq!(search(&mut mtu, 1_200), [1_200]);
        assert_eq!((mtu.len(), mtu.search), (1_200, Search::Done));
    }

    #[test]
    fn the_search_begins_again_after_a_while_when_there_is_much_to_send() {
        let mut mtu = PathMtu::new();
        narrow(&mut mtu);
        search(&mut mtu, 600);
        mtu.note_full(NOW.plus_micros(MTU_RAISE_S * 1_000_000 - 1));
        assert_eq!(mtu.probe(), None);
        mtu.note_full(NOW.plus_micros(MTU_RAISE_S * 1_000_000));
        assert_eq!(mtu.probe(), Some(1_200));
    }

    #[test]
    fn probes_in_vain_are_short_now_and_then() {
        let room = |mtu: &PathMtu| [1, 2, 3, 4, 5].map(|step| mtu.room(Some(step)));
        let mut mtu = PathMtu::new();
        assert_eq!(room(&mtu), [1_170, 1_170, 518, 1_170, 518]);
        let _ = mtu.lost(NOW, 1, 1_200, 2, &Loss::new());
        assert_eq!(room(&mtu), [518, 1_170, 518, 1_170, 518], "on a path that has shown nothing yet, at once");
        mtu.acked(NOW, 0, 1_200);
        assert_eq!(room(&mtu), [1_170, 1_170, 518, 1_170, 518]);
    }

    #[test]
    fn what_is_taken_for_granted_is_told_from_what_has_arrived() {
        let mut mtu = PathMtu::new();
        mtu.acked(NOW, 0, 182);
        for number in 1..=u64::from(BLACK_HOLE_BURSTS_MAX) {
            let _ = mtu.lost(NOW, number * 2, 1_200, number * 2 + 1, &Loss::new());
            mtu.acked(NOW, number * 2 + 1, 90);
        }
        assert_eq!((mtu.len(), mtu.longest_acked()), (DATAGRAM_MIN_LEN, 182));
    }
}
