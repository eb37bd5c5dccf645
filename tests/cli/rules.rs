//! Rules of a room from the outside: set in a chat, read by whoever enters, told to programs.

use serde_json::Value;

use crate::process::Scratch;

#[test]
fn the_rules_of_a_room_are_read_by_whoever_enters_and_told_to_programs() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let here = ["--server", &server.addr, "--accept-new"];
    let chat = |whose: &str| {
        scratch.chinwag(whose, &[&["chat"], &here[..], &["--plain", "--create", "--room", "plans"]].concat())
    };
    let mut ann = chat("ann");
    for line in ["/rules be kind", "/slow 5", "tea at four"] {
        ann.write(line);
    }
    let ann = ann.end();
    ann.expect(0, &[]);
    assert!(!ann.out.contains("#plans: rules"), "whoever sets them sees what was done: {}", ann.out);
    let mut bob = chat("bob");
    bob.until("#plans: slow mode: a message per member every 5 s");
    bob.until("#plans: rules: be kind");
    bob.write("/rules be rude");
    let bob = bob.end();
    assert!(bob.err.contains("you may not do that here"), "{}", bob.err);
    let history = scratch.chinwag("bob", &[&["history"], &here[..], &["#plans", "--json"]].concat()).end();
    history.expect(0, &[]);
    let values = history.out.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let rules: Vec<_> = values.filter(|value| value["kind"] == "rules").collect();
    assert_eq!(rules.iter().map(|value| &value["rules"]).collect::<Vec<_>>(), ["be kind"]);
    let told = scratch.chinwag("bob", &[&["history"], &here[..], &["#plans"]].concat()).end();
    assert!(told.out.contains("ann set the rules: be kind"), "{}", told.out);
}
