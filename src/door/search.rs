//! Where a server is that is known by a name: asked again for as long as nobody answers there. Names move, interfaces change
//! their numbers, a laptop wakes up on another network before its resolver does; nothing that was found once is kept as if it
//! were the server itself. (The C libraries of today read a changed `resolv.conf` again by themselves.)

use std::fmt::{self, Display};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Attempts without an answer before it is asked again.
const PATIENCE: u32 = 3;
/// Addresses that are tried at a time; a name may have several of both families.
const ADDRS_MAX: usize = 16;

/// Asks where the server is. It may take its time.
pub(super) type Resolver<E> = Arc<dyn Fn() -> Result<Vec<SocketAddr>, E> + Send + Sync>;

/// Looks for a server, one search at a time.
pub(super) struct Search<E> {
    /// `None`: its address is all that is known of it, and will not change.
    resolver: Option<Resolver<E>>,
    state: Arc<Mutex<State<E>>>,
}

struct State<E> {
    is_under_way: bool,
    /// Where the server has proved to be, the last time.
    proved: Option<SocketAddr>,
    /// Where it is being looked for.
    addrs: Vec<SocketAddr>,
    /// These are what its name was last said to mean, and it was not heard since: no address is among them on its own account.
    is_told: bool,
    /// Why the last search has found nothing.
    failure: Option<E>,
}

impl<E: Clone + Display + Send + 'static> Search<E> {
    /// A server that may be at these addresses.
    pub(super) fn new(addrs: Vec<SocketAddr>, resolver: Option<Resolver<E>>) -> Self {
        let is_told = !addrs.is_empty();
        Self {
            resolver,
            state: Arc::new(Mutex::new(State { is_under_way: false, proved: None, addrs, is_told, failure: None })),
        }
    }

    /// The server has proved to be there.
    pub(super) fn proved(&self, addr: SocketAddr) {
        let mut state = locked(&self.state);
        (state.proved, state.is_told) = (Some(addr), false);
    }

    /// Another server answers where this one is looked for. True if the name may lead elsewhere by now: then where it led before
    /// is forgotten, and the next [`Self::trying`] asks. False if it led here just now.
    pub(super) fn forget(&self) -> bool {
        let mut state = locked(&self.state);
        if self.resolver.is_none() || state.is_told {
            return false;
        }
        state.proved = None;
        state.addrs.clear();
        true
    }

    /// Where it is being looked for.
    pub(super) fn addrs(&self) -> Vec<SocketAddr> {
        locked(&self.state).addrs.clone()
    }

    /// Why the last search has found nothing, if it has not.
    pub(super) fn failure(&self) -> Option<E> {
        locked(&self.state).failure.clone()
    }

    /// Nobody has answered for so many attempts. If it is time to, asks where the server is; `reach` gets all addresses that
    /// are to be tried from then on, if they are others than before.
    pub(super) fn trying(&self, attempts: u32, reach: impl FnOnce(Vec<SocketAddr>) + Send + 'static) {
        let Some(resolver) = self.resolver.clone() else { return };
        let mut state = locked(&self.state);
        if state.is_under_way || attempts < PATIENCE && !state.addrs.is_empty() {
            return;
        }
        state.is_under_way = true;
        drop(state);
        let shared = Arc::clone(&self.state);
        let search = move || {
            let found = resolver();
            if let Some(addrs) = locked(&shared).found(found) {
                log::info!("the server is looked for at {addrs:?}");
                reach(addrs);
            }
        };
        if let Err(error) = thread::Builder::new().name("search".to_owned()).spawn(search) {
            locked(&self.state).is_under_way = false;
            log::debug!("no search for the server: {error}");
        }
    }
}

impl<E: Display> State<E> {
    /// Takes what a search has found. Gives the addresses to try, if they are new.
    fn found(&mut self, found: Result<Vec<SocketAddr>, E>) -> Option<Vec<SocketAddr>> {
        self.is_under_way = false;
        match found {
            Ok(told) => {
                self.failure = None;
                self.is_told = self.proved.is_none_or(|proved| told.contains(&proved));
                let addrs = also(self.proved, &told);
                (addrs != self.addrs).then(|| {
                    self.addrs.clone_from(&addrs);
                    addrs
                })
            }
            // The old addresses go on being tried.
            Err(failure) => {
                log::debug!("where the server is: {failure}");
                (self.failure, self.is_told) = (Some(failure), false);
                None
            }
        }
    }
}

/// The address that was proved, and then those that a name or a beacon tells of: nothing proved is given up for hearsay.
fn also(proved: Option<SocketAddr>, told: &[SocketAddr]) -> Vec<SocketAddr> {
    let new = told.iter().copied().filter(|addr| proved != Some(*addr));
    proved.into_iter().chain(new).take(ADDRS_MAX).collect()
}

fn locked<E>(state: &Mutex<State<E>>) -> MutexGuard<'_, State<E>> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<E> fmt::Debug for Search<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Search").field("addrs", &locked(&self.state).addrs).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, channel};

    use super::*;

    fn at(n: u16) -> SocketAddr {
        SocketAddr::from(([10, 0, 0, 1], n))
    }

    /// A search whose answers are put in by the test, one for each time that it asks.
    fn search(first: Vec<SocketAddr>) -> (Search<String>, std::sync::mpsc::Sender<Result<Vec<SocketAddr>, String>>) {
        let (answers, asked) = channel();
        let asked = Mutex::new(asked);
        let resolver = move || asked.lock().expect("one at a time").recv().expect("an answer");
        (Search::new(first, Some(Arc::new(resolver))), answers)
    }

    /// Begins a search that is due; where its addresses come out.
    fn begin(search: &Search<String>, attempts: u32) -> Receiver<Vec<SocketAddr>> {
        let (out, reached) = channel();
        search.trying(attempts, move |addrs| out.send(addrs).expect("the test waits"));
        reached
    }

    #[test]
    fn what_is_told_is_tried_beside_what_was_proved() {
        assert_eq!(also(Some(at(1)), &[at(3), at(1)]), [at(1), at(3)]);
        let many: Vec<_> = (10..40).map(at).collect();
        assert_eq!(also(Some(at(1)), &many).len(), ADDRS_MAX);
        assert_eq!(also(Some(at(1)), &many)[0], at(1));
    }

    #[test]
    fn a_name_that_means_another_address_now_is_followed_there_with_all_it_has() {
        let v6: SocketAddr = "[fd00::7]:24469".parse().expect("an address");
        let (search, answers) = search(Vec::new());
        answers.send(Ok(vec![at(1)])).expect("heard");
        assert_eq!(begin(&search, 0).recv(), Ok(vec![at(1)]), "with nothing known it asks at once");
        search.proved(at(1));
        let early = begin(&search, PATIENCE - 1);
        assert!(early.recv().is_err(), "a lost datagram is no reason to ask");
        answers.send(Ok(vec![at(2), v6])).expect("heard");
        assert_eq!(begin(&search, PATIENCE).recv(), Ok(vec![at(1), at(2), v6]));
        search.proved(v6);
        answers.send(Ok(vec![at(5)])).expect("heard");
        assert_eq!(begin(&search, PATIENCE).recv(), Ok(vec![v6, at(5)]), "what it meant long ago is forgotten");
    }

    #[test]
    fn a_name_that_does_not_resolve_for_a_while_takes_nothing_away_and_is_asked_for_again() {
        let (search, answers) = search(vec![at(1)]);
        answers.send(Err("no such host".to_owned())).expect("heard");
        assert!(begin(&search, PATIENCE).recv().is_err(), "there is nothing new to try");
        assert_eq!(search.failure().as_deref(), Some("no such host"));
        assert_eq!(search.addrs(), [at(1)]);
        answers.send(Ok(vec![at(2)])).expect("heard");
        assert_eq!(begin(&search, PATIENCE).recv(), Ok(vec![at(2)]));
        assert_eq!(search.failure(), None);
    }

    #[test]
    fn an_address_is_never_looked_for() {
        let search = Search::<String>::new(vec![at(1)], None);
        assert!(begin(&search, 100).recv().is_err());
        assert!(!search.forget());
    }

    #[test]
    fn a_name_is_asked_for_again_when_another_server_is_where_it_led_unless_it_leads_there_still() {
        let (search, answers) = search(Vec::new());
        answers.send(Ok(vec![at(1)])).expect("heard");
        begin(&search, 0).recv().expect("found");
        assert!(!search.forget(), "it was asked just now");
        search.proved(at(1));
        assert!(search.forget());
        assert!(search.addrs().is_empty(), "whoever is there is not asked again");
        answers.send(Err("no such host".to_owned())).expect("heard");
        assert!(begin(&search, 0).recv().is_err());
        assert!(search.forget(), "it is not known where it leads");
        answers.send(Ok(vec![at(2)])).expect("heard");
        assert_eq!(begin(&search, 0).recv(), Ok(vec![at(2)]));
        assert!(!search.forget());
        // The proved address is one that its name does not mean any more.
        search.proved(at(2));
        answers.send(Ok(vec![at(3)])).expect("heard");
        assert_eq!(begin(&search, PATIENCE).recv(), Ok(vec![at(2), at(3)]));
        assert!(search.forget());
    }
}
