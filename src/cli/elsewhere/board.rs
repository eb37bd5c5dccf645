//! What was heard of other servers, and what is to be done about it: between the threads that hear, the one that acts, and
//! the face. Bounded, whatever a crowd says.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chinwag_proto::time::Instant;
use chinwag_proto::wire::datagram::BeaconFlags;
use chinwag_proto::wire::id::PublicKey;

use crate::discovery::host::gives_way;
use crate::discovery::{Found, Notice};

use super::Role;

/// Servers that are remembered at most. One that answers, or that is known, takes the place of one that only spoke.
const OTHERS_MAX: usize = 32;
/// One that did not answer is asked again after this long.
const SILENT: Duration = Duration::from_secs(10);
/// And one that says something new again and again is looked at this often.
const PATIENT: Duration = Duration::from_secs(1);

/// What is to be done next.
pub(super) enum Next {
    /// The chat has ended.
    End,
    /// Look for others, or do so no more.
    Look(bool),
    /// The user wants to go there.
    Go(Found),
    /// Find out what there is to say of this one.
    Examine(Found),
    /// Nothing, until something happens or this time.
    Wait(Option<Instant>),
}

/// Another server.
struct Other {
    found: Found,
    /// It said something that nobody has looked at.
    is_news: bool,
    /// The user was told of it.
    is_told: bool,
    /// It did not answer.
    is_silent: bool,
    /// It is not looked at before.
    look_at: Instant,
}

struct Board {
    role: Option<Role>,
    /// The server of the chat.
    here: PublicKey,
    known: BTreeSet<PublicKey>,
    declined: BTreeSet<PublicKey>,
    others: BTreeMap<PublicKey, Other>,
    wanted: Option<PublicKey>,
    /// The server of the chat is gone.
    is_adrift: bool,
    /// The user wants to know which others there are.
    is_asked: bool,
    looks: bool,
    /// There is a session elsewhere, and the face has not taken it yet.
    is_going: bool,
    is_over: bool,
}

/// The board, for each who has to do with it.
#[derive(Clone)]
pub(super) struct Around(Arc<(Mutex<Board>, Condvar)>);

impl Around {
    pub(super) fn new(role: Role, here: PublicKey, known: BTreeSet<PublicKey>, declined: BTreeSet<PublicKey>) -> Self {
        let board = Board {
            role: Some(role),
            here,
            known,
            declined,
            others: BTreeMap::new(),
            wanted: None,
            is_adrift: false,
            is_asked: false,
            looks: false,
            is_going: false,
            is_over: false,
        };
        Self(Arc::new((Mutex::new(board), Condvar::new())))
    }

    pub(super) fn hears(&self, notice: Notice) {
        match notice {
            Notice::Found(found) => self.change(|board| board.found(*found)),
            // One that leaves ends no session; it is heard again if that was a lie.
            Notice::Gone(key) => self.change(|board| drop(board.others.remove(&key))),
            Notice::Asked | Notice::Twin(_) | Notice::Stopped => {}
        }
    }

    pub(super) fn look(&self, looks: bool) {
        self.change(|board| board.is_adrift = looks);
    }

    /// The user wants to know which others there are. Those that are known by now.
    pub(super) fn ask(&self) -> Vec<Found> {
        self.change(|board| board.is_asked = true);
        self.all()
    }

    /// Whether others are at the server of this process.
    pub(super) fn serves_others(&self) -> bool {
        self.board().serves_others()
    }

    pub(super) fn go(&self, key: PublicKey) {
        self.change(|board| board.wanted = Some(key));
    }

    pub(super) fn end(&self) {
        self.change(|board| board.is_over = true);
    }

    pub(super) fn all(&self) -> Vec<Found> {
        self.board().others.values().map(|other| other.found.clone()).collect()
    }

    /// Whether the chat may leave where it is without being asked: nobody is left behind there.
    pub(super) fn may_go(&self) -> bool {
        self.board().may_go()
    }

    /// Whether the chat goes to this one without being asked.
    pub(super) fn goes_by_itself(&self, found: &Found) -> bool {
        self.board().goes_by_itself(found)
    }

    /// Where the chat goes without being asked: the best of all.
    pub(super) fn best(&self) -> Option<Found> {
        let board = self.board();
        let fit = board.others.values().filter(|other| !other.is_silent && board.goes_by_itself(&other.found));
        fit.min_by_key(|other| board.rank(&other.found)).map(|other| other.found.clone())
    }

    /// Whether it is worth a word: nobody was told, and its user does not come here.
    pub(super) fn is_worth_a_word(&self, found: &Found) -> bool {
        self.board().is_worth_a_word(found)
    }

    /// It has not answered.
    pub(super) fn is_silent(&self, key: &PublicKey, now: Instant) {
        self.board().others.get_mut(key).into_iter().for_each(|other| {
            (other.is_silent, other.is_news, other.look_at) = (true, true, now + SILENT);
        });
    }

    /// The user was told of it.
    pub(super) fn mark_told(&self, key: &PublicKey) {
        self.board().others.get_mut(key).into_iter().for_each(|other| other.is_told = true);
    }

    /// A session elsewhere is on its way to the face, or is not wanted there.
    pub(super) fn is_going(&self, is_going: bool) {
        self.change(|board| board.is_going = is_going);
    }

    /// The chat is there now. What it was before.
    pub(super) fn arrived(&self, key: PublicKey, came_by_itself: bool) -> Role {
        let mut was = Role::Guest { came_by_itself };
        self.change(|board| {
            was = board.role.replace(Role::Guest { came_by_itself }).unwrap_or(Role::Guest { came_by_itself });
            board.here = key;
            (board.is_adrift, board.is_asked, board.is_going) = (false, false, false);
            board.others.remove(&key);
        });
        was
    }

    pub(super) fn next(&self, now: Instant) -> Next {
        self.board().next(now)
    }

    /// Waits until something has changed, or for so long.
    pub(super) fn wait(&self, time: Option<Duration>, now: Instant) {
        let board = self.board();
        if !matches!(board.peek(now), Next::Wait(_)) {
            return;
        }
        let changed = &self.0.1;
        match time {
            Some(time) => drop(changed.wait_timeout(board, time)),
            None => drop(changed.wait(board)),
        }
    }

    fn change(&self, change: impl FnOnce(&mut Board)) {
        change(&mut self.board());
        self.0.1.notify_all();
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Board {
    fn found(&mut self, found: Found) {
        let key = *found.key();
        if key == self.here {
            return;
        }
        if let Some(other) = self.others.get_mut(&key) {
            (other.found, other.is_news) = (found, true);
            return;
        }
        if self.others.len() >= OTHERS_MAX {
            let is_known = |key: &PublicKey| self.known.contains(key);
            let is_better = found.has_answered() || is_known(&key);
            let may_go =
                |key: &PublicKey, other: &Other| !is_known(key) && (!other.found.has_answered() || other.is_silent);
            let worst = self.others.iter().find(|(key, other)| may_go(key, other)).map(|(key, _)| *key);
            match worst.filter(|_| is_better) {
                Some(worst) => drop(self.others.remove(&worst)),
                None => return,
            }
        }
        let other = Other { found, is_news: true, is_told: false, is_silent: false, look_at: Instant::EPOCH };
        self.others.insert(key, other);
    }

    fn may_go(&self) -> bool {
        match &self.role {
            Some(Role::Host(_)) => !self.serves_others(),
            Some(Role::Guest { came_by_itself }) => *came_by_itself && self.is_adrift,
            None => false,
        }
    }

    fn serves_others(&self) -> bool {
        matches!(&self.role, Some(Role::Host(hosting)) if hosting.company.len() > 1)
    }

    fn goes_by_itself(&self, found: &Found) -> bool {
        let is_known = self.known.contains(found.key());
        let is_right = match &self.role {
            Some(Role::Host(hosting)) => gives_way(&hosting.key, found, is_known),
            Some(Role::Guest { .. }) => is_known || found.head.flags.has(BeaconFlags::CASUAL),
            None => false,
        };
        is_right && self.may_go() && !self.declined.contains(found.key())
    }

    /// The least is the best: who is known, who answers, where people are; then by key.
    fn rank(&self, found: &Found) -> (bool, bool, bool) {
        (!self.known.contains(found.key()), !found.has_answered(), found.head.online <= 1)
    }

    fn is_worth_a_word(&self, found: &Found) -> bool {
        let is_told = self.others.get(found.key()).is_none_or(|other| other.is_told);
        let comes_here = matches!(self.role, Some(Role::Host(_)))
            && found.head.flags.has(BeaconFlags::CASUAL)
            && found.head.online <= 1;
        !is_told && !comes_here && !self.declined.contains(found.key())
    }

    /// What is to be done next; it counts as done.
    fn next(&mut self, now: Instant) -> Next {
        let next = self.peek(now);
        match &next {
            Next::Look(looks) => self.looks = *looks,
            Next::Go(_) => self.wanted = None,
            Next::Examine(found) => {
                if let Some(other) = self.others.get_mut(found.key()) {
                    (other.is_news, other.is_silent, other.look_at) = (false, false, now + PATIENT);
                }
            }
            Next::End | Next::Wait(_) => {}
        }
        next
    }

    fn peek(&self, now: Instant) -> Next {
        if self.is_over {
            return Next::End;
        }
        if self.is_going {
            return Next::Wait(None);
        }
        if let Some(other) = self.wanted.and_then(|key| self.others.get(&key)) {
            return Next::Go(other.found.clone());
        }
        let is_guest = matches!(self.role, Some(Role::Guest { .. }));
        let looks = is_guest && (self.is_adrift || self.is_asked);
        if looks != self.looks {
            return Next::Look(looks);
        }
        if is_guest && !looks {
            return Next::Wait(None);
        }
        let news = || self.others.values().filter(|other| other.is_news);
        match news().filter(|other| other.look_at <= now).min_by_key(|other| self.rank(&other.found)) {
            Some(other) => Next::Examine(other.found.clone()),
            None => Next::Wait(news().map(|other| other.look_at).min()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use chinwag_proto::wire::datagram::BeaconHead;

    use super::*;
    use crate::cli::elsewhere::Hosting;
    use crate::cli::serve::Company;

    const OWN: PublicKey = PublicKey([5; 32]);

    fn found(n: u8, flags: BeaconFlags, has_answered: bool) -> Found {
        let head = BeaconHead::new(PublicKey([n; 32]), [0; 8], 1);
        let head = BeaconHead { flags, pages: u16::from(has_answered), ..head };
        Found {
            head,
            name: format!("server {n}"),
            addrs: vec![SocketAddr::from(([10, 0, 0, n], 1))],
            rooms: Vec::new(),
            has_twin: false,
        }
    }

    fn casual(n: u8) -> Found {
        found(n, BeaconFlags::CASUAL, true)
    }

    fn stays(n: u8) -> Found {
        found(n, BeaconFlags::default(), true)
    }

    fn hosting(known: &[u8], declined: &[u8]) -> (Around, Company) {
        let company = Company::default();
        let role = Role::Host(Hosting { key: OWN, company: company.clone(), stop: Box::new(|_| {}) });
        let keys = |all: &[u8]| all.iter().map(|n| PublicKey([*n; 32])).collect();
        (Around::new(role, OWN, keys(known), keys(declined)), company)
    }

    fn hears(around: &Around, found: &Found) {
        around.hears(Notice::Found(Box::new(found.clone())));
    }

    #[test]
    fn a_host_goes_by_itself_only_where_it_gives_way_and_while_nobody_else_is_there() {
        let (around, company) = hosting(&[7], &[2]);
        let goes = |found: &Found| around.goes_by_itself(found);
        assert!(!goes(&stays(6)), "a stranger that stays");
        assert!(goes(&stays(7)), "known");
        assert!(goes(&casual(1)) && !goes(&casual(9)), "the smaller key");
        assert!(!goes(&casual(2)), "declined");
        let crowd = Found { head: BeaconHead { online: 3, ..casual(8).head }, ..casual(8) };
        [&casual(1), &casual(3), &crowd, &stays(6)].into_iter().for_each(|found| hears(&around, found));
        assert_eq!(around.best().map(|found| *found.key()), Some(PublicKey([8; 32])), "where people are");
        around.is_silent(&PublicKey([8; 32]), Instant::EPOCH);
        assert_eq!(around.best().map(|found| *found.key()), Some(PublicKey([1; 32])), "the smallest key");
        company.comes("ann");
        assert!(around.may_go() && goes(&casual(1)), "its own user");
        company.comes("bob");
        assert!(!around.may_go() && !goes(&casual(1)) && !goes(&stays(7)), "somebody came meanwhile");
        assert!(around.serves_others());
    }

    #[test]
    fn a_guest_is_left_alone_until_its_server_is_gone() {
        let around = Around::new(Role::Guest { came_by_itself: false }, OWN, BTreeSet::new(), BTreeSet::new());
        let now = Instant::from_micros(1);
        hears(&around, &casual(1));
        assert!(matches!(around.next(now), Next::Wait(None)));
        around.look(true);
        assert!(matches!(around.next(now), Next::Look(true)));
        assert!(matches!(around.next(now), Next::Examine(_)));
        assert!(!around.goes_by_itself(&casual(1)) && around.is_worth_a_word(&casual(1)));
        around.mark_told(&PublicKey([1; 32]));
        assert!(!around.is_worth_a_word(&casual(1)));
        around.arrived(PublicKey([1; 32]), true);
        around.look(true);
        assert!(around.goes_by_itself(&casual(3)), "whoever was brought is brought on");
    }

    #[test]
    fn those_that_answer_come_first_and_are_not_pushed_out() {
        let (around, _company) = hosting(&[], &[]);
        (40..200).for_each(|n| hears(&around, &found(n, BeaconFlags::default(), false)));
        assert_eq!(around.all().len(), OTHERS_MAX);
        hears(&around, &stays(200));
        let now = Instant::from_micros(1);
        let Next::Examine(first) = around.next(now) else { panic!("one is to be examined") };
        assert_eq!(*first.key(), PublicKey([200; 32]));
        around.is_silent(first.key(), now);
        let Next::Examine(second) = around.next(now) else { panic!("another one") };
        assert_ne!(second.key(), first.key());
        around.is_silent(second.key(), now);
        let later = now + SILENT;
        let again: BTreeSet<_> = (0..OTHERS_MAX)
            .filter_map(|_| match around.next(later) {
                Next::Examine(found) => Some(*found.key()),
                Next::End | Next::Look(_) | Next::Go(_) | Next::Wait(_) => None,
            })
            .collect();
        assert_eq!(again.len(), OTHERS_MAX, "the silent ones are asked again");
    }
}
