//! The program that vouches for accounts (`serve --auth-command`): what it is asked and what it says, as JSON, and how it is
//! run: each question by a process of its own, with bounds on time and output. docs/auth.md is its specification. Who asks, and
//! what comes of a verdict, is the server's business.

#[cfg(target_os = "linux")]
mod process;
mod protocol;

#[cfg(target_os = "linux")]
pub use process::Program;

use std::time::Duration;

use chinwag_server::Verdict;

/// Longest answer, in octets.
pub const ANSWER_MAX_LEN: usize = 4_096;
/// Of what it writes to its standard error, so many octets are kept.
pub const COMPLAINT_MAX_LEN: usize = 1_024;
/// How long a question may take. Less than what the server lets anybody wait.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// What came of one question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// What it means.
    pub verdict: Verdict,
    /// What the program wrote to its standard error, for the operator. It may be anything.
    pub complaint: String,
    /// How long it took.
    pub took: Duration,
}

/// No program is run on this system.
#[cfg(not(target_os = "linux"))]
#[derive(Clone, Debug)]
pub struct Program(std::convert::Infallible);

#[cfg(not(target_os = "linux"))]
impl Program {
    /// Never called: there is none.
    pub fn ask(&self, _: &chinwag_server::Ask) -> Answered {
        match self.0 {}
    }

    /// Never called: there is none.
    pub fn stop(&self) {
        match self.0 {}
    }
}
