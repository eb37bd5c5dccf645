//! The lists of networks: those of the command line, and those of a file that is read again when asked.

use std::path::PathBuf;

use crate::admin::Admitted;
use crate::cli::args;
use crate::cli::failure::{Exit, Failure};
use crate::server::Admission;

/// Where the lists come from.
pub(super) struct Lists {
    given: Admitted,
    file: Option<PathBuf>,
}

impl Lists {
    pub(super) fn new(args: &args::Serve) -> Self {
        let given = Admitted { allow: args.allow.clone(), deny: args.deny.clone() };
        Self { given, file: args.admission_file.clone() }
    }

    /// The lists as they are now.
    pub(super) fn read(&self) -> Result<Admission, Failure> {
        let given = self.given.admission().map_err(|error| Failure::usage(error.to_string()))?;
        let Some(path) = &self.file else { return Ok(given) };
        let mut all = self.given.clone();
        let wrong = |why: String| Failure::new(Exit::Configuration, format!("{}: {why}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        for (number, line) in (1..).zip(text.lines()) {
            add(&mut all, line).map_err(|why| wrong(format!("line {number}: {why}")))?;
        }
        all.admission().map_err(|error| wrong(error.to_string()))
    }
}

/// Takes a line of the file: `allow NETWORK`, `deny NETWORK`, a comment, or nothing.
fn add(all: &mut Admitted, line: &str) -> Result<(), String> {
    let line = line.split('#').next().unwrap_or_default();
    let mut words = line.split_whitespace();
    match (words.next(), words.next(), words.next()) {
        (None, ..) => {}
        (Some("allow"), Some(net), None) => all.allow.push(net.to_owned()),
        (Some("deny"), Some(net), None) => all.deny.push(net.to_owned()),
        _ => return Err("`allow NETWORK` or `deny NETWORK` is meant".to_owned()),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists(text: &str) -> Result<Admission, String> {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), text).expect("written");
        let given = Admitted { allow: vec!["10.0.0.0/8".into()], deny: Vec::new() };
        Lists { given, file: Some(file.path().to_owned()) }.read().map_err(|failure| failure.to_string())
    }

    #[test]
    fn a_file_adds_to_what_was_given() {
        let admission = lists("# the lab\nallow fd00::/8\n\ndeny 10.6.6.6 # broken printer\n").expect("lists");
        assert!(admission.allows([10, 1, 1, 1].into()) && !admission.allows([10, 6, 6, 6].into()));
        assert!(admission.allows("fd00::1".parse().expect("an address")));
    }

    #[test]
    fn a_wrong_line_is_named_by_its_number() {
        let said = lists("allow 10.0.0.0/8\npermit 10.0.0.0/8\n").expect_err("no such word");
        assert!(said.contains("line 2"), "{said}");
        let said = lists("allow lan\n").expect_err("no network");
        assert!(said.contains("`lan` is no network"), "{said}");
    }
}
