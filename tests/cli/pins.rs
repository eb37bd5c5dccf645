//! Pins from the outside: set in a chat, told to programs, in the export.

use serde_json::Value;

use crate::process::Scratch;

fn of_kind(out: &str, kind: &str) -> Vec<Value> {
    let values = out.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    values.filter(|value| value["kind"] == kind).collect()
}

#[test]
fn what_is_pinned_is_known_to_whoever_comes_later_to_programs_and_to_the_export() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let here = ["--server", &server.addr, "--accept-new"];
    let chat = |whose: &str| {
        scratch.chinwag(whose, &[&["chat"], &here[..], &["--plain", "--create", "--room", "plans"]].concat())
    };
    let mut ann = chat("ann");
    for line in ["tea at four", "bring cups", "/pin 1", "/pin", "/edit 1 tea at five"] {
        ann.write(line);
    }
    ann.end().expect(0, &[]);
    // She made the room; bob only reads and writes there.
    let mut bob = chat("bob");
    bob.write("/pins");
    bob.until("bring cups");
    bob.write("/unpin 1");
    let bob = bob.end();
    assert!(bob.err.contains("you may not do that here"), "{}", bob.err);
    let history = scratch.chinwag("bob", &[&["history"], &here[..], &["#plans", "--json"]].concat()).end();
    history.expect(0, &[]);
    let pins = of_kind(&history.out, "pin");
    assert_eq!(
        pins.iter().map(|pin| (&pin["about"], &pin["set"])).collect::<Vec<_>>(),
        [(&1.into(), &true.into()), (&2.into(), &true.into())]
    );
    let told = scratch.chinwag("bob", &[&["history"], &here[..], &["#plans"]].concat()).end();
    assert!(told.out.contains("ann pinned message 1"), "{}", told.out);
    let tail = scratch
        .chinwag("cat", &[&["tail"], &here[..], &["--room", "plans", "--json", "--all", "--count", "5"]].concat())
        .end();
    tail.expect(0, &[]);
    assert_eq!(of_kind(&tail.out, "pin").len(), 2, "{}", tail.out);
}
