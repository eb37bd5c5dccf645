//! One key that is set, and where.

/// A key that is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The key, which is a flag's long name.
    pub key: &'static str,
    /// What it is set to, as it would be typed; several where the flag may be given several times.
    pub values: Vec<String>,
    /// The line, from 1.
    pub line: usize,
}

/// The line of an octet, from 1.
pub(super) fn line_of(text: &str, at: usize) -> usize {
    1 + text.as_bytes()[..at.min(text.len())].iter().filter(|octet| **octet == b'\n').count()
}
