//! What public documentation begins with, and what the glossary names.

use super::source::without_tests;

/// Words that stand for a subject which a reader of one line has not met.
const PRONOUNS: &[&str] = &["It", "Its", "They", "Their", "These", "Those", "He", "She"];

/// The first lines of public documentation that begin with a pronoun.
pub(crate) fn without_subject(source: &str) -> Vec<&str> {
    let lines = without_tests(source);
    let mut is_in_public = false;
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        if !line.starts_with([' ', '/', '#', '}', ')']) && !line.is_empty() {
            is_in_public = ["pub enum ", "pub trait "].iter().any(|begin| line.starts_with(begin));
        }
        let is_first = at == 0 || !lines[at - 1].trim_start().starts_with("///");
        let Some(doc) = line.trim_start().strip_prefix("/// ").filter(|_| is_first) else { continue };
        if !PRONOUNS.contains(&doc.split(|letter: char| !letter.is_alphabetic()).next().unwrap_or_default()) {
            continue;
        }
        let item = lines[at..].iter().map(|line| line.trim_start()).find(|line| !line.starts_with(['/', '#']));
        let is_nested = line.starts_with(' ');
        if item.is_some_and(|item| item.starts_with("pub ") || (is_nested && is_in_public)) {
            found.push(doc);
        }
    }
    found
}

/// The last cells of the glossary's rows: what is defined, and in which file.
pub(crate) fn glossary(page: &str) -> Vec<(String, String)> {
    let part = page.split_once("\n## Glossary").expect("a glossary").1.split("\n## ").next().unwrap_or_default();
    let rows = part.lines().filter(|line| line.starts_with("| ") && line.contains("` in `"));
    rows.map(|row| {
        let quoted: Vec<_> = row.rsplit("| ").next().unwrap_or_default().split('`').collect();
        (quoted[1].to_owned(), quoted[3].to_owned())
    })
    .collect()
}

/// Whether a file defines a name: as a type, a trait, a module, a function, or by a macro of ours in a line of its own.
pub(crate) fn defines(source: &str, name: &str) -> bool {
    let is_name = |line: &str| {
        let mut words = line.trim_start().split(|letter: char| !(letter.is_alphanumeric() || letter == '_'));
        let is_definition = |word: &str| ["struct", "enum", "trait", "type", "mod", "fn", "union"].contains(&word);
        line.trim() == name || words.any(is_definition) && words.next() == Some(name)
    };
    source.lines().any(is_name)
}
