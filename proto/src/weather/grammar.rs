//! Reads a [`Spec`] as a person types it, and says what to type instead where it makes no sense.

use core::str::FromStr;

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::spec::{Faults, Outage, Spec, SpecError, billionths};

/// No time in a specification is longer: thirty days.
const TIME_MAX_US: u64 = 30 * 24 * 3_600 * 1_000_000;

impl FromStr for Spec {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let mut reader = Reader { spec: Self::default(), scope: Scope::Both, said: Vec::new() };
        for part in text.split(',') {
            reader.part(part.trim())?;
        }
        Ok(reader.spec)
    }
}

/// Which directions the parts that follow are for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    Both,
    Up,
    Down,
}

struct Reader {
    spec: Spec,
    scope: Scope,
    said: Vec<(Scope, String)>,
}

impl Reader {
    fn part(&mut self, part: &str) -> Result<(), SpecError> {
        let part = self.prefix(part);
        match part {
            "" => return Err(SpecError::Empty),
            "calm" => return Ok(()),
            _ => {}
        }
        let (key, value) = part.split_once('=').map_or((part, ""), |(key, value)| (key.trim(), value.trim()));
        let fault = Fault::read(part, key, value)?;
        let said = (self.scope, key.to_string());
        if self.said.contains(&said) {
            return Err(SpecError::Twice { key: said.1, part: part.to_string() });
        }
        self.said.push(said);
        if matches!(self.scope, Scope::Both | Scope::Up) {
            fault.apply(&mut self.spec.up);
        }
        if matches!(self.scope, Scope::Both | Scope::Down) {
            fault.apply(&mut self.spec.down);
        }
        if let Fault::Seed(seed) = fault {
            self.spec.seed = Some(seed);
        }
        Ok(())
    }

    /// Takes a prefix off a part.
    fn prefix<'a>(&mut self, part: &'a str) -> &'a str {
        for (prefix, scope) in [("up:", Scope::Up), ("down:", Scope::Down), ("both:", Scope::Both)] {
            if let Some(rest) = part.strip_prefix(prefix) {
                self.scope = scope;
                return rest.trim();
            }
        }
        part
    }
}

/// One part, read.
#[derive(Clone, Copy)]
enum Fault {
    Loss(f64),
    Burst(f64, u64),
    Dup(f64),
    Reorder(f64),
    Delay(u64, u64),
    Corrupt(f64),
    Mtu(usize),
    Rate(u32),
    Outage(Outage),
    Seed(u64),
}

impl Fault {
    fn read(part: &str, key: &str, value: &str) -> Result<Self, SpecError> {
        let wrong = |problem, instead: String| SpecError::Value { part: part.to_string(), problem, instead };
        let share = |text: &str| percent(text).map_err(|problem| wrong(problem, format!("{key}={}", percentage(text))));
        match key {
            "loss" => share(value).map(Self::Loss),
            "dup" => share(value).map(Self::Dup),
            "reorder" => share(value).map(Self::Reorder),
            "corrupt" => share(value).map(Self::Corrupt),
            "burst" => burst(value).map_err(|problem| wrong(problem, "burst=5%/30ms".to_string())),
            "delay" => delay(value).map_err(|problem| wrong(problem, "delay=20ms±5ms".to_string())),
            "mtu" => mtu(value).map_err(|problem| wrong(problem, "mtu=1200".to_string())),
            "rate" => rate(value).map_err(|problem| wrong(problem, "rate=1000/s".to_string())),
            "outage" => outage(value).map_err(|problem| wrong(problem, "outage=10s..30s".to_string())),
            "seed" => match value.parse() {
                Ok(seed) => Ok(Self::Seed(seed)),
                Err(_) => Err(wrong("needs a whole number below 2^64", "seed=7".to_string())),
            },
            _ => Err(SpecError::Unknown { key: key.to_string() }),
        }
    }

    const fn apply(self, faults: &mut Faults) {
        match self {
            Self::Loss(share) => faults.loss = share,
            Self::Burst(share, length_us) => faults.burst = if share > 0.0 { Some((share, length_us)) } else { None },
            Self::Dup(share) => faults.dup = share,
            Self::Reorder(share) => faults.reorder = share,
            Self::Delay(delay_us, jitter_us) => {
                faults.delay_us = delay_us;
                faults.jitter_us = jitter_us;
            }
            Self::Corrupt(share) => faults.corrupt = share,
            Self::Mtu(mtu) => faults.mtu = Some(mtu),
            Self::Rate(rate) => faults.rate_per_s = Some(rate),
            Self::Outage(outage) => faults.outage = Some(outage),
            Self::Seed(_) => {}
        }
    }
}

fn percent(text: &str) -> Result<f64, &'static str> {
    let digits = text.strip_suffix('%').ok_or("needs a percentage")?;
    let share = decimal(digits).ok_or("needs a percentage")? / 100.0;
    if share > 1.0 {
        return Err("is more than 100%");
    }
    // Through whole billionths, so that what is shown reads back as the very same number.
    #[expect(clippy::cast_precision_loss, reason = "at most 10^9")]
    Ok(billionths(share) as f64 / 1e9)
}

/// What was probably meant where a percentage was needed: a bare number above 1 lacks its sign.
fn percentage(text: &str) -> String {
    match decimal(text) {
        Some(n) if (1.0..=100.0).contains(&n) => format!("{text}%"),
        Some(n) if n > 0.0 && n < 1.0 => format!("{}", super::spec::Percent(n)),
        _ => "10%".to_string(),
    }
}

fn burst(text: &str) -> Result<Fault, &'static str> {
    let (share, length) = text.split_once('/').ok_or("needs a share of the time and a mean length")?;
    let length_us = time(length, None)?.0;
    if length_us == 0 {
        return Err("has bursts of no length");
    }
    Ok(Fault::Burst(percent(share.trim())?, length_us))
}

fn delay(text: &str) -> Result<Fault, &'static str> {
    let split = ["±", "~", "+-"].iter().find_map(|sign| text.split_once(sign));
    let (delay, jitter) = split.map_or((text, None), |(delay, jitter)| (delay, Some(jitter)));
    let (delay_us, unit_us) = time(delay, None)?;
    let jitter_us = jitter.map_or(Ok(0), |jitter| time(jitter, Some(unit_us)).map(|(us, _)| us))?;
    if jitter_us > delay_us {
        return Err("varies by more than the delay itself");
    }
    Ok(Fault::Delay(delay_us, jitter_us))
}

fn mtu(text: &str) -> Result<Fault, &'static str> {
    match text.parse() {
        Ok(mtu @ 1..=65_535) => Ok(Fault::Mtu(mtu)),
        _ => Err("needs a number of octets from 1 to 65535"),
    }
}

fn rate(text: &str) -> Result<Fault, &'static str> {
    let per_s = text.strip_suffix("/s").ok_or("needs a number of datagrams a second")?;
    match per_s.trim().parse() {
        Ok(0) => Err("lets nothing through; for that there is loss=100%"),
        Ok(rate) => Ok(Fault::Rate(rate)),
        Err(_) => Err("needs a whole number of datagrams a second"),
    }
}

fn outage(text: &str) -> Result<Fault, &'static str> {
    let (from, to) = text.split_once("..").ok_or("needs a beginning and an end")?;
    let (to_us, unit_us) = time(to, None)?;
    let (from_us, _) = time(from, Some(unit_us))?;
    if from_us >= to_us {
        return Err("ends before it begins");
    }
    Ok(Fault::Outage(Outage { from_us, to_us }))
}

/// A time in µs, and its unit; a number without a unit takes `unit_us`, if there is one.
fn time(text: &str, unit_us: Option<u64>) -> Result<(u64, u64), &'static str> {
    const UNITS: [(&str, u64); 6] =
        [("us", 1), ("µs", 1), ("μs", 1), ("ms", 1_000), ("min", 60_000_000), ("s", 1_000_000)];
    let text = text.trim();
    let unit = UNITS.iter().find_map(|&(name, us)| text.strip_suffix(name).map(|number| (number, us)));
    let (number, unit_us) =
        unit.or(unit_us.map(|us| (text, us))).ok_or("needs a time with its unit (us, ms, s or min)")?;
    let number = decimal(number.trim_end()).ok_or("needs a time")?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a decimal is not negative, and a cast of a float saturates"
    )]
    let us = (number * unit_us as f64 + 0.5) as u64;
    if us > TIME_MAX_US { Err("is longer than thirty days") } else { Ok((us, unit_us)) }
}

/// Digits with at most one point among them; no sign, no exponent, no words.
fn decimal(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    text.parse().ok().filter(|_| plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Spec {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn refusal(text: &str) -> String {
        text.parse::<Spec>().expect_err(text).to_string()
    }

    #[test]
    fn every_fault_is_read() {
        let spec = read(
            "loss=10%,delay=20ms±5,dup=1%,reorder=2%,burst=5%/30ms,corrupt=0.1%,mtu=1200,rate=1000/s,outage=10s..30s,seed=7",
        );
        let faults = Faults {
            loss: 0.1,
            burst: Some((0.05, 30_000)),
            dup: 0.01,
            reorder: 0.02,
            delay_us: 20_000,
            jitter_us: 5_000,
            corrupt: 0.001,
            mtu: Some(1_200),
            rate_per_s: Some(1_000),
            outage: Some(Outage { from_us: 10_000_000, to_us: 30_000_000 }),
        };
        assert_eq!(spec, Spec { seed: Some(7), ..Spec::both(faults) });
    }

    #[test]
    fn a_delay_may_be_written_in_many_ways() {
        for same in ["delay=20ms±5ms", "delay=20ms±5", "delay=20ms~5ms", "delay=20ms~5", "delay = 0.02s +- 5000us"] {
            assert_eq!(read(same), read("delay=20ms±5ms"), "{same}");
        }
        assert_eq!(read("outage=10..30s"), read("outage=10s..30s"));
        assert_eq!(read("delay=7µs"), read("delay=7us"));
    }

    #[test]
    fn a_prefix_holds_until_the_next() {
        let spec = read("dup=1%,up:loss=10%,mtu=900,down:loss=20%,both:corrupt=1%");
        assert_eq!(spec.up, Faults { loss: 0.1, dup: 0.01, mtu: Some(900), corrupt: 0.01, ..Faults::default() });
        assert_eq!(spec.down, Faults { loss: 0.2, dup: 0.01, corrupt: 0.01, ..Faults::default() });
    }

    #[test]
    fn what_is_shown_parses_back() {
        for text in [
            "calm",
            "calm,seed=18446744073709551615",
            "loss=10%",
            "loss=0.7%,burst=33.3333333%/1.5ms,delay=20ms±5ms,seed=7",
            "up:loss=100%",
            "down:mtu=576,rate=1/s",
            "up:delay=0.3ms,down:outage=0s..90s,reorder=0.0000001%",
        ] {
            let spec = read(text);
            assert_eq!(read(&spec.to_string()), spec, "{text} is shown as {spec}");
        }
        assert_eq!(read("delay=20000us~5ms,loss=0.70%,seed=7").to_string(), "loss=0.7%,delay=20ms±5ms,seed=7");
    }

    #[test]
    fn a_mistake_is_answered_with_what_to_type() {
        for (text, answer) in [
            (
                "",
                "a fault is missing; type faults with commas between them, like loss=10%,delay=20ms±5ms, or calm for none",
            ),
            (
                "loss=1%,,dup=1%",
                "a fault is missing; type faults with commas between them, like loss=10%,delay=20ms±5ms, or calm for none",
            ),
            (
                "lose=1%",
                "there is no fault `lose`; there are loss, burst, dup, reorder, delay, corrupt, mtu, rate, outage and seed",
            ),
            ("loss", "`loss` needs a percentage; type for example loss=10%"),
            ("loss=25", "`loss=25` needs a percentage; type for example loss=25%"),
            ("loss=0.3", "`loss=0.3` needs a percentage; type for example loss=30%"),
            ("dup=101%", "`dup=101%` is more than 100%; type for example dup=10%"),
            ("loss=-1%", "`loss=-1%` needs a percentage; type for example loss=10%"),
            ("loss=nan%", "`loss=nan%` needs a percentage; type for example loss=10%"),
            ("delay=20", "`delay=20` needs a time with its unit (us, ms, s or min); type for example delay=20ms±5ms"),
            ("delay=5ms±20", "`delay=5ms±20` varies by more than the delay itself; type for example delay=20ms±5ms"),
            ("delay=9999999s", "`delay=9999999s` is longer than thirty days; type for example delay=20ms±5ms"),
            ("burst=5%", "`burst=5%` needs a share of the time and a mean length; type for example burst=5%/30ms"),
            ("burst=5%/0ms", "`burst=5%/0ms` has bursts of no length; type for example burst=5%/30ms"),
            ("rate=100", "`rate=100` needs a number of datagrams a second; type for example rate=1000/s"),
            ("rate=0/s", "`rate=0/s` lets nothing through; for that there is loss=100%; type for example rate=1000/s"),
            ("mtu=0", "`mtu=0` needs a number of octets from 1 to 65535; type for example mtu=1200"),
            ("outage=30s..10s", "`outage=30s..10s` ends before it begins; type for example outage=10s..30s"),
            ("seed=x", "`seed=x` needs a whole number below 2^64; type for example seed=7"),
            (
                "loss=1%,loss=2%",
                "`loss=2%` contradicts an earlier `loss`; say it once, or once after up: and once after down:",
            ),
        ] {
            assert_eq!(refusal(text), answer);
        }
    }
}
