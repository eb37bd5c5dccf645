//! Accounts, their devices and secrets, in memory.

use chinwag_proto::time::WallTime;
use chinwag_proto::wire::id::{AccountId, PublicKey};
use chinwag_proto::wire::message::{Refusal, name};

use super::{Done, Memory, OVERHEAD_BYTES, len};
use crate::{Account, Device, Invite, NewAccount, Outcome, SecretHash, Token};

impl Memory {
    pub(super) fn account(&mut self, new: &NewAccount) -> Done {
        if let Some((&id, known)) = self.by_device.get(&new.device).and_then(|id| self.accounts.get_key_value(id)) {
            return Ok(Outcome::Account { account: id, name: known.name.clone(), is_owner: false });
        }
        let is_valid = |invite: &Invite| invite.until.is_none_or(|until| new.at < until);
        if let Some(hash) = &new.invite
            && !self.invites.get(hash).is_some_and(is_valid)
        {
            return Err(Refusal::InviteInvalid);
        }
        let folded = name::fold(&new.name);
        if self.by_name.contains_key(&folded) {
            return Err(Refusal::NameTaken);
        }
        if !self.looks.insert(new.skeleton.clone()) {
            return Err(Refusal::NameConfusable);
        }
        if let Some(hash) = &new.invite {
            self.use_up(hash);
        }
        let account = AccountId(self.accounts.len() as u64 + 1);
        let is_owner = self.accounts.is_empty() && !new.is_vouched;
        self.bytes += OVERHEAD_BYTES + new.name.len() + new.label.len() + len(new.phc.as_deref());
        self.by_device.insert(new.device, account);
        self.by_name.insert(folded, account);
        let made = Account {
            id: account,
            name: new.name.clone(),
            skeleton: new.skeleton.clone(),
            devices: vec![Device { key: new.device, label: new.label.clone(), since: new.at }],
            phc: new.phc.clone(),
            is_owner,
            is_gone: false,
            used: 0,
            vouched_at: new.is_vouched.then_some(new.at),
        };
        self.accounts.insert(account, made);
        Ok(Outcome::Account { account, name: new.name.clone(), is_owner })
    }

    fn use_up(&mut self, hash: &SecretHash) {
        if let Some(invite) = self.invites.get_mut(hash) {
            invite.uses = invite.uses.saturating_sub(1);
            if invite.uses == 0 {
                self.invites.remove(hash);
            }
        }
    }

    pub(super) fn enrol(&mut self, account: AccountId, key: PublicKey, label: &str, since: WallTime) -> Done {
        self.live(account)?;
        if self.by_device.get(&key).is_some_and(|&owner| owner != account) {
            return Err(Refusal::OtherName);
        }
        self.by_device.insert(key, account);
        let devices = &mut self.live(account)?.devices;
        match devices.binary_search_by_key(&key, |device| device.key) {
            Ok(at) => devices[at].label = label.to_owned(),
            Err(at) => {
                devices.insert(at, Device { key, label: label.to_owned(), since });
                self.bytes += OVERHEAD_BYTES + label.len();
            }
        }
        Ok(Outcome::Ok)
    }

    pub(super) fn revoke(&mut self, account: AccountId, key: PublicKey) -> Done {
        self.live(account)?.devices.retain(|device| device.key != key);
        if self.by_device.get(&key) == Some(&account) {
            self.by_device.remove(&key);
        }
        Ok(Outcome::Ok)
    }

    pub(super) fn password(&mut self, account: AccountId, phc: &str) -> Done {
        self.live(account)?.phc = Some(phc.to_owned());
        Ok(Outcome::Ok)
    }

    pub(super) fn vouch(&mut self, account: AccountId, at: Option<WallTime>) -> Done {
        let account = self.live(account)?;
        account.phc = None;
        account.vouched_at = at;
        Ok(Outcome::Ok)
    }

    pub(super) fn unregister(&mut self, account: AccountId) -> Done {
        let leaving = self.live(account)?;
        leaving.devices.clear();
        leaving.phc = None;
        leaving.is_gone = true;
        leaving.is_owner = false;
        self.by_device.retain(|_, owner| *owner != account);
        self.tokens.retain(|_, token| token.account != account);
        for log in self.rooms.values_mut() {
            log.state.members.retain(|member| member.account != account);
            log.state.invited.retain(|invited| *invited != account);
            log.state.mutes.retain(|mute| mute.account != account);
        }
        Ok(Outcome::Ok)
    }

    pub(super) fn token(&mut self, token: Token) -> Done {
        self.live(token.account)?;
        self.bytes += OVERHEAD_BYTES + token.label.len();
        self.tokens.insert(token.hash, token);
        Ok(Outcome::Ok)
    }

    pub(super) fn expire(&mut self, before: WallTime) -> Done {
        let stays = |until: Option<WallTime>| until.is_none_or(|until| until >= before);
        self.tokens.retain(|_, token| stays(token.until));
        self.invites.retain(|_, invite| stays(invite.until));
        Ok(Outcome::Ok)
    }

    pub(super) fn revoke_token(&mut self, hash: &SecretHash) -> Done {
        self.tokens.remove(hash);
        Ok(Outcome::Ok)
    }

    pub(super) fn invite(&mut self, invite: Invite) -> Done {
        if invite.uses == 0 {
            self.invites.remove(&invite.hash);
        } else {
            self.bytes += OVERHEAD_BYTES;
            self.invites.insert(invite.hash, invite);
        }
        Ok(Outcome::Ok)
    }

    /// An account that was not deleted.
    pub(super) fn live(&mut self, account: AccountId) -> Result<&mut Account, Refusal> {
        self.accounts.get_mut(&account).filter(|account| !account.is_gone).ok_or(Refusal::NoSuchAccount)
    }
}
