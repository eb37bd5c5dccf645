//! Connections that are served side by side, each on a thread of its own. They are few, and whoever has come and asked nothing
//! yet makes room for whoever comes later: nobody who says nothing keeps others waiting.

use std::collections::BTreeMap;
use std::io;
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// Served at a time.
const THERE_MAX: usize = 16;
/// Until the next try, when the system gives no connection.
const PAUSE: Duration = Duration::from_millis(100);

/// A connection.
pub(super) trait Stream: Send + Sized + 'static {
    /// Another handle of it.
    fn second(&self) -> io::Result<Self>;

    /// Ends it, whoever reads or writes.
    fn cut(&self);
}

impl Stream for TcpStream {
    fn second(&self) -> io::Result<Self> {
        self.try_clone()
    }

    fn cut(&self) {
        let _ = self.shutdown(Shutdown::Both);
    }
}

#[cfg(unix)]
impl Stream for std::os::unix::net::UnixStream {
    fn second(&self) -> io::Result<Self> {
        self.try_clone()
    }

    fn cut(&self) {
        let _ = self.shutdown(Shutdown::Both);
    }
}

/// Those who are there.
struct Visitors<S>(Arc<Mutex<There<S>>>);

struct There<S> {
    last: u64,
    by_age: BTreeMap<u64, Place<S>>,
}

struct Place<S> {
    stream: S,
    is_busy: bool,
}

/// Somebody's place, until it is dropped.
pub(super) struct Visit<S> {
    visitors: Visitors<S>,
    number: u64,
}

/// Serves every connection that comes.
pub(super) fn welcome<S: Stream>(
    incoming: impl Iterator<Item = io::Result<S>>,
    what: &'static str,
    serve: impl Fn(&S, &Visit<S>) -> io::Result<()> + Send + Sync + 'static,
) {
    let visitors = Visitors(Arc::new(Mutex::new(There { last: 0, by_age: BTreeMap::new() })));
    let serve = Arc::new(serve);
    for stream in incoming {
        let visit = stream.and_then(|stream| Ok((visitors.enter(&stream)?, stream)));
        let started = visit.and_then(|(visit, stream)| {
            let serve = Arc::clone(&serve);
            let run = move || {
                if let Err(error) = serve(&stream, &visit) {
                    log::debug!("{what}: {error}");
                }
            };
            thread::Builder::new().name(what.to_owned()).spawn(run).map(drop)
        });
        if let Err(error) = started {
            log::debug!("{what}: {error}");
            // It may be that there are no descriptors: asking at once again would take a whole processor.
            thread::park_timeout(PAUSE);
        }
    }
}

impl<S: Stream> Visitors<S> {
    /// Gives somebody a place; that of whoever has waited longest without a question, if there is no other.
    fn enter(&self, stream: &S) -> io::Result<Visit<S>> {
        let mut there = self.there();
        if there.by_age.len() >= THERE_MAX {
            let idle = there.by_age.iter().find(|(_, place)| !place.is_busy).map(|(&number, _)| number);
            let Some(place) = idle.and_then(|number| there.by_age.remove(&number)) else {
                stream.cut();
                return Err(io::Error::other("too many ask at a time"));
            };
            place.stream.cut();
        }
        there.last += 1;
        let number = there.last;
        there.by_age.insert(number, Place { stream: stream.second()?, is_busy: false });
        Ok(Visit { visitors: Self(Arc::clone(&self.0)), number })
    }
}

impl<S> Visitors<S> {
    fn there(&self) -> MutexGuard<'_, There<S>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S> Visit<S> {
    /// Does what was asked for; until that is done, nobody gets this place.
    pub(super) fn busy<T>(&self, work: impl FnOnce() -> T) -> T {
        self.mark(true);
        let done = work();
        self.mark(false);
        done
    }

    fn mark(&self, is_busy: bool) {
        if let Some(place) = self.visitors.there().by_age.get_mut(&self.number) {
            place.is_busy = is_busy;
        }
    }
}

impl<S> Drop for Visit<S> {
    fn drop(&mut self) {
        self.visitors.there().by_age.remove(&self.number);
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::Read as _;
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn who_says_nothing_makes_room_and_who_is_answered_does_not() {
        let visitors = Visitors(Arc::new(Mutex::new(There { last: 0, by_age: BTreeMap::new() })));
        let come = || {
            let (theirs, ours) = UnixStream::pair().expect("a pair");
            (visitors.enter(&ours), theirs, ours)
        };
        let mut there: Vec<_> = (0..THERE_MAX).map(|_| come()).collect();
        let busy = there[0].0.as_ref().expect("a place");
        busy.mark(true);
        let late = come();
        assert!(late.0.is_ok());
        // The first one is being answered; the second has gone.
        assert_eq!(there[1].1.read(&mut [0]).expect("its end"), 0);
        for (visit, ..) in there.iter().skip(2) {
            visit.as_ref().expect("a place").mark(true);
        }
        late.0.as_ref().expect("a place").mark(true);
        assert!(come().0.is_err(), "all are being answered");
        drop(there);
        assert!(come().0.is_ok());
        assert_eq!(visitors.there().by_age.len(), 1, "of those who left, nothing stays");
    }
}
