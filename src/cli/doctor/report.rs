//! Findings, each with a verdict and what mends it, as they are found.

use serde_json::json;

use super::super::output::{colours_wanted, say};
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
        say(&format!("{word} {check:<12} {finding}"));
        if let Some(fix) = fix {
            say(&format!("{:22}> {fix}", ""));
        }
    }

    pub(super) const fn worst(&self) -> Verdict {
        self.worst
    }
}
