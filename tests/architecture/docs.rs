//! What public documentation begins with, and what the glossary names.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::source::{sources, text, top, without_tests};

/// Words that stand for a subject which a reader of one line has not met.
const PRONOUNS: &[&str] = &["It", "Its", "They", "Their", "These", "This", "Those", "He", "She"];

/// Beginnings that do the same. (`That` alone may begin a sentence that is told: "That a device be shut out.")
const BEGINNINGS: &[&str] = &["The same", "That is ", "That of ", "That was "];

/// The first lines of public documentation that begin without a subject of their own.
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
        let first = doc.split(|letter: char| !letter.is_alphabetic()).next().unwrap_or_default();
        if !PRONOUNS.contains(&first) && !BEGINNINGS.iter().any(|begin| doc.starts_with(begin)) {
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

const PAPERS: [&str; 5] = ["CONTRIBUTING.md", "ARCHITECTURE.md", "docs/design.md", "docs/style.md", "docs/store.md"];

/// All source files of the repository.
fn all_sources() -> Vec<PathBuf> {
    ["src", "proto", "tests", "benches", "examples", "powercut/src"].iter().flat_map(|root| sources(root)).collect()
}

/// Whether what a paper quotes is a file that is not there: by its whole path, or, if it is of Rust, by the end of it.
fn is_missing(quoted: &str, sources: &[PathBuf]) -> bool {
    let begins = ["src/", "proto/", "tests/", "docs/", "benches/", "examples/"];
    let is_whole = begins.iter().any(|begins| quoted.starts_with(begins));
    match quoted {
        _ if quoted.contains(['{', '*', ' ', '<']) => false,
        _ if is_whole => !top().join(quoted).exists(),
        _ => {
            Path::new(quoted).extension().is_some_and(|end| end == "rs")
                && !sources.iter().any(|file| file.ends_with(quoted))
        }
    }
}

/// A word that a paper quotes, if it can be only a name of Rust: `PacketNumber`, `srtt_us`, and the last one of a path.
fn name_of_rust(quoted: &str) -> Option<&str> {
    let name = quoted.rsplit("::").next().unwrap_or(quoted);
    let is_name = name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    let is_type =
        name.starts_with(|first: char| first.is_ascii_uppercase()) && name.contains(|c: char| c.is_ascii_lowercase());
    (is_name && (is_type || name.contains('_'))).then_some(name)
}

#[test]
fn the_papers_name_files_that_are_there() {
    let sources = all_sources();
    let pages = PAPERS.map(|page| text(&top().join(page)));
    let missing: Vec<_> = pages
        .iter()
        .flat_map(|page| page.split('`').skip(1).step_by(2))
        .filter(|quoted| is_missing(quoted, &sources))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
    for there in
        ["docs.rs", "architecture/docs.rs", "tests/architecture", "src/{one,two}", "a question of rs", "Vec<.rs"]
    {
        assert!(!is_missing(there, &sources), "{there}");
    }
    for gone in ["src/docs.rs", "house/docs.rs", "no_such.rs"] {
        assert!(is_missing(gone, &sources), "{gone}");
    }
}

#[test]
fn the_papers_name_types_and_fields_that_are_there() {
    let code: Vec<_> = ["src", "proto/src"].iter().flat_map(|root| sources(root)).map(|file| text(&file)).collect();
    let lines = code.iter().flat_map(|text| text.lines()).filter(|line| !line.trim_start().starts_with("//"));
    let words = lines.flat_map(|line| line.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_')));
    let names: BTreeSet<_> = words.collect();
    let pages = PAPERS.map(|page| text(&top().join(page)));
    let quoted = pages.iter().flat_map(|page| page.split('`').skip(1).step_by(2));
    let named: BTreeSet<_> = quoted.filter_map(name_of_rust).collect();
    assert!(named.contains("PacketNumber") && named.contains("srtt_us"), "the papers were read: {named:?}");
    let missing: Vec<_> = named.iter().filter(|name| !names.contains(**name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    let quoted = ["Seq", "store::Room", "queue_len_max", "NAME", "drive", "is_…", "Vec<u8>"];
    assert_eq!(quoted.map(name_of_rust), [Some("Seq"), Some("Room"), Some("queue_len_max"), None, None, None, None]);
}
