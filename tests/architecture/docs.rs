//! What public documentation begins with, and what the glossary names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::source::{is_test_file, sources, text, top, without_tests};

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

/// A row of the glossary.
#[derive(Debug)]
struct Row {
    term: String,
    /// What it is called in the code.
    name: String,
    /// Where it is defined.
    file: String,
}

/// The rows of the glossary.
fn glossary(page: &str) -> Vec<Row> {
    let part = page.split_once("\n## Glossary").expect("a glossary").1.split("\n## ").next().unwrap_or_default();
    let rows = part.lines().filter(|line| line.starts_with("| ") && line.contains("` in `"));
    rows.map(|row| {
        let cells: Vec<_> = row.split("| ").collect();
        let quoted: Vec<_> = cells[cells.len() - 1].split('`').collect();
        Row { term: cells[1].trim().to_owned(), name: quoted[1].to_owned(), file: quoted[3].to_owned() }
    })
    .collect()
}

/// Whether a file defines a name: as a type, a trait, a module, a function, or by a macro of ours in a line of its own.
fn defines(source: &str, name: &str) -> bool {
    let is_name = |line: &str| {
        let mut words = line.trim_start().split(|letter: char| !(letter.is_alphanumeric() || letter == '_'));
        let is_definition = |word: &str| ["struct", "enum", "trait", "type", "mod", "fn", "union"].contains(&word);
        line.trim() == name || words.any(is_definition) && words.next() == Some(name)
    };
    source.lines().any(is_name)
}

/// The public types of a file.
fn public_types(source: &str) -> Vec<&str> {
    let types = without_tests(source).into_iter().filter_map(|line| line.trim_start().strip_prefix("pub "));
    types
        .filter_map(|line| {
            let mut words = line.split(|letter: char| !(letter.is_alphanumeric() || letter == '_'));
            let is_type = words.next().is_some_and(|word| ["struct", "enum", "trait", "type", "union"].contains(&word));
            words.next().filter(|_| is_type)
        })
        .collect()
}

/// Public types that are called by a word of the glossary and stand for what it says, as another layer than the one that defines
/// it has it.
const VIEWS: &[(&str, &str)] = &[
    ("Account", "src/admin/reply.rs"),
    ("Device", "proto/src/wire/message/bulk.rs"),
    ("Device", "src/door/device.rs"),
    ("Member", "proto/src/wire/message/room.rs"),
    ("Post", "src/door/client.rs"),
    ("Room", "src/admin/reply.rs"),
    ("Room", "src/desk/room.rs"),
    ("Session", "src/admin/reply.rs"),
    ("Session", "src/door/session.rs"),
];

/// Public types of these files that are called by a word of the glossary, and where the glossary does not say so.
fn second_meanings(rows: &[Row], files: &[(String, String)]) -> Vec<(String, String)> {
    let terms: BTreeMap<_, _> = rows.iter().map(|row| (row.term.replace(' ', ""), row)).collect();
    let types = files.iter().flat_map(|(file, source)| public_types(source).into_iter().map(move |name| (name, file)));
    let is_second = |(name, file): &(&str, &String)| {
        let row = terms.get(&name.to_lowercase());
        row.is_some_and(|row| row.file != **file && row.name == *name) && !VIEWS.contains(&(*name, file.as_str()))
    };
    types.filter(is_second).map(|(name, file)| (name.to_owned(), file.clone())).collect()
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

#[test]
fn every_word_of_the_glossary_is_defined_where_it_says() {
    let words = glossary(&text(&top().join("ARCHITECTURE.md")));
    assert!(words.len() > 40, "the glossary was read: {words:?}");
    let is_wrong = |row: &&Row| {
        let file = top().join(&row.file);
        !file.exists() || !defines(&text(&file), &row.name)
    };
    let wrong: Vec<_> = words.iter().filter(is_wrong).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    assert!(!defines("pub struct Rooms {\n    /// a Room\n}", "Room"), "a word that is no definition is none");
}

#[test]
fn a_word_of_the_glossary_names_one_public_type() {
    let rows = glossary(&text(&top().join("ARCHITECTURE.md")));
    let sources = ["src", "proto/src"].iter().flat_map(|root| sources(root)).filter(|file| !is_test_file(file));
    let mut files: Vec<_> =
        sources.map(|file| (file.strip_prefix(top()).expect("ours").display().to_string(), text(&file))).collect();
    let found = second_meanings(&rows, &files);
    assert!(found.is_empty(), "one word means one thing; these are called by the word for another one: {found:?}");
    for (name, file) in VIEWS {
        let is_there = files.iter().any(|(path, source)| path == file && public_types(source).contains(name));
        assert!(is_there, "{name} is not in {file}");
    }
    files.push((
        "src/hall.rs".to_owned(),
        "pub enum SocketWeather {}\npub struct Desk<T>(T);\nstruct Store;".to_owned(),
    ));
    let planted = ["SocketWeather", "Desk"].map(|name| (name.to_owned(), "src/hall.rs".to_owned()));
    assert_eq!(second_meanings(&rows, &files), planted, "they are seen");
}
