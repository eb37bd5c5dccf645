//! Accounts, devices, passwords, tokens, invitations.

use super::*;
use crate::{Device, Invite, Scopes, Token};

const SECRET: [u8; 32] = [9; 32];

pub(super) fn check<S: Store>(maker: &Maker<'_, S>) {
    an_account_belongs_to_its_first_device(maker);
    names_are_given_once(maker);
    the_first_account_is_the_owner(maker);
    devices_come_and_go(maker);
    invitations_are_used_up(maker);
    secrets_are_kept(maker);
    who_is_vouched_for_owns_nothing_and_has_no_password(maker);
    what_is_deleted_is_gone_but_its_name(maker);
    what_is_over_is_removed(maker);
}

fn an_account_belongs_to_its_first_device<S: Store>(maker: &Maker<'_, S>) {
    let mut store = (maker.make)();
    let ann = id_of(one(&mut store, account("Ann", ANN)));
    let again = Outcome::Account { account: ann, name: "Ann".into(), is_owner: false };
    assert_eq!(one(&mut store, account("Ann", ANN)), again);
    assert_eq!(one(&mut store, account("other", ANN)), again, "a device has the name that it has");
    assert_ne!(id_of(one(&mut store, account("bob", BOB))), ann);
}

fn names_are_given_once<S: Store>(maker: &Maker<'_, S>) {
    let mut store = (maker.make)();
    one(&mut store, account("Zoë0", ANN));
    assert_eq!(one(&mut store, account("ZOË0", BOB)), refused(Refusal::NameTaken), "in any case");
    assert_eq!(one(&mut store, account("Zoëo", BOB)), refused(Refusal::NameConfusable));
    assert_eq!(store.snapshot().expect("a snapshot").accounts.len(), 1);
}

fn the_first_account_is_the_owner<S: Store>(maker: &Maker<'_, S>) {
    let mut store = (maker.make)();
    let made = one(&mut store, account("ann", ANN));
    assert!(matches!(made, Outcome::Account { is_owner: true, .. }));
    let ann = id_of(made);
    one(&mut store, Write::Unregister { account: ann });
    let made = one(&mut store, account("bob", BOB));
    assert!(matches!(made, Outcome::Account { is_owner: false, .. }), "not the first one left: {made:?}");
    let owners = store.snapshot().expect("a snapshot").accounts.into_iter().filter(|account| account.is_owner);
    assert_eq!(owners.count(), 0, "who is deleted owns nothing");
}

fn devices_come_and_go<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let (ann, bob) = (town.ann, town.bob);
    let enrol = |account, device, label: &str, ms| Write::Enrol { account, device, label: label.into(), at: at(ms) };
    assert_eq!(town.one(enrol(ann, CAT, "phone", 7)), Outcome::Ok);
    let device = |key, label: &str, since| Device { key, label: label.into(), since: at(since) };
    assert_eq!(town.account(ann).devices, [device(ANN, "laptop", 1), device(CAT, "phone", 7)]);
    assert_eq!(town.one(enrol(ann, CAT, "tablet", 8)), Outcome::Ok);
    assert_eq!(town.account(ann).devices[1], device(CAT, "tablet", 7), "it is the same one, by another label");
    assert_eq!(town.one(enrol(bob, CAT, "mine", 9)), refused(Refusal::OtherName), "one account's at a time");
    assert_eq!(town.one(enrol(AccountId(99), CAT, "x", 9)), refused(Refusal::NoSuchAccount));
    assert_eq!(id_of(town.one(account("x", CAT))), ann, "it logs in by any of its devices");
    assert_eq!(town.one(Write::Revoke { account: bob, device: CAT }), Outcome::Ok);
    assert_eq!(town.account(ann).devices.len(), 2, "nobody revokes another's");
    for _ in 0..2 {
        assert_eq!(town.one(Write::Revoke { account: ann, device: CAT }), Outcome::Ok);
    }
    assert_eq!(town.account(ann).devices, [device(ANN, "laptop", 1)]);
    assert_eq!(town.one(enrol(bob, CAT, "mine", 9)), Outcome::Ok);
}

fn invitations_are_used_up<S: Store>(maker: &Maker<'_, S>) {
    let mut store = (maker.make)();
    let invited =
        |name, device, ms| Write::Account(NewAccount { invite: Some(SECRET), at: at(ms), ..new_account(name, device) });
    let invite = |uses, until: Option<u64>| Write::Invite { hash: SECRET, uses, until: until.map(at) };
    assert_eq!(one(&mut store, invited("ann", ANN, 5)), refused(Refusal::InviteInvalid), "there is none");
    one(&mut store, invite(2, Some(10)));
    assert_eq!(one(&mut store, invited("ann", ANN, 10)), refused(Refusal::InviteInvalid), "too late");
    assert!(matches!(one(&mut store, invited("ann", ANN, 9)), Outcome::Account { .. }));
    one(&mut store, invited("ann", ANN, 9));
    assert_eq!(one(&mut store, invited("Ann", BOB, 9)), refused(Refusal::NameTaken));
    let left = vec![Invite { hash: SECRET, uses: 1, until: Some(at(10)) }];
    assert_eq!(store.snapshot().expect("a snapshot").invites, left, "only who is made by it uses it");
    let mut store = (maker.reopen)(store);
    assert!(matches!(one(&mut store, invited("bob", BOB, 9)), Outcome::Account { .. }));
    assert_eq!(one(&mut store, invited("cat", CAT, 9)), refused(Refusal::InviteInvalid), "used up");
    assert_eq!(store.snapshot().expect("a snapshot").invites, []);
    one(&mut store, invite(1, None));
    assert!(matches!(one(&mut store, invited("cat", CAT, u64::MAX)), Outcome::Account { .. }));
}

fn secrets_are_kept<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let (ann, bob) = (town.ann, town.bob);
    assert_eq!(town.account(ann).phc, None);
    assert_eq!(town.one(Write::Password { account: ann, phc: "$a".into() }), Outcome::Ok);
    assert_eq!(town.one(Write::Password { account: ann, phc: "$b".into() }), Outcome::Ok);
    assert_eq!(town.one(Write::Password { account: AccountId(99), phc: "$c".into() }), refused(Refusal::NoSuchAccount));
    let scopes = Scopes { read: true, write: false, rooms: Some(vec!["a\"b".into(), "c".into()]) };
    let token = Token { account: bob, hash: SECRET, label: "bot".into(), scopes, until: Some(at(u64::MAX)) };
    let Token { account, hash, label, scopes, until } = token.clone();
    assert_eq!(town.one(Write::Token { account, hash, label, scopes, until }), Outcome::Ok);
    let (label, scopes) = (String::new(), Scopes::default());
    let nobodys = Write::Token { account: AccountId(99), hash: [8; 32], label, scopes, until };
    assert_eq!(town.one(nobodys), refused(Refusal::NoSuchAccount));
    town.store = (maker.reopen)(town.store);
    assert_eq!(town.account(ann).phc.as_deref(), Some("$b"));
    assert_eq!(town.store.snapshot().expect("a snapshot").tokens, [token]);
    assert_eq!(town.one(Write::RevokeToken { hash: SECRET }), Outcome::Ok);
    assert_eq!(town.one(Write::RevokeToken { hash: SECRET }), Outcome::Ok, "twice is no harm");
    assert_eq!(town.store.snapshot().expect("a snapshot").tokens, []);
}

fn who_is_vouched_for_owns_nothing_and_has_no_password<S: Store>(maker: &Maker<'_, S>) {
    let mut store = (maker.make)();
    let vouched = |name, device| Write::Account(NewAccount { is_vouched: true, ..new_account(name, device) });
    let made = one(&mut store, vouched("ann", ANN));
    assert!(matches!(made, Outcome::Account { is_owner: false, .. }), "the first one, and no owner: {made:?}");
    let ann = id_of(made);
    one(&mut store, account("bob", BOB));
    let bob = id_of(one(&mut store, account("bob", BOB)));
    let vouched_at = |store: &mut S, id| {
        let accounts = store.snapshot().expect("a snapshot").accounts;
        let account = accounts.into_iter().find(|account| account.id == id).expect("there");
        (account.vouched_at, account.phc, account.is_owner)
    };
    assert_eq!(vouched_at(&mut store, ann), (Some(at(1)), None, false));
    assert_eq!(vouched_at(&mut store, bob), (None, None, false), "not the first one");
    one(&mut store, Write::Password { account: bob, phc: "$b".into() });
    assert_eq!(one(&mut store, Write::Vouch { account: bob, at: Some(at(7)) }), Outcome::Ok);
    assert_eq!(one(&mut store, Write::Vouch { account: ann, at: None }), Outcome::Ok);
    store = (maker.reopen)(store);
    assert_eq!(vouched_at(&mut store, ann), (None, None, false), "a local one");
    assert_eq!(vouched_at(&mut store, bob), (Some(at(7)), None, false), "its own password is gone");
    let nobodys = Write::Vouch { account: AccountId(99), at: None };
    assert_eq!(one(&mut store, nobodys), refused(Refusal::NoSuchAccount));
}

fn what_is_deleted_is_gone_but_its_name<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    let (ann, lobby) = (town.ann, town.lobby);
    town.says(lobby, ann, "still here");
    town.one(Write::Password { account: ann, phc: "$a".into() });
    let (label, scopes) = (String::new(), Scopes::default());
    town.one(Write::Token { account: ann, hash: SECRET, label, scopes, until: None });
    let cellar = room_of(town.one(room("cellar", Access::Invite, None))).id;
    town.does(cellar, ann, Body::Text("in".into()), Change::Invite(ann)).expect("an invitation");
    assert_eq!(town.one(Write::Unregister { account: ann }), Outcome::Ok);
    let gone = town.account(ann);
    assert!(gone.is_gone && gone.devices.is_empty() && gone.phc.is_none(), "{gone:?}");
    assert_eq!(town.store.snapshot().expect("a snapshot").tokens, []);
    assert_eq!(town.member(lobby, ann), None);
    assert_eq!(town.room(cellar).invited, []);
    assert_eq!(town.load(lobby), ["still here"]);
    assert_eq!(town.one(account("ann", CAT)), refused(Refusal::NameTaken), "never again");
    assert_ne!(id_of(town.one(account("eve", ANN))), ann, "the device may be another's");
    for write in [
        Write::Enrol { account: ann, device: CAT, label: String::new(), at: at(1) },
        Write::Password { account: ann, phc: "$".into() },
        Write::Enter { room: lobby, account: ann },
        Write::Direct { one: ann, other: town.bob },
        Write::Unregister { account: ann },
        say(lobby, ann, (CAT, 900), "a ghost"),
    ] {
        assert_eq!(town.one(write.clone()), refused(Refusal::NoSuchAccount), "{write:?}");
    }
}

fn what_is_over_is_removed<S: Store>(maker: &Maker<'_, S>) {
    let mut town = Town::new(maker);
    for (n, until) in [(1, None), (2, Some(at(50))), (3, Some(at(51))), (4, Some(WallTime::from_unix_millis(u64::MAX)))]
    {
        let (account, scopes, label) = (town.ann, Scopes::default(), String::new());
        town.one(Write::Token { account, hash: [n; 32], label, scopes, until });
        town.one(Write::Invite { hash: [n; 32], uses: 1, until });
    }
    let mut left = |before| {
        assert_eq!(town.one(Write::Expire { before }), Outcome::Ok);
        let now = town.store.snapshot().expect("a snapshot");
        let of = |hash: &[u8; 32]| hash[0];
        let tokens: Vec<_> = now.tokens.iter().map(|token| of(&token.hash)).collect();
        (tokens, now.invites.iter().map(|invite| of(&invite.hash)).collect::<Vec<_>>())
    };
    assert_eq!(left(at(50)), (vec![1, 2, 3, 4], vec![1, 2, 3, 4]));
    assert_eq!(left(at(51)), (vec![1, 3, 4], vec![1, 3, 4]));
    assert_eq!(left(at(1 << 60)), (vec![1, 4], vec![1, 4]));
}
