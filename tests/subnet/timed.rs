//! How soon the bare command is where its user wants to be, seen from outside: at the terminal, from the start of the process
//! (that of `ip netns exec`, which starts it, included).
//!
//! Each try is three hosts that have never seen each other. The first hosts. The second and the third come at once, and give
//! their names; somebody joins what they find, leaves, and types the same command again. `CHINWAG_LONG=1` makes it 50 tries,
//! prints what they took, and holds it to [`FOUND_P99`] and [`PROMPT_P99`], which are for a release build. Measured are
//!
//! - `found`: until "A server is here" asks whom to join;
//! - `gather`: the part of it from the line of the log by which the server's answer has come, in which others may answer, too
//!   ([`chinwag::discovery::host::GATHER`]);
//! - `entered`: from the Enter that joins it until its lobby is on the screen, with who is there and a row to type in; this
//!   first time a key, a pin, the device's own database and an account are made durable on the way;
//! - `prompt`: the second time, from that line of the log until the same;
//! - `again`: all of that second time.

use std::path::Path;
use std::thread;
use std::time::Duration;

use chinwag::bench::Percentiles;
use chinwag::drive::Clock;
use chinwag_proto::time::Instant;

use crate::hosts::Subnet;
use crate::pty::{Terminal, has};
use crate::typed;

/// A server is found within this.
const FOUND_P99: Duration = Duration::from_millis(1_200);
/// Once it has answered and nobody has to be asked, this long until there is something to type in.
const PROMPT_P99: Duration = Duration::from_millis(100);

/// What one newcomer waited for, in µs.
struct Waited {
    found: u32,
    gather: u32,
    entered: u32,
    prompt: u32,
    again: u32,
}

#[test]
fn the_second_and_the_third_find_the_first_and_need_no_patience() {
    let Some(subnet) = Subnet::new(3) else { return };
    let is_long = std::env::var_os("CHINWAG_LONG").is_some();
    let clock = Clock::start();
    let waited: Vec<Waited> = (0..if is_long { 50 } else { 3 }).flat_map(|_| one_try(&subnet, clock)).collect();
    if !is_long {
        return;
    }
    let of = |what: fn(&Waited) -> u32| Percentiles::of(&mut waited.iter().map(what).collect::<Vec<_>>());
    let found = of(|waited| waited.found);
    let prompt = of(|waited| waited.prompt);
    println!("found    {found}\ngather   {}\nentered  {}", of(|waited| waited.gather), of(|waited| waited.entered));
    println!("prompt   {prompt}\nagain    {}", of(|waited| waited.again));
    assert!(u128::from(found.p99) <= FOUND_P99.as_micros(), "found {found}");
    assert!(u128::from(prompt.p99) <= PROMPT_P99.as_micros(), "prompt {prompt}");
}

fn one_try(subnet: &Subnet, clock: Clock) -> Vec<Waited> {
    let scratch = tempfile::tempdir().expect("a folder");
    let home = |host: usize| scratch.path().join(format!("home{host}"));
    let mut first = bare(subnet, 1, &home(1));
    says_who(&mut first, 1);
    first.until(has("so this machine hosts one"));
    in_lobby(&mut first, 1);
    thread::scope(|scope| {
        let newcomers = [2, 3].map(|host| {
            let home = home(host);
            scope.spawn(move || newcomer(subnet, host, &home, clock))
        });
        newcomers.map(|newcomer| newcomer.join().expect("it gets there")).into()
    })
}

fn newcomer(subnet: &Subnet, host: usize, home: &Path, clock: Clock) -> Waited {
    let since = |begun: Instant| u32::try_from(clock.mono().micros_since(begun)).expect("minutes");
    let begun = clock.mono();
    let mut chat = bare(subnet, host, home);
    says_who(&mut chat, host);
    chat.until(has(" answers from "));
    let answered = clock.mono();
    chat.until(has("A server is here:"));
    let (found, gather) = (since(begun), since(answered));
    let begun = clock.mono();
    chat.press("\r");
    in_lobby(&mut chat, host);
    let entered = since(begun);
    chat.press("/quit\r");
    assert_eq!(chat.end(), Some(0));
    let begun = clock.mono();
    let mut chat = bare(subnet, host, home);
    chat.until(has(" answers from "));
    let answered = clock.mono();
    in_lobby(&mut chat, host);
    let (prompt, again) = (since(answered), since(begun));
    chat.press("/quit\r");
    assert_eq!(chat.end(), Some(0));
    Waited { found, gather, entered, prompt, again }
}

/// The command without a word behind it; it logs who answers.
fn bare(subnet: &Subnet, host: usize, home: &Path) -> Terminal {
    let mut command = typed(subnet, host, home, &[]);
    command.env("RUST_LOG", "warn,chinwag::cli::bare=debug");
    Terminal::start(command, (200, 24))
}

fn says_who(chat: &mut Terminal, host: usize) {
    chat.until(has(&format!("Your name here [user{host}]:")));
    chat.press("\r");
}

fn in_lobby(chat: &mut Terminal, host: usize) {
    let itself = format!("● user{host}");
    chat.until(|rows| rows.first().is_some_and(|row| row.contains("#lobby")) && has(&itself)(rows));
}
