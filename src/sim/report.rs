//! The latency report: what a message's way takes where datagrams are lost, measured in virtual time on one link, with the
//! ideal of acknowledge-and-resend beside it. The measurement itself is [`chinwag_simnet::latency`].

use std::io::{self, Write};
use std::process::ExitCode;
use std::thread;

use chinwag_simnet::latency::{CASES, Row, measure};
use serde::Serialize;

/// Messages that each row is made of.
const MESSAGES: usize = 100_000;
const SEED: u64 = 1;

/// A row as programs read it.
#[derive(Serialize)]
struct JsonRow {
    rtt_ms: u32,
    loss_pct: u32,
    pattern: &'static str,
    p50_us: u64,
    p99_us: u64,
    p999_us: u64,
    ideal_p99_us: u64,
    datagrams_per_message: f64,
}

/// Measures, and writes a table, or a line of JSON for each row of it.
///
/// # Errors
/// What `out` can't take.
pub fn latency(json: bool, out: &mut dyn Write) -> io::Result<ExitCode> {
    let rows = rows();
    if json {
        for row in &rows {
            serde_json::to_writer(&mut *out, &JsonRow::from(row))?;
            writeln!(out)?;
        }
    } else {
        table(&rows, out)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Every case on a thread of its own.
fn rows() -> Vec<Row> {
    thread::scope(|scope| {
        let runs = CASES.map(|case| scope.spawn(move || measure(case, MESSAGES, SEED)));
        runs.into_iter().map(|run| run.join().expect("a measurement does not panic")).collect()
    })
}

fn table(rows: &[Row], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{MESSAGES} messages of 100 B per row, one way, independent loss in both directions; ms")?;
    writeln!(out, "  RTT  loss  pattern                         p50      p99    p99.9  ideal p99  datagrams/message")?;
    let ms = |us: u64| format!("{}.{:02}", us / 1_000, us % 1_000 / 10);
    for row in rows {
        writeln!(
            out,
            "{:>5} {:>4}%  {:<27} {:>7}  {:>7}  {:>7}  {:>9}  {:>17.3}",
            row.case.rtt_ms,
            row.case.loss_pct,
            row.case.pattern.name(),
            ms(row.p50_us),
            ms(row.p99_us),
            ms(row.p999_us),
            ms(row.ideal_p99_us),
            row.datagrams_per_message,
        )?;
    }
    Ok(())
}

impl From<&Row> for JsonRow {
    fn from(row: &Row) -> Self {
        Self {
            rtt_ms: row.case.rtt_ms,
            loss_pct: row.case.loss_pct,
            pattern: row.case.pattern.name(),
            p50_us: row.p50_us,
            p99_us: row.p99_us,
            p999_us: row.p999_us,
            ideal_p99_us: row.ideal_p99_us,
            datagrams_per_message: row.datagrams_per_message,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn made_up() -> [Row; CASES.len()] {
        CASES.map(|case| Row {
            case,
            p50_us: 512,
            p99_us: 12_345,
            p999_us: 98_765,
            ideal_p99_us: 1_502,
            datagrams_per_message: 1.25,
        })
    }

    #[test]
    fn programs_read_the_fields_that_are_documented() {
        let page = include_str!("../../docs/json.md");
        let row = page.lines().find_map(|line| line.strip_prefix("| `sim --report latency` | ")).expect("a row");
        let documented: BTreeSet<_> = row.split('`').skip(1).step_by(2).collect();
        let printed = serde_json::to_value(JsonRow::from(&made_up()[0])).expect("JSON");
        let printed: BTreeSet<_> = printed.as_object().expect("an object").keys().map(String::as_str).collect();
        assert_eq!(printed, documented);
    }

    #[test]
    fn the_table_is_aligned() {
        let rows = made_up();
        let mut out = Vec::new();
        table(&rows, &mut out).expect("memory takes everything");
        let text = String::from_utf8(out).expect("text");
        let widths = text.lines().skip(1).map(|line| line.chars().count()).collect::<Vec<_>>();
        assert!(widths.windows(2).all(|pair| pair[0] == pair[1]), "{widths:?}\n{text}");
        assert!(text.contains("    1    8%  isolated, 1 s apart"), "{text}");
        assert!(text.contains("  12.34 "), "{text}");
    }
}
