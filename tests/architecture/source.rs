//! Reading source files: which paths and names stand in them, and what they import.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// What a source file names.
#[derive(Debug, Default)]
pub(crate) struct Paths {
    /// Every path with at least two segments, `use` groups taken apart.
    pub(crate) qualified: Vec<Vec<String>>,
    /// Every identifier.
    pub(crate) names: BTreeSet<String>,
}

/// One name that a file imports.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Import {
    /// Where it comes from.
    pub(crate) path: Vec<String>,
    /// What it is called in the file.
    pub(crate) name: String,
    /// Others find it here, too: `pub use`.
    pub(crate) is_reexport: bool,
}

/// What a file outside of its tests imports, and the paths that stand in its code.
#[derive(Debug, Default)]
pub(crate) struct Code {
    /// By `use`.
    pub(crate) imports: Vec<Import>,
    /// Everything else.
    pub(crate) paths: Vec<Vec<String>>,
    /// What it names by one word, or with which a path begins: its own things, and what it imports.
    pub(crate) bare: BTreeSet<String>,
    /// What it declares itself.
    pub(crate) declared: BTreeSet<String>,
    /// Texts of several words that it takes apart or compares with.
    pub(crate) sentences_read: Vec<String>,
}

/// Reads a file.
pub(crate) fn paths(file: &Path) -> Paths {
    read(&text(file)).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
}

/// Reads Rust.
pub(crate) fn read(text: &str) -> Result<Paths, proc_macro2::LexError> {
    let mut found = Paths::default();
    walk(text.parse()?, &[], &mut found);
    Ok(found)
}

/// Reads Rust, item by item; what is compiled for tests alone is left out.
pub(crate) fn code(text: &str) -> Result<Code, proc_macro2::LexError> {
    let mut found = Code::default();
    let mut item: Vec<TokenTree> = Vec::new();
    for token in text.parse::<TokenStream>()? {
        let ends = match &token {
            TokenTree::Punct(punct) => punct.as_char() == ';',
            // The group of a `use` is followed by its semicolon.
            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace && use_at(&item).is_none(),
            TokenTree::Ident(_) | TokenTree::Literal(_) => false,
        };
        item.push(token);
        if ends {
            take(&std::mem::take(&mut item), &mut found);
        }
    }
    Ok(found)
}

fn take(item: &[TokenTree], found: &mut Code) {
    let tokens = item.iter().cloned().collect::<TokenStream>();
    let is_for_tests = |token: &TokenTree| token.to_string().replace(' ', "") == "[cfg(test)]";
    if item.iter().take_while(|token| is_before_item(token)).any(is_for_tests) {
        return;
    }
    if let Some(at) = use_at(item) {
        let is_reexport = item[..at].iter().any(|token| matches!(token, TokenTree::Ident(word) if word == "pub"));
        imports(&item[at + 1..], &[], is_reexport, &mut found.imports);
    } else {
        let mut paths = Paths::default();
        sentences_read(tokens.clone(), &mut found.sentences_read);
        walk(tokens.clone(), &[], &mut paths);
        let is_module = item.iter().any(|token| matches!(token, TokenTree::Ident(word) if word == "mod"));
        if !is_module {
            bare(tokens, &mut found.bare, &mut found.declared);
        }
        let inside = paths.qualified.into_iter().filter_map(|path| if is_module { outside(path) } else { Some(path) });
        found.paths.extend(inside);
    }
}

/// Collects words that may name something in scope: not a field or a method (`.x`), not what is followed by its type or value
/// (`x: u8`), and no later part of a path. What is declared there (`fn x`, and an enum's variants) goes into `declared`.
fn bare(tokens: TokenStream, found: &mut BTreeSet<String>, declared: &mut BTreeSet<String>) {
    const DECLARES: [&str; 6] = ["const", "enum", "fn", "static", "struct", "trait"];
    let tokens: Vec<_> = tokens.into_iter().collect();
    let is_word = |at: usize, wanted: &[&str]| match tokens.get(at) {
        Some(TokenTree::Ident(word)) => wanted.iter().any(|wanted| word == wanted),
        _ => false,
    };
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Ident(word) => {
                let is_declared = at > 0 && is_word(at - 1, &DECLARES);
                let is_member = at > 0 && is_punct(&tokens, at - 1, '.') && !(at > 1 && is_punct(&tokens, at - 2, '.'));
                let is_later = at > 1 && is_path_separator(&tokens, at - 2);
                let is_field = is_punct(&tokens, at + 1, ':') && !is_path_separator(&tokens, at + 1);
                if is_declared {
                    declared.insert(word.to_string());
                } else if !(is_member || is_later || is_field) {
                    found.insert(word.to_string());
                }
            }
            TokenTree::Group(group) if at > 1 && is_word(at - 2, &["enum"]) => {
                for token in group.stream() {
                    match token {
                        TokenTree::Ident(variant) => drop(declared.insert(variant.to_string())),
                        TokenTree::Group(payload) => bare(payload.stream(), found, declared),
                        TokenTree::Punct(_) | TokenTree::Literal(_) => {}
                    }
                }
            }
            TokenTree::Group(group) => bare(group.stream(), found, declared),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

/// Collects texts with a word and a space that are looked for (`starts_with("join ")`) or compared with (`== "not done"`, or an
/// arm of a `match`).
fn sentences_read(tokens: TokenStream, found: &mut Vec<String>) {
    const READERS: &[&str] = &[
        "contains",
        "ends_with",
        "eq",
        "find",
        "ne",
        "rfind",
        "rsplit_once",
        "split",
        "split_once",
        "starts_with",
        "strip_prefix",
        "strip_suffix",
        "trim_end_matches",
        "trim_start_matches",
    ];
    let tokens: Vec<_> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        let read = match token {
            TokenTree::Ident(word) if READERS.iter().any(|reader| word == reader) => match tokens.get(at + 1) {
                Some(TokenTree::Group(arguments)) => arguments.stream().into_iter().next(),
                _ => None,
            },
            TokenTree::Punct(equals) if equals.as_char() == '=' && at > 0 => {
                let is_second =
                    matches!(&tokens[at - 1], TokenTree::Punct(sign) if matches!(sign.as_char(), '=' | '!'));
                tokens.get(at + 1).filter(|_| is_second).cloned()
            }
            TokenTree::Group(group) => {
                sentences_read(group.stream(), found);
                None
            }
            TokenTree::Literal(_) if is_punct(&tokens, at + 1, '=') && is_punct(&tokens, at + 2, '>') => {
                Some(token.clone())
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => None,
        };
        let text = read.map(|token| token.to_string()).filter(|text| text.starts_with('"')).unwrap_or_default();
        if text.contains(' ') && text.contains(char::is_alphabetic) {
            found.push(text.trim_matches('"').to_owned());
        }
    }
}

/// A path in a module that is written inside of its file, as that file would have it; none if it stays inside.
fn outside(mut path: Vec<String>) -> Option<Vec<String>> {
    if path.first().is_none_or(|first| first != "super") {
        return path.first().filter(|first| *first == "crate").is_some().then_some(path);
    }
    path.remove(0);
    if path.first().is_some_and(|first| first != "super") {
        path.insert(0, "self".to_owned());
    }
    Some(path)
}

/// Where the word `use` stands among the first tokens of an item, behind attributes and visibility.
fn use_at(item: &[TokenTree]) -> Option<usize> {
    let at = item.iter().position(|token| !is_before_item(token))?;
    matches!(&item[at], TokenTree::Ident(word) if word == "use").then_some(at)
}

/// Whether a token may be of the attributes and the visibility that stand before an item, or of the documentation of the file,
/// which stands before the first one (`#![doc = ".."]`).
fn is_before_item(token: &TokenTree) -> bool {
    match token {
        TokenTree::Punct(punct) => matches!(punct.as_char(), '#' | '!'),
        TokenTree::Group(group) => group.delimiter() != Delimiter::Brace,
        TokenTree::Ident(word) => word == "pub",
        TokenTree::Literal(_) => false,
    }
}

/// Takes a tree of imports apart.
fn imports(tokens: &[TokenTree], prefix: &[String], is_reexport: bool, found: &mut Vec<Import>) {
    let comma = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if matches!(punct.as_char(), ',' | ';'));
    for part in tokens.split(comma).filter(|part| !part.is_empty()) {
        let mut path = prefix.to_vec();
        let mut name = None;
        for (at, token) in part.iter().enumerate() {
            match token {
                TokenTree::Ident(word) if word == "as" => name = part.get(at + 1).map(ToString::to_string),
                TokenTree::Ident(word) if name.is_none() => path.push(word.to_string()),
                TokenTree::Group(group) => {
                    let inner: Vec<_> = group.stream().into_iter().collect();
                    imports(&inner, &path, is_reexport, found);
                    path.clear();
                }
                TokenTree::Punct(punct) if punct.as_char() == '*' => path.push("*".to_owned()),
                TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
        if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
            path.pop();
        }
        if let Some(last) = path.last() {
            let name = name.unwrap_or_else(|| last.clone());
            found.push(Import { path, name, is_reexport });
        }
    }
}

/// Collects the paths of `tokens`; those of a `use` group stand behind `prefix`.
fn walk(tokens: TokenStream, prefix: &[String], found: &mut Paths) {
    let tokens: Vec<_> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        if let Some(behind) = visibility(&tokens, at) {
            at = behind;
            continue;
        }
        let mut path = prefix.to_vec();
        let mut grouped = false;
        while let Some(TokenTree::Ident(ident)) = tokens.get(at) {
            path.push(ident.to_string());
            found.names.insert(ident.to_string());
            at += 1;
            if !is_path_separator(&tokens, at) {
                break;
            }
            at += 2;
        }
        if let Some(TokenTree::Group(group)) = tokens.get(at) {
            let continues = at >= 2 && is_path_separator(&tokens, at - 2) && group.delimiter() == Delimiter::Brace;
            let inner = if continues { path.as_slice() } else { &[] };
            grouped = continues;
            walk(group.stream(), inner, found);
            at += 1;
        } else if path.len() == prefix.len() {
            at += 1;
        }
        if path.len() > 1 && path.len() > prefix.len() && !grouped {
            found.qualified.push(path);
        }
    }
}

/// Behind a visibility such as `pub(in crate::cli)`, if there is one: it says who may use something, and uses nothing.
fn visibility(tokens: &[TokenTree], at: usize) -> Option<usize> {
    let is_pub = matches!(tokens.get(at), Some(TokenTree::Ident(word)) if word == "pub");
    let Some(TokenTree::Group(group)) = tokens.get(at + 1).filter(|_| is_pub) else { return None };
    let first = group.stream().into_iter().next().map(|token| token.to_string());
    let limits = ["in", "crate", "super", "self"];
    first.is_some_and(|first| limits.contains(&first.as_str())).then_some(at + 2)
}

fn is_path_separator(tokens: &[TokenTree], at: usize) -> bool {
    let colon = |t: Option<&TokenTree>| matches!(t, Some(TokenTree::Punct(p)) if p.as_char() == ':');
    colon(tokens.get(at)) && colon(tokens.get(at + 1))
}

/// Functions whose names ask a question (`is_`, `has_`, `was_`) and that may change what they are given: a parameter is
/// borrowed as `mut`, be it `self` or another one.
pub(crate) fn changing_questions(text: &str) -> Result<Vec<String>, proc_macro2::LexError> {
    let mut found = Vec::new();
    find_changing_questions(text.parse()?, &mut found);
    Ok(found)
}

fn find_changing_questions(tokens: TokenStream, found: &mut Vec<String>) {
    let asks = |name: &str| ["is_", "has_", "was_"].iter().any(|start| name.starts_with(start));
    let tokens: Vec<_> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Ident(word) if word == "fn" => {
                let Some(TokenTree::Ident(name)) = tokens.get(at + 1) else { continue };
                let name = name.to_string();
                if asks(&name) && parameters(&tokens[at + 2..]).is_some_and(borrows_as_mut) {
                    found.push(name);
                }
            }
            TokenTree::Group(group) => find_changing_questions(group.stream(), found),
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

/// The parameters of a function, of which these are the tokens behind its name: the first parentheses that are not in angle
/// brackets.
fn parameters(tokens: &[TokenTree]) -> Option<TokenStream> {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Punct(sign) if sign.as_char() == '<' => depth += 1,
            TokenTree::Punct(sign) if sign.as_char() == '>' && !is_punct(tokens, at.wrapping_sub(1), '-') => depth -= 1,
            TokenTree::Group(group) if depth == 0 && group.delimiter() == Delimiter::Parenthesis => {
                return Some(group.stream());
            }
            TokenTree::Group(_) | TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
    None
}

/// Whether something is borrowed as `mut` here, with a lifetime or without. What a closure borrows that is itself a parameter
/// (`impl FnMut(&mut T)`) does not count.
fn borrows_as_mut(parameters: TokenStream) -> bool {
    let tokens: Vec<_> = parameters.into_iter().collect();
    let is_word = |at: usize, wanted: &[&str]| match tokens.get(at) {
        Some(TokenTree::Ident(word)) => wanted.iter().any(|wanted| word == wanted),
        _ => false,
    };
    (0..tokens.len()).any(|at| match &tokens[at] {
        TokenTree::Punct(sign) if sign.as_char() == '&' => {
            let behind = if is_punct(&tokens, at + 1, '\'') { at + 3 } else { at + 1 };
            is_word(behind, &["mut"])
        }
        TokenTree::Group(group) => {
            !is_word(at.wrapping_sub(1), &["Fn", "FnMut", "FnOnce"]) && borrows_as_mut(group.stream())
        }
        TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

fn is_punct(tokens: &[TokenTree], at: usize, sign: char) -> bool {
    matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == sign)
}

/// The lines of a file without the items, fields and statements that are compiled for tests alone. The text is as rustfmt leaves
/// it: what is longer than a line ends at the first brace that stands as far to the right as it begins.
pub(crate) fn without_tests(text: &str) -> Vec<&str> {
    let mut lines = text.lines();
    let mut found = Vec::new();
    while let Some(line) = lines.next() {
        let trimmed = line.trim_start();
        if trimmed != "#[cfg(test)]" {
            found.push(line);
            continue;
        }
        let indent = &line[..line.len() - trimmed.len()];
        let is_end = |line: &&str| line.strip_prefix(indent).is_some_and(|rest| rest.starts_with('}'));
        let item = lines.find(|line| !line.trim_start().starts_with(['#', '/'])).unwrap_or_default();
        if !item.ends_with([';', ',', '}']) {
            lines.find(is_end);
        }
    }
    found
}

/// Functions outside of a file's tests that have more lines than this, with how many they have. The text is as rustfmt leaves
/// it: a function ends at the first brace that stands as far to the right as it begins.
pub(crate) fn long_functions(text: &str, lines_max: usize) -> Vec<(String, usize)> {
    let lines = without_tests(text);
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let trimmed = line.trim_start();
        let Some((before, after)) = trimmed.split_once("fn ") else { continue };
        let qualifiers = ["pub", "const", "async", "unsafe", "extern", "\"C\""];
        let is_qualifier = |word: &str| qualifiers.contains(&word) || word.starts_with("pub(") || word.ends_with(')');
        if !before.split_whitespace().all(is_qualifier) || trimmed.ends_with([';', '}']) {
            continue;
        }
        let indent = &line[..line.len() - trimmed.len()];
        let is_end = |line: &&str| {
            let rest = line.strip_prefix(indent).unwrap_or_default();
            rest == "}" || rest.starts_with(')') && rest.ends_with(';')
        };
        let len = lines[at + 1..].iter().position(is_end).map_or(1, |end| end + 2);
        if len > lines_max {
            found.push((after.split(['(', '<']).next().unwrap_or(after).to_owned(), len));
        }
    }
    found
}

/// The text of a file.
pub(crate) fn text(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Whether a file is of tests alone.
pub(crate) fn is_test_file(file: &Path) -> bool {
    file.file_stem().is_some_and(|stem| stem == "tests") || file.components().any(|part| part.as_os_str() == "tests")
}

/// All source files of a folder, or the one file.
pub(crate) fn sources(place: &str) -> Vec<PathBuf> {
    let place = top().join(place);
    if place.is_file() {
        return vec![place];
    }
    let mut found = Vec::new();
    let mut folders = vec![place];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.expect("a readable folder").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The top of the repository.
pub(crate) fn top() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
