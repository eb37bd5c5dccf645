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
    if tokens.to_string().replace(' ', "").starts_with("#[cfg(test)]") {
        return;
    }
    if let Some(at) = use_at(item) {
        let is_reexport = item[..at].iter().any(|token| matches!(token, TokenTree::Ident(word) if word == "pub"));
        imports(&item[at + 1..], &[], is_reexport, &mut found.imports);
    } else {
        let mut paths = Paths::default();
        sentences_read(tokens.clone(), &mut found.sentences_read);
        walk(tokens, &[], &mut paths);
        let is_module = item.iter().any(|token| matches!(token, TokenTree::Ident(word) if word == "mod"));
        let inside = paths.qualified.into_iter().filter_map(|path| if is_module { outside(path) } else { Some(path) });
        found.paths.extend(inside);
    }
}

/// Collects texts with a word and a space that are looked for (`starts_with("join ")`) or compared with (`== "not done"`).
fn sentences_read(tokens: TokenStream, found: &mut Vec<String>) {
    const READERS: [&str; 7] =
        ["contains", "ends_with", "find", "split_once", "starts_with", "strip_prefix", "strip_suffix"];
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
    let plain = |token: &TokenTree| match token {
        TokenTree::Punct(punct) => punct.as_char() == '#',
        TokenTree::Group(group) => group.delimiter() != Delimiter::Brace,
        TokenTree::Ident(word) => word == "pub",
        TokenTree::Literal(_) => false,
    };
    let at = item.iter().position(|token| !plain(token))?;
    matches!(&item[at], TokenTree::Ident(word) if word == "use").then_some(at)
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

/// Methods whose names ask a question and that can change what they ask: `fn is_x(&mut self`, and the same with `has_` and
/// `was_`.
pub(crate) fn changing_questions(text: &str) -> Vec<String> {
    let asks = |name: &str| ["is_", "has_", "was_"].iter().any(|start| name.starts_with(start));
    let mut rest = text;
    let mut found = Vec::new();
    while let Some((_, after)) = rest.split_once("fn ") {
        rest = after;
        let Some((name, behind)) = after.split_once('(') else { continue };
        let name = name.split('<').next().unwrap_or(name);
        if asks(name) && behind.trim_start().starts_with("&mut self") {
            found.push(name.to_owned());
        }
    }
    found
}

/// Functions outside of a file's tests that have more lines than this, with how many they have. The text is as rustfmt leaves
/// it: a function ends at the first brace that stands as far to the right as it begins.
pub(crate) fn long_functions(text: &str, lines_max: usize) -> Vec<(String, usize)> {
    let lines: Vec<_> = text.lines().take_while(|line| *line != "#[cfg(test)]").collect();
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
