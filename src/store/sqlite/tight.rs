//! What members may still do on a full disk. What is held back for it is shared by all accounts, so that nobody can use it up, and
//! no number of accounts together: neither by acts that undo each other, nor by deletions, what another needs to delete or an operator
//! to act.

use std::collections::BTreeMap;

use chinwag_proto::wire::id::AccountId;

use super::open::PAGE_LEN;
use crate::{Change, Upkeep};

/// Beyond its own share one account may take so much of what all have in common, in octets: some hundred acts.
pub(super) const COMMON_PER_ACCOUNT_BYTES: u64 = 64 << 10;

/// All accounts together may add such a part of what is held back by looking after rooms, and as much again by deletions. The rest is
/// for operators, and for the log of the database.
const PART_OF_RESERVE: u64 = 4;

/// However many accounts there are, a share has room for one act or deletion.
const SHARE_MIN_BYTES: u64 = 256;

/// How much was taken since the disk is full.
#[derive(Debug, Default)]
pub(super) struct Tight {
    /// `None`: the disk is not full.
    budget: Option<Budget>,
    taken: Taken,
    /// With the batch under way.
    under_way: Taken,
}

/// How much may be taken, by looking after rooms and by deletions each.
#[derive(Clone, Copy, Debug)]
struct Budget {
    all: u64,
    /// What every account has to itself. Together that is a half.
    share: u64,
}

#[derive(Clone, Debug, Default)]
struct Taken {
    acts: Pot,
    deletions: Pot,
}

/// What was taken of one budget.
#[derive(Clone, Debug, Default)]
struct Pot {
    by: BTreeMap<AccountId, u64>,
    /// Beyond shares.
    common: u64,
    all: u64,
}

impl Pot {
    /// Takes so much, if an account may.
    fn takes(&mut self, author: AccountId, more: u64, budget: Budget) -> bool {
        let before = self.by.get(&author).copied().unwrap_or_default();
        let own = before + more;
        let common = self.common + (own.saturating_sub(budget.share)).min(more);
        let is_shared = own <= budget.share || (own <= COMMON_PER_ACCOUNT_BYTES && common <= budget.all / 2);
        let fits = is_shared && self.all + more <= budget.all;
        if fits {
            self.by.insert(author, own);
            self.all += more;
            self.common = common;
        }
        fits
    }
}

impl Tight {
    /// Whether nothing is taken that only makes the store larger.
    pub(super) const fn is_on(&self) -> bool {
        self.budget.is_some()
    }

    /// The disk is full, so much is held back for that, and there are so many accounts; or it is not full any more.
    pub(super) fn set(&mut self, held_back: Option<u64>, accounts: impl FnOnce() -> u64) {
        if self.is_on() == held_back.is_some() {
            return;
        }
        let budget = |held_back: u64| {
            let all = held_back / PART_OF_RESERVE;
            Budget { all, share: (all / 2 / accounts().max(1)).max(SHARE_MIN_BYTES) }
        };
        *self = Self { budget: held_back.map(budget), ..Self::default() };
    }

    /// Whether an entry is taken that uses up so many octets and deletes a text of so many; it is counted if so.
    pub(super) fn takes(&mut self, author: AccountId, change: &Change, uses: u64, deletes: u64) -> bool {
        let Some(budget) = self.budget else { return true };
        match change.upkeep() {
            Upkeep::None => false,
            // Where it takes nothing there is nothing to share: a long text can always be deleted.
            Upkeep::Frees => match uses.saturating_sub(frees(deletes)) {
                0 => true,
                more => self.under_way.deletions.takes(author, more, budget),
            },
            Upkeep::Tends => self.under_way.acts.takes(author, uses, budget),
        }
    }

    pub(super) fn publish(&mut self) {
        if self.is_on() {
            self.taken.clone_from(&self.under_way);
        }
    }

    pub(super) fn roll_back(&mut self) {
        if self.is_on() {
            self.under_way.clone_from(&self.taken);
        }
    }
}

/// Octets that can be used again when a text of so many is deleted: those of whole pages. What comes free on a page that other entries
/// are on is of no use for new ones.
const fn frees(octets: u64) -> u64 {
    let page = PAGE_LEN.cast_unsigned();
    octets.saturating_sub(page) / page * page
}

#[cfg(test)]
mod tests {
    use super::*;

    use chinwag_proto::wire::id::RoomSeq;

    const ACT: Change = Change::Unmute(AccountId(9));
    const DELETION: Change = Change::Delete { of: RoomSeq(1), any_author: false };
    const LEN: u64 = 256;

    /// A quarter of 1 MiB for each kind: a half of it shared by so many, and a half in common.
    fn tight(accounts: u64) -> Tight {
        let mut tight = Tight::default();
        tight.set(Some(1 << 20), || accounts);
        tight
    }

    /// How many more an account may do, of entries that use as much as they may.
    fn goes_on(tight: &mut Tight, account: u64, change: &Change) -> usize {
        let takes = |_: &u32| tight.takes(AccountId(account), change, LEN, 20);
        (0..10_000).take_while(takes).count()
    }

    #[test]
    fn on_a_full_disk_nobody_uses_up_what_others_need() {
        for change in [ACT, DELETION] {
            let mut tight = tight(64);
            assert_eq!(goes_on(&mut tight, 1, &change), 256, "its own share, and of what is in common");
            let others: Vec<_> = (2..=63).map(|account| goes_on(&mut tight, account, &change)).collect();
            assert!(others.iter().all(|&acts| acts >= 8), "{others:?}");
            assert_eq!(goes_on(&mut tight, 64, &change), 8, "all the others together can't take what is hers");
            assert_eq!(goes_on(&mut tight, 64, &change), 0);
            let other = if change == ACT { DELETION } else { ACT };
            assert_eq!(goes_on(&mut tight, 1, &other), 256, "each kind has its own");
        }
    }

    #[test]
    fn where_few_have_an_account_each_has_more_and_where_there_are_many_each_has_one() {
        assert_eq!(goes_on(&mut tight(2), 1, &DELETION), 256);
        let mut alone = tight(1);
        assert_eq!(goes_on(&mut alone, 1, &DELETION), 512);
        let mut many = tight(100_000);
        let all: usize = (0..2_000).map(|account| goes_on(&mut many, account, &DELETION)).sum();
        assert_eq!(all, 1 << 10, "what is for operators, nobody takes");
    }

    #[test]
    fn what_frees_whole_pages_is_deleted_by_whoever_has_used_up_a_share() {
        let mut tight = tight(64);
        goes_on(&mut tight, 1, &DELETION);
        let page = PAGE_LEN.cast_unsigned();
        assert!(tight.takes(AccountId(1), &DELETION, LEN, 2 * page));
        assert!(!tight.takes(AccountId(1), &DELETION, LEN, page), "that it frees, nothing else can use");
        assert!(!tight.takes(AccountId(1), &Change::None, 1, 0));
    }

    #[test]
    fn what_was_undone_is_not_counted_and_a_disk_with_room_again_begins_anew() {
        let mut tight = tight(64);
        assert_eq!(goes_on(&mut tight, 1, &ACT), 256);
        tight.roll_back();
        assert_eq!(goes_on(&mut tight, 1, &ACT), 256);
        tight.publish();
        tight.roll_back();
        assert_eq!(goes_on(&mut tight, 1, &ACT), 0);
        tight.set(Some(1 << 20), || 64);
        assert_eq!(goes_on(&mut tight, 1, &ACT), 0, "it is still the same full disk");
        tight.set(None, || 64);
        assert!(tight.takes(AccountId(1), &Change::None, u64::MAX, 0));
        tight.set(Some(1 << 20), || 64);
        assert_eq!(goes_on(&mut tight, 1, &ACT), 256);
    }
}
