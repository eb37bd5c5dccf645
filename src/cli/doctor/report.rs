//! Findings, each with a verdict and what mends it, as they are found.

use serde_json::json;
use unicode_width::UnicodeWidthStr as _;

use super::super::output::{colours_wanted, say};
use crate::cli::discover::columns;
use crate::cli::entry::json_line;

/// How a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    Ok,
    Warning,
    Problem,
}

impl Verdict {
    const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }

    /// On a terminal that shows colours (ECMA-48, SGR).
    const fn colour(self) -> &'static str {
        match self {
            Self::Ok => "\x1b[32m",
            Self::Warning => "\x1b[33m",
            Self::Problem => "\x1b[31m",
        }
    }
}

/// Where findings begin on their rows, in columns.
const INDENT: usize = 22;
/// The same where they have rows of their own, since there is no room beside what was checked.
const NARROW_INDENT: usize = 2;
/// However narrow a terminal is, a row of a finding has so many columns: a fingerprint, and a mark behind it.
const COLUMNS_MIN: usize = 24;

/// Says findings, and knows the worst.
pub(super) struct Report {
    json: bool,
    coloured: bool,
    worst: Verdict,
}

impl Report {
    pub(super) fn new(json: bool) -> Self {
        let coloured = colours_wanted() && std::io::IsTerminal::is_terminal(&std::io::stdout());
        Self { json, coloured, worst: Verdict::Ok }
    }

    /// All is well with this.
    pub(super) fn ok(&mut self, check: &str, finding: &str) {
        self.finding(check, Verdict::Ok, finding, None);
    }

    /// It works, but not as it could.
    pub(super) fn warning(&mut self, check: &str, finding: &str, fix: &str) {
        self.finding(check, Verdict::Warning, finding, Some(fix));
    }

    /// It does not work.
    pub(super) fn problem(&mut self, check: &str, finding: &str, fix: &str) {
        self.finding(check, Verdict::Problem, finding, Some(fix));
    }

    /// One or the other.
    pub(super) fn judge(&mut self, check: &str, verdict: Verdict, finding: &str, fix: &str) {
        self.finding(check, verdict, finding, (verdict != Verdict::Ok).then_some(fix));
    }

    /// What was found of remote origin must have been made safe to show.
    fn finding(&mut self, check: &str, verdict: Verdict, finding: &str, fix: Option<&str>) {
        self.worst = self.worst.max(verdict);
        if self.json {
            say(&json_line(&json!({"check": check, "verdict": verdict.word(), "finding": finding, "fix": fix})));
            return;
        }
        let word = format!("{:<8}", verdict.word());
        let word = if self.coloured { format!("{}{word}\x1b[0m", verdict.colour()) } else { word };
        let indent = indent(columns());
        let mut rows = rows(finding, columns().saturating_sub(indent)).into_iter();
        if indent == INDENT {
            say(&format!("{word} {check:<12} {}", rows.next().unwrap_or_default()));
        } else {
            say(&format!("{word} {check}"));
        }
        rows.for_each(|row| say(&format!("{:indent$}{row}", "")));
        // What mends it is to be copied, so that it stays one line.
        if let Some(fix) = fix {
            say(&format!("{:indent$}> {fix}", ""));
        }
    }

    pub(super) const fn worst(&self) -> Verdict {
        self.worst
    }
}

/// Where findings begin on a terminal of so many columns.
const fn indent(columns: usize) -> usize {
    if columns < INDENT + COLUMNS_MIN { NARROW_INDENT } else { INDENT }
}

/// A finding in rows of so many columns; a word that is longer than that has a row of its own.
fn rows(finding: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(COLUMNS_MIN);
    let mut rows: Vec<String> = Vec::new();
    for word in finding.split(' ') {
        match rows.last_mut() {
            Some(row) if row.width() + 1 + word.width() <= columns => {
                row.push(' ');
                row.push_str(word);
            }
            Some(_) | None => rows.push(word.to_owned()),
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_fits_a_row_of_a_terminal_of_40_columns() {
        let finding = "UDP port 24469 is taken: a server runs here, fingerprint bw91g-cqwtm-62gt3-a7yvs";
        for columns in [40, 45, 46, 80] {
            let indent = indent(columns);
            let rows = rows(finding, columns - indent);
            assert!(rows.iter().all(|row| indent + row.width() <= columns), "{columns}: {rows:?}");
            assert!(rows.iter().any(|row| row.contains("bw91g-cqwtm-62gt3-a7yvs")), "{rows:?}");
        }
    }

    #[test]
    fn a_finding_is_broken_between_words_only_and_loses_none() {
        let finding = "239.255.24.69 on 10.70.0.2 is not sent: a firewall on this machine drops what leaves";
        let broken = rows(finding, 58);
        assert_eq!(broken, ["239.255.24.69 on 10.70.0.2 is not sent: a firewall on this", "machine drops what leaves"]);
        for columns in [0, 1, 30, usize::MAX - INDENT] {
            let broken = rows(finding, columns);
            assert_eq!(broken.join(" "), finding);
            assert!(broken.iter().all(|row| row.width() <= columns.max(COLUMNS_MIN)), "{broken:?}");
        }
    }
}
