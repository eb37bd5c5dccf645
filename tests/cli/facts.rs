//! Facts of a room from the outside: set in a chat, known to whoever enters later, told to programs.

use serde_json::Value;

use crate::process::{Ended, Process, Scratch, Server};

/// A server with the room `plans`, which whoever talks first there makes, and owns.
struct Plans {
    scratch: Scratch,
    server: Server,
}

impl Plans {
    fn new() -> Self {
        let scratch = Scratch::new();
        let server = scratch.server(&[]);
        Self { scratch, server }
    }

    fn run(&self, whose: &str, verb: &str, args: &[&str]) -> Process {
        let begin = [verb, "--server", &self.server.addr, "--accept-new"];
        self.scratch.chinwag(whose, &[&begin, args].concat())
    }

    fn chat(&self, whose: &str) -> Process {
        self.run(whose, "chat", &["--plain", "--create", "--room", "plans"])
    }

    /// Says these lines in a chat, and goes.
    fn says(&self, whose: &str, lines: &[&str]) -> Ended {
        let mut chat = self.chat(whose);
        lines.iter().for_each(|line| chat.write(line));
        let ended = chat.end();
        ended.expect(0, &[]);
        ended
    }

    /// What bob reads of all that was said and done, and of this kind what is told to programs.
    #[track_caller]
    fn history(&self, kind: &str) -> (String, Vec<Value>) {
        let json = self.run("bob", "history", &["#plans", "--json"]).end();
        json.expect(0, &[]);
        (self.run("bob", "history", &["#plans"]).end().out, of_kind(&json.out, kind))
    }
}

fn of_kind(out: &str, kind: &str) -> Vec<Value> {
    let values = out.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    values.filter(|value| value["kind"] == kind).collect()
}

#[test]
fn what_is_pinned_is_known_to_whoever_comes_later_to_programs_and_to_the_export() {
    let plans = Plans::new();
    plans.says("ann", &["tea at four", "bring cups", "/pin 1", "/pin", "/edit 1 tea at five"]);
    // She made the room; bob only reads and writes there.
    let mut bob = plans.chat("bob");
    bob.write("/pins");
    bob.until("bring cups");
    bob.write("/unpin 1");
    let bob = bob.end();
    assert!(bob.err.contains("you may not do that here"), "{}", bob.err);
    let (told, pins) = plans.history("pin");
    assert_eq!(
        pins.iter().map(|pin| (&pin["about"], &pin["set"])).collect::<Vec<_>>(),
        [(&1.into(), &true.into()), (&2.into(), &true.into())]
    );
    assert!(told.contains("ann pinned message 1"), "{told}");
    let tail = plans.run("cat", "tail", &["--room", "plans", "--json", "--all", "--count", "5"]).end();
    tail.expect(0, &[]);
    assert_eq!(of_kind(&tail.out, "pin").len(), 2, "{}", tail.out);
}

#[test]
fn the_rules_of_a_room_are_read_by_whoever_enters_and_told_to_programs() {
    let plans = Plans::new();
    let ann = plans.says("ann", &["/rules be kind", "/slow 5", "tea at four"]);
    assert!(!ann.out.contains("#plans: rules"), "whoever sets them sees what was done: {}", ann.out);
    let mut cat = plans.chat("cat");
    let said = cat.until("be kind");
    assert!(said.contains("ann set the rules"), "whoever comes now sees the same, and once: {said}");
    cat.until("tea at four");
    let rest = cat.end().out;
    assert!(!rest.contains("be kind"), "{rest}");
    let more: Vec<_> = (1..=10).map(|number| format!("cup {number}")).collect();
    plans.says("ann", &more.iter().map(String::as_str).collect::<Vec<_>>());
    let mut bob = plans.chat("bob");
    bob.until("#plans: slow mode: a message per member every 5 s");
    bob.until("#plans: rules: be kind");
    bob.write("/rules be rude");
    let bob = bob.end();
    assert!(bob.err.contains("you may not do that here"), "{}", bob.err);
    let (told, rules) = plans.history("rules");
    assert_eq!(rules.iter().map(|value| &value["rules"]).collect::<Vec<_>>(), ["be kind"]);
    assert!(told.contains("ann set the rules: be kind"), "{told}");
}
