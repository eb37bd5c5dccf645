//! What of the wall clock may be believed. A battery that is empty, or a time server that is wrong, lets it jump for a while; what
//! is destroyed meanwhile does not come back.
//!
//! The clock is held against another one, which counts from the start of the machine and which nobody sets. It is believed while
//! both went the same way since it was believed last, up to an hour. Where it is not, entries are kept whatever their age, until it
//! agrees again, or has gone on without a further jump for a day of running, or the operator confirms it. What was granted for a time
//! never waits: it has ended as soon as either clock says so, for good.

use std::time::Duration;

use chinwag_proto::time::{Instant, Now, WallTime};

use super::limits::{CLOCK_LOOK_EVERY, CLOCK_OFF_MAX, CLOCK_TRUST, CLOCK_WAIT};
use chinwag_store::{Reading, Timekeeping};

/// See the module.
#[derive(Debug)]
pub(super) struct Timekeeper {
    known: Timekeeping,
    /// The store does not know all of that.
    is_unsaved: bool,
    /// Nothing is stored that could be destroyed: any clock will do to begin with.
    is_new: bool,
    looked_at: Option<Instant>,
    look_at: Instant,
    /// The operator was told that it is not believed.
    is_told: bool,
}

/// What the operator is told of the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockTurn {
    /// The clock is not believed any more, and nothing is removed for its age.
    Doubted {
        /// What it says.
        wall: WallTime,
        /// What it should say, as far as that is known.
        paced: Option<WallTime>,
    },
    /// The clock is believed again, and things are removed for their age again.
    Believed {
        /// What it says.
        wall: WallTime,
        /// The clock agrees with what is known; otherwise a day went by without a further jump.
        agrees: bool,
    },
}

/// How the clock stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClockReport {
    /// What it says.
    pub wall: WallTime,
    /// What it should say, by the time since it was believed last; `None`: it never was.
    pub paced: Option<WallTime>,
    /// Things are removed for their age by it.
    pub is_believed: bool,
    /// If it is not: it has run for so long without a further jump, of [`CLOCK_WAIT`].
    pub waited: Duration,
    /// What was granted until then has ended, whatever the clock says.
    pub ended: WallTime,
}

/// What comes of a look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Looked {
    /// The operator is told.
    pub(super) turn: Option<ClockTurn>,
    /// What seems to come from the future was taken by a wrong clock.
    pub(super) is_to_redate: bool,
}

impl Timekeeper {
    pub(super) fn new(known: Timekeeping, is_new: bool) -> Self {
        let (is_unsaved, looked_at, look_at) = (false, None, Instant::EPOCH);
        Self { known, is_unsaved, is_new, looked_at, look_at, is_told: false }
    }

    /// When it is to be looked at again.
    pub(super) const fn deadline(&self) -> Instant {
        self.look_at
    }

    /// Whether it jumped since it was looked at, or is back.
    pub(super) fn has_turned(&self, now: Now) -> bool {
        self.looked_at.is_some() && self.sure(now).is_none() != self.known.doubted.is_some()
    }

    /// Now, for what destroys: `None` where nobody is sure of it.
    pub(super) fn sure(&self, now: Now) -> Option<WallTime> {
        self.known.believed.filter(|believed| agrees(believed, now)).map(|_| now.wall)
    }

    /// Now, for what may end early but not late, and never goes on again: what was granted for a time.
    pub(super) fn latest(&self, now: Now) -> WallTime {
        self.stamp(now).max(self.known.ended)
    }

    /// Now, as well as it is known, for what is forbidden for a time: a clock that jumps ends no ban, and renews none.
    pub(super) fn best(&self, now: Now) -> WallTime {
        self.sure(now).or_else(|| self.paced(now)).unwrap_or(now.wall)
    }

    /// Now, for the age of what is stored: rather too late than too early, so that nothing goes before its time.
    pub(super) fn stamp(&self, now: Now) -> WallTime {
        match (self.sure(now), self.paced(now)) {
            (None, Some(paced)) => paced.max(now.wall),
            (Some(_), _) | (None, None) => now.wall,
        }
    }

    /// Whether what was granted until then has ended. What has ended once stays so when the clock is set back.
    pub(super) fn check_ended(&mut self, until: Option<WallTime>, now: Now) -> bool {
        let is_over = until.is_some_and(|until| until <= self.latest(now));
        if is_over {
            self.ends(until);
        }
        is_over
    }

    /// What was granted until then has ended.
    pub(super) fn ends(&mut self, until: Option<WallTime>) {
        let Some(until) = until.filter(|until| *until > self.known.ended) else { return };
        self.known.ended = until;
        self.is_unsaved = true;
    }

    /// Looks at the clock.
    pub(super) fn look(&mut self, now: Now) -> Looked {
        let ran = self.looked_at.map_or(Duration::ZERO, |at| now.mono.since(at));
        (self.looked_at, self.look_at) = (Some(now.mono), now.mono + CLOCK_LOOK_EVERY);
        self.is_unsaved = true;
        match self.known.believed {
            Some(believed) if agrees(&believed, now) => {
                let was_doubted = self.known.doubted.is_some();
                self.believe(follow(&believed, now));
                let turn = ClockTurn::Believed { wall: now.wall, agrees: true };
                let is_to_redate = was_doubted && !self.known.is_set_back;
                Looked { turn: was_doubted.then_some(turn), is_to_redate }
            }
            None if self.is_new => {
                self.believe(reading(now));
                Looked::default()
            }
            Some(_) | None => Looked { turn: self.doubt(ran, now), is_to_redate: false },
        }
    }

    /// The operator says that it is right. What has ended by a later one only is valid again.
    pub(super) fn confirm(&mut self, now: Now) {
        self.believe(reading(now));
        self.known.is_set_back = false;
        self.known.ended = self.known.ended.min(now.wall);
    }

    /// Whether what seems to come from the future is known to be wrong.
    pub(super) fn may_redate(&self, now: Now) -> bool {
        self.sure(now).is_some() && !self.known.is_set_back
    }

    /// What the store is to know, if it does not.
    pub(super) fn unsaved(&mut self) -> Option<Timekeeping> {
        std::mem::take(&mut self.is_unsaved).then_some(self.known)
    }

    pub(super) fn report(&self, now: Now) -> ClockReport {
        ClockReport {
            wall: now.wall,
            paced: self.paced(now),
            is_believed: self.sure(now).is_some(),
            waited: self.known.waited,
            ended: self.known.ended,
        }
    }

    fn paced(&self, now: Now) -> Option<WallTime> {
        self.known.believed.map(|believed| paced(&believed, now))
    }

    fn believe(&mut self, reading: Reading) {
        self.is_new = false;
        self.is_told = false;
        self.is_unsaved = true;
        self.known.believed = Some(reading);
        self.known.doubted = None;
        self.known.waited = Duration::ZERO;
    }

    /// Goes on waiting with a clock that nothing confirms, which has run for so long since the last look.
    fn doubt(&mut self, ran: Duration, now: Now) -> Option<ClockTurn> {
        match self.known.doubted.filter(|doubted| goes_on(doubted, now)) {
            Some(doubted) => {
                self.known.doubted = Some(follow(&doubted, now));
                self.known.waited += ran;
            }
            None => {
                self.known.doubted = Some(reading(now));
                self.known.waited = Duration::ZERO;
            }
        }
        let should_be = self.paced(now);
        if self.known.waited >= CLOCK_WAIT {
            self.believe(reading(now));
            self.known.is_set_back = should_be.is_some_and(|paced| paced > now.wall);
            return Some(ClockTurn::Believed { wall: now.wall, agrees: false });
        }
        let is_news = !std::mem::replace(&mut self.is_told, true);
        is_news.then_some(ClockTurn::Doubted { wall: now.wall, paced: should_be })
    }

    /// The same moment, with the time by which what is forbidden for a time is judged.
    pub(super) fn judged(&self, now: Now) -> Now {
        Now { wall: self.best(now), ..now }
    }
}

const fn reading(now: Now) -> Reading {
    Reading { wall: now.wall, uptime: now.uptime }
}

/// How much time has certainly passed since a reading. One of an earlier start of the machine was taken before this one.
fn passed(since: &Reading, now: Now) -> Duration {
    let at = if since.uptime.boot == now.uptime.boot { since.uptime.since } else { Instant::EPOCH };
    now.uptime.since.since(at)
}

/// What the wall clock should say now.
fn paced(since: &Reading, now: Now) -> WallTime {
    since.wall.plus(passed(since, now))
}

fn agrees(since: &Reading, now: Now) -> bool {
    paced(since, now).apart_from(now.wall) <= CLOCK_TRUST
}

/// The reading from which it goes on. A clock that runs a little differently is followed, and one that jumps a little again and again
/// is so only by an hour a day.
fn follow(since: &Reading, now: Now) -> Reading {
    if since.uptime.boot != now.uptime.boot {
        return reading(now);
    }
    let (paced, most) = (paced(since, now), passed(since, now) / CLOCK_FOLLOWED_OF);
    Reading { wall: now.wall.clamp(paced.minus(most), paced.plus(most)), uptime: now.uptime }
}

/// An hour a day.
const CLOCK_FOLLOWED_OF: u32 = 24;

/// Whether a clock that is not believed has not jumped again; while the machine was off it may have gone on for some days.
fn goes_on(doubted: &Reading, now: Now) -> bool {
    let is_later = now.wall >= doubted.wall.minus(CLOCK_TRUST) && now.wall <= doubted.wall.plus(CLOCK_OFF_MAX);
    agrees(doubted, now) || (doubted.uptime.boot != now.uptime.boot && is_later)
}

#[cfg(test)]
mod tests;
