//! When the interfaces of this machine are listed: after the system said that something changed, and where it says nothing,
//! every two seconds.

use std::time::Duration;

use chinwag_proto::time::Instant;

use super::reactor::Reactor;
use chinwag_net::{self as net, Changes, Gone};
use chinwag_node::interface::Interface;

/// They are listed this often where no news come, and so long after the system refused a list.
const EVERY: Duration = Duration::from_secs(2);
/// And no two lists are closer together, however many news come.
const APART: Duration = Duration::from_millis(100);

/// News of interfaces, and when to look at them next.
#[derive(Debug)]
pub(super) struct News {
    changes: Option<Changes>,
    /// There may be news to take.
    may_have_come: bool,
    gone: Gone,
    looked_at: Option<Instant>,
    look_at: Option<Instant>,
}

impl News {
    /// News for a loop, which says by [`Self::have_come`] that `token` is ready. Interfaces are to be looked at first of all.
    pub(super) fn new(reactor: &Reactor, token: usize, now: Instant) -> Self {
        let subscribed = Changes::subscribe().and_then(|mut changes| {
            reactor.watch_changes(token, &mut changes)?;
            Ok(changes)
        });
        let changes = subscribed.inspect_err(|error| log::debug!("interfaces are listed every 2 s: {error}")).ok();
        Self { changes, may_have_come: false, gone: Gone::default(), looked_at: None, look_at: Some(now) }
    }

    pub(super) fn have_come(&mut self) {
        self.may_have_come = true;
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        if self.may_have_come { Some(Instant::EPOCH) } else { self.look_at }
    }

    /// The interfaces that there are, and which of those before are gone; `None` while there is no reason to look.
    pub(super) fn look(&mut self, now: Instant) -> Option<(Vec<Interface>, Gone)> {
        self.take(now);
        if self.look_at.is_none_or(|at| now < at) {
            return None;
        }
        self.looked_at = Some(now);
        match net::interfaces() {
            Ok(found) => {
                self.look_at = if self.changes.is_some() { None } else { Some(now + EVERY) };
                Some((found, std::mem::take(&mut self.gone)))
            }
            Err(error) => {
                log::warn!("can't list the network interfaces: {error}");
                self.look_at = Some(now + EVERY);
                None
            }
        }
    }

    /// Takes what has come, some at a time.
    fn take(&mut self, now: Instant) {
        let Some(changes) = self.changes.as_mut().filter(|_| self.may_have_come) else { return };
        match changes.take() {
            Ok(None) => self.may_have_come = false,
            Ok(Some(gone)) => {
                if gone == Gone::Any {
                    log::debug!("news of interfaces were lost: all are joined anew");
                }
                self.gone.add(gone);
                let soon = self.looked_at.map_or(now, |at| (at + APART).max(now));
                self.look_at = Some(self.look_at.map_or(soon, |at| at.min(soon)));
            }
            Err(error) => {
                log::warn!("no news of interfaces any more, they are listed every 2 s: {error}");
                (self.changes, self.may_have_come) = (None, false);
                self.gone.add(Gone::Any);
                self.look_at = Some(now);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_told_of_changes_does_not_look_in_between() {
        let reactor = Reactor::new().expect("a readiness queue");
        let now = Instant::EPOCH + Duration::from_secs(9);
        let mut news = News::new(&reactor, 0, now);
        assert_eq!(news.deadline(), Some(now), "at first");
        assert!(news.look(now).is_some());
        if cfg!(target_os = "linux") {
            assert_eq!(news.deadline(), None);
        }
        news.changes = None;
        news.look_at = Some(now);
        assert!(news.look(now).is_some());
        assert_eq!(news.deadline(), Some(now + EVERY), "whom nobody tells has to");
        assert!(news.look(now).is_none(), "and no sooner");
    }
}
