//! What members may still do on a full disk. What is held back for it is shared by all, so that nobody can use it up: neither one
//! member, by acts that undo each other, nor all of them together what an operator needs.

use std::collections::BTreeMap;

use chinwag_proto::wire::id::AccountId;

use crate::{Change, Upkeep};

/// What one account may add by looking after its rooms, in octets as [`uses`](crate::uses) counts them: some hundred acts.
pub(super) const ACTS_PER_ACCOUNT_BYTES: u64 = 64 << 10;

/// All accounts together may add such a part of what is held back by looking after rooms, and as much again by deletions of what was
/// smaller than the entry that deletes it. The rest is for operators, and for the log of the database.
const PART_OF_RESERVE: u64 = 4;

/// How much was taken since the disk is full.
#[derive(Debug, Default)]
pub(super) struct Tight {
    /// `None`: the disk is not full.
    budget: Option<u64>,
    taken: Taken,
    /// With the batch under way.
    under_way: Taken,
}

#[derive(Clone, Debug, Default)]
struct Taken {
    by: BTreeMap<AccountId, u64>,
    acts: u64,
    deletions: u64,
}

impl Tight {
    /// Whether nothing is taken that only makes the store larger.
    pub(super) const fn is_on(&self) -> bool {
        self.budget.is_some()
    }

    /// The disk is full, and so much is held back for that; or it is not full any more.
    pub(super) fn set(&mut self, held_back: Option<u64>) {
        if self.is_on() != held_back.is_some() {
            *self = Self { budget: held_back.map(|bytes| bytes / PART_OF_RESERVE), ..Self::default() };
        }
    }

    /// Whether an entry is taken that uses up so many octets and frees others; it is counted if so.
    pub(super) fn takes(&mut self, author: AccountId, change: &Change, uses: u64, frees: u64) -> bool {
        let Some(budget) = self.budget else { return true };
        let taken = &mut self.under_way;
        match change.upkeep() {
            Upkeep::None => false,
            Upkeep::Frees => {
                let deletions = taken.deletions + uses.saturating_sub(frees);
                let fits = deletions <= budget;
                if fits {
                    taken.deletions = deletions;
                }
                fits
            }
            Upkeep::Tends => {
                let own = taken.by.get(&author).copied().unwrap_or_default() + uses;
                let fits = own <= ACTS_PER_ACCOUNT_BYTES && taken.acts + uses <= budget;
                if fits {
                    taken.acts += uses;
                    taken.by.insert(author, own);
                }
                fits
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    use chinwag_proto::wire::id::RoomSeq;

    const ACT: u64 = 1 << 10;

    fn tight(held_back: u64) -> Tight {
        let mut tight = Tight::default();
        tight.set(Some(held_back));
        tight
    }

    fn acts_of(tight: &mut Tight, account: u64) -> usize {
        let takes = |_: &u32| tight.takes(AccountId(account), &Change::Unmute(AccountId(9)), ACT, 0);
        (0..1_000).take_while(takes).count()
    }

    #[test]
    fn on_a_full_disk_nobody_uses_up_what_others_need() {
        let mut tight = tight(1 << 20);
        assert_eq!(acts_of(&mut tight, 1), 64, "one account has its share");
        assert_eq!([2, 3, 4, 5].map(|account| acts_of(&mut tight, account)), [64, 64, 64, 0], "all have a quarter");
        let delete = Change::Delete { of: RoomSeq(1), any_author: false };
        assert!(tight.takes(AccountId(1), &delete, ACT, 0), "deletions have one of their own");
        assert!(!tight.takes(AccountId(1), &delete, 1 << 19, 0));
        assert!(tight.takes(AccountId(1), &delete, 1 << 19, 1 << 19), "what frees as much as it takes always goes on");
        assert!(!tight.takes(AccountId(6), &Change::None, 1, 0));
    }

    #[test]
    fn what_was_undone_is_not_counted_and_a_disk_with_room_again_begins_anew() {
        let mut tight = tight(1 << 20);
        assert_eq!(acts_of(&mut tight, 1), 64);
        tight.roll_back();
        assert_eq!(acts_of(&mut tight, 1), 64);
        tight.publish();
        tight.roll_back();
        assert_eq!(acts_of(&mut tight, 1), 0);
        tight.set(Some(1 << 20));
        assert_eq!(acts_of(&mut tight, 1), 0, "it is still the same full disk");
        tight.set(None);
        assert!(tight.takes(AccountId(1), &Change::None, u64::MAX, 0));
        tight.set(Some(1 << 20));
        assert_eq!(acts_of(&mut tight, 1), 64);
    }
}
