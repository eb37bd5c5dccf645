//! What a user asks for.

use super::chat::{ALONE, CHOSE, Chat, OWN, casual, key, stays};
use crate::limits::{FINGERPRINT_MIN, SETTLE};
use crate::{Begun, Command, Role};

fn go(to: &str) -> Command {
    Command::Go(to.to_owned())
}

#[test]
fn a_user_goes_where_they_say_whatever_is_on_its_way() {
    let mut chat = Chat::new(CHOSE, &[], &[]);
    assert_eq!(chat.has(Command::List), ["say: here are []", "look"]);
    assert_eq!(chat.hears(&stays(6)), ["prove server 6"]);
    assert_eq!(chat.has(Command::List), ["say: here are [6]"]);
    assert_eq!(
        chat.has(go("server 6")),
        ["say: calling server 6", "begin server 6"],
        "a proof under way is no hindrance"
    );
    assert_eq!(chat.begun(Begun::Stands), ["go on at 6"]);
    assert_eq!(chat.has(Command::TakenOver), ["look no more"]);
}

#[test]
fn a_server_is_meant_by_its_name_or_by_the_beginning_of_its_fingerprint() {
    let mut chat = Chat::new(CHOSE, &[], &[]);
    let namesake = chinwag_discovery::Found { name: "server 6".into(), ..stays(7) };
    chat.hears(&stays(6));
    chat.hears(&namesake);
    assert_eq!(chat.has(go("server 8")), ["say: no server 8"]);
    assert_eq!(chat.has(go("server 6")), ["say: server 6 is one of [6, 7]"]);
    let print = key(7).fingerprint();
    assert_eq!(chat.has(go(&print[..FINGERPRINT_MIN - 1])).len(), 1, "too short to mean one");
    assert_eq!(chat.has(go(&print.to_uppercase())), ["say: calling server 6", "begin server 6"]);
    assert_eq!(chat.begun(Begun::NotLetIn), ["say: not gone to server 6"]);
}

#[test]
fn nobody_is_sent_to_a_server_that_only_has_the_name_of_a_known_one() {
    let mut chat = Chat::new(CHOSE, &[7], &[]);
    chat.hears(&chinwag_discovery::Found { name: "server 7".into(), ..stays(6) });
    assert_eq!(chat.has(go("server 7")), ["say: server 7 is not server 7"]);
}

#[test]
fn a_failure_is_told_even_if_the_server_is_gone_meanwhile() {
    let mut chat = Chat::new(CHOSE, &[], &[]);
    chat.hears(&stays(6));
    chat.has(go("lan:server 6"));
    chat.has(Command::Gone(key(6)));
    assert_eq!(chat.begun(Begun::Failed), ["say: not gone to server 6"]);
}

#[test]
fn a_wish_goes_before_a_session_that_nobody_asked_for() {
    let mut chat = Chat::new(ALONE, &[], &[]);
    chat.hears(&casual(1));
    chat.hears(&stays(6));
    assert_eq!(chat.after(SETTLE), ["begin server 1"]);
    assert_eq!(chat.has(go("server 6")), ["say: calling server 6"]);
    assert_eq!(chat.begun(Begun::Stands), ["give up 1", "begin server 6"]);
    assert_eq!(chat.begun(Begun::Stands), ["go on at 6"]);
}

#[test]
fn a_session_that_nobody_asked_for_becomes_the_users_when_they_want_to_go_there() {
    let mut chat = Chat::new(ALONE, &[], &[]);
    chat.hears(&casual(1));
    assert_eq!(chat.after(SETTLE), ["begin server 1"]);
    chat.has(Command::Company(2));
    assert_eq!(chat.has(go("server 1")), ["say: calling server 1"]);
    assert_eq!(chat.begun(Begun::Stands), ["go on at 1"], "though somebody is here");
    chat.has(Command::Company(1));
    assert_eq!(chat.has(Command::TakenOver), ["say: serves on"]);
}

#[test]
fn what_was_chosen_is_not_left_by_itself() {
    let mut chat = Chat::new(Role::Guest { came_by_itself: true }, &[], &[]);
    chat.hears(&stays(6));
    chat.has(go("server 6"));
    chat.begun(Begun::Stands);
    chat.has(Command::TakenOver);
    chat.has(Command::Settled(true));
    assert_eq!(chat.has(Command::Lost), ["look"]);
    assert_eq!(chat.hears(&casual(1)), ["prove server 1"], "told of, and no more");
}

#[test]
fn whoever_chats_is_told_once_that_two_servers_have_the_key_of_theirs() {
    let twin = Command::Twin(([10, 0, 0, 9], 1).into());
    let two = chinwag_discovery::Found { has_twin: true, ..stays(OWN) };
    let mut host = Chat::new(ALONE, &[], &[]);
    assert_eq!(host.hears(&stays(OWN)), [""; 0], "one is not two");
    assert_eq!(host.has(twin.clone()), ["say: there is a second at 10.0.0.9"]);
    assert_eq!(host.has(twin.clone()), [""; 0]);
    assert_eq!(host.hears(&two), [""; 0]);
    let mut guest = Chat::new(CHOSE, &[], &[]);
    guest.has(Command::List);
    assert_eq!(guest.hears(&two), ["say: there are two"]);
    assert_eq!(guest.hears(&two), [""; 0]);
    let elsewhere = chinwag_discovery::Found { has_twin: true, ..stays(6) };
    assert_eq!(guest.hears(&elsewhere), ["prove server 6"], "of the others the list says it");
}
