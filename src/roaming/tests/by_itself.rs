//! Where a chat goes without being asked, and where it does not.

use chinwag_proto::wire::datagram::BeaconFlags;

use super::chat::{ALONE, CHOSE, Chat, OWN, casual, found, key, stays};
use crate::limits::{NOBODY, SETTLE, SILENT};
use crate::{Begun, Command, Role};

/// What a lone host does about a server within the time that it takes to choose.
fn of_a_lone_host(server: &chinwag_discovery::Found, known: &[u8], declined: &[u8]) -> Vec<String> {
    let mut chat = Chat::new(ALONE, known, declined);
    let mut lines = chat.hears(server);
    lines.extend(chat.after(SETTLE));
    lines
}

#[test]
fn a_lone_host_goes_where_it_gives_way_and_asks_others_for_a_proof() {
    assert_eq!(of_a_lone_host(&casual(1), &[], &[]), ["begin server 1"], "the smaller key");
    assert!(of_a_lone_host(&casual(9), &[], &[]).is_empty(), "the larger key: its user comes here");
    assert!(of_a_lone_host(&casual(1), &[], &[1]).is_empty(), "declined");
    assert_eq!(of_a_lone_host(&stays(7), &[7], &[]), ["begin server 7"], "known");
    assert_eq!(of_a_lone_host(&stays(6), &[], &[]), ["prove server 6"], "a stranger that stays");
    assert_eq!(of_a_lone_host(&found(8, BeaconFlags::CASUAL, 3), &[], &[]), ["begin server 8"], "company");
}

#[test]
fn of_several_a_lone_host_goes_to_the_one_where_people_are_then_to_the_smallest_key() {
    let mut chat = Chat::new(ALONE, &[], &[]);
    for server in [casual(1), casual(3), found(8, BeaconFlags::CASUAL, 3)] {
        assert!(chat.hears(&server).is_empty());
    }
    assert_eq!(chat.after(SETTLE), ["begin server 8"]);
    assert!(chat.begun(Begun::Failed).is_empty());
    assert_eq!(chat.after(SETTLE), ["begin server 1"], "the next best, at once");
}

#[test]
fn a_host_goes_once_nothing_of_its_user_is_on_its_way_and_its_empty_server_ends() {
    let mut chat = Chat::new(ALONE, &[], &[]);
    chat.has(Command::Company(1));
    chat.hears(&casual(1));
    chat.after(SETTLE);
    assert!(chat.begun(Begun::Stands).is_empty(), "something is on its way");
    assert_eq!(chat.has(Command::Settled(true)), ["go on at 1, by itself"]);
    assert!(chat.has(Command::NotYet).is_empty(), "the user was faster");
    assert!(chat.has(Command::Settled(false)).is_empty());
    assert_eq!(chat.has(Command::Settled(true)), ["go on at 1, by itself"]);
    chat.has(Command::Company(0));
    assert_eq!(chat.has(Command::TakenOver), ["stop serving"]);
    assert!(chat.hears(&casual(3)).is_empty(), "a guest is left alone");
}

#[test]
fn nobody_is_left_behind_who_came_while_the_session_was_begun() {
    let mut chat = Chat::new(ALONE, &[], &[]);
    chat.has(Command::Company(1));
    chat.hears(&casual(1));
    assert_eq!(chat.after(SETTLE), ["begin server 1"]);
    chat.has(Command::Company(2));
    assert_eq!(chat.begun(Begun::Stands), ["give up 1"]);
    // It stays, and does not ask again at once when they have left.
    chat.has(Command::Company(1));
    chat.has(Command::Settled(true));
    chat.hears(&found(1, BeaconFlags::CASUAL, 2));
    assert!(chat.after(SILENT / 2).is_empty());
    assert_eq!(chat.after(SILENT), ["begin server 1"]);
}

#[test]
fn a_host_of_something_with_a_history_stays_and_hears_of_the_other() {
    let mut chat = Chat::new(Role::Host { has_history: true }, &[7], &[]);
    assert_eq!(chat.hears(&casual(1)), ["prove server 1"]);
    assert_eq!(chat.proved(1, true), ["say: server 1 is here"]);
    assert_eq!(chat.hears(&stays(7)), ["prove server 7"], "even where it is known");
    assert_eq!(chat.proved(7, true), ["say: server 7 is here"]);
    assert!(chat.hears(&casual(9)).is_empty(), "its user comes here");
}

#[test]
fn a_guest_is_left_alone_until_its_server_is_lost_and_then_told_who_is_here() {
    let mut chat = Chat::new(CHOSE, &[], &[]);
    assert!(chat.hears(&casual(1)).is_empty());
    assert_eq!(chat.has(Command::Lost), ["look", "prove server 1"]);
    assert_eq!(chat.proved(1, true), ["say: server 1 is here"]);
    assert!(chat.hears(&found(1, BeaconFlags::CASUAL, 2)).is_empty(), "told once");
    assert!(chat.after(NOBODY).is_empty(), "somebody is here");
    assert_eq!(chat.has(Command::Up), ["look no more"]);
}

#[test]
fn whoever_was_brought_is_brought_on_unless_the_server_comes_back() {
    let mut chat = Chat::new(Role::Guest { came_by_itself: true }, &[], &[]);
    assert_eq!(chat.has(Command::Lost), ["look"]);
    chat.has(Command::Settled(true));
    chat.hears(&casual(9));
    assert_eq!(chat.after(SETTLE), ["begin server 9"]);
    chat.has(Command::Up);
    assert_eq!(chat.begun(Begun::Stands), ["give up 9"], "the server is back");
    chat.has(Command::Lost);
    assert_eq!(chat.after(SILENT + SETTLE), ["begin server 9"]);
    assert_eq!(chat.begun(Begun::Stands), ["go on at 9, by itself"]);
    assert_eq!(chat.has(Command::TakenOver), ["look no more"]);
}

#[test]
fn a_guest_of_a_lost_server_is_told_when_nobody_answers() {
    let mut chat = Chat::new(CHOSE, &[], &[]);
    assert_eq!(chat.has(Command::Lost), ["look"]);
    assert_eq!(chat.after(NOBODY), ["say: nobody is here"]);
    assert!(chat.has(Command::Lost).is_empty(), "once");
}

#[test]
fn a_server_that_does_not_let_the_user_in_is_told_of_once_and_not_tried_again_unasked() {
    let mut chat = Chat::new(ALONE, &[1], &[]);
    chat.hears(&stays(1));
    assert_eq!(chat.after(SETTLE), ["begin server 1"]);
    assert_eq!(chat.begun(Begun::NotLetIn), ["say: server 1 does not let you in"]);
    chat.hears(&found(1, BeaconFlags::default(), 8));
    assert!(chat.after(SILENT * 20).is_empty());
    assert_eq!(chat.has(Command::Go("server 1".into())), ["say: calling server 1", "begin server 1"]);
}

#[test]
fn its_own_server_and_an_impostor_are_not_looked_at() {
    let mut chat = Chat::new(ALONE, &[7], &[]);
    assert!(chat.hears(&stays(OWN)).is_empty());
    let impostor = chinwag_discovery::Found { name: "server 7".into(), ..casual(1) };
    assert!(chat.hears(&impostor).is_empty() && chat.after(SETTLE).is_empty());
    assert_eq!(impostor.key(), &key(1));
}
