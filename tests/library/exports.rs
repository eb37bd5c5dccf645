//! Whatever the client's library names in what it shows has a name there: a program needs no other package to keep it in a struct
//! of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// The packages below the library, and where they stand.
const BELOW: [(&str, &str); 8] = [
    ("chinwag_client_core", "src/client"),
    ("chinwag_discovery", "src/discovery"),
    ("chinwag_drive", "src/drive"),
    ("chinwag_home", "src/home"),
    ("chinwag_keep", "src/keep"),
    ("chinwag_net", "src/net"),
    ("chinwag_node", "src/node"),
    ("chinwag_proto", "proto/src"),
];

/// What a public type shows of others, by its name.
type Shown = BTreeMap<String, BTreeSet<String>>;

#[test]
fn whatever_the_library_shows_has_a_name_there() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let reexported = reexported(&fs::read_to_string(top.join("src/door/lib.rs")).expect("the front page"));
    let own = of_files(&top.join("src/door"));
    let below: BTreeSet<_> = BELOW.iter().flat_map(|(_, folder)| of_files(&top.join(folder)).into_keys()).collect();
    let named: BTreeSet<_> = reexported.iter().map(|(_, name)| name.clone()).chain(own.keys().cloned()).collect();
    let theirs = reexported.iter().flat_map(|(path, name)| {
        let (_, folder) = BELOW.iter().find(|(package, _)| *package == path[0]).expect("a package below");
        let place = path[1..].iter().fold(top.join(folder), |place, module| place.join(module));
        let shown = if place.is_dir() { of_files(&place) } else { of_file(&place.with_extension("rs")) };
        shown.get(name).map(|shown| (name.clone(), shown.clone()))
    });
    let all: Vec<_> = own.clone().into_iter().chain(theirs).collect();
    assert!(all.len() > 90, "it reads what is there: {} types", all.len());
    let nameless: Vec<_> = all
        .iter()
        .flat_map(|(by, shown)| shown.iter().map(move |name| (by, name)))
        // A folder's or a file's is the standard library's.
        .filter(|(_, name)| below.contains(*name) && !named.contains(*name) && *name != "Path")
        .map(|(by, name)| format!("{by} shows {name}"))
        .collect();
    assert!(nameless.is_empty(), "src/door/lib.rs does not name what is shown: {nameless:#?}");
}

#[test]
fn every_type_and_function_of_the_library_has_an_example() {
    let mut without = Vec::new();
    let mut seen = 0;
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/door")).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|end| end != "rs") {
            continue;
        }
        let mut has_example = false;
        for line in fs::read_to_string(&path).expect("a file").lines() {
            let is_shown = ["pub struct ", "pub enum ", "pub fn "].iter().any(|begin| line.starts_with(begin));
            seen += usize::from(is_shown);
            if is_shown && !has_example {
                without.push(line.to_owned());
            }
            // What is above an item is its documentation and its attributes.
            let is_above = line.starts_with("///") || line.starts_with("#[");
            has_example = is_above && (has_example || line.starts_with("/// ```"));
        }
    }
    assert!(seen > 25 && without.is_empty(), "{seen}, without an example: {without:#?}");
}

#[test]
fn what_a_type_shows_is_read_off_its_public_fields_variants_and_functions() {
    let shown = of(
        "/// Not [`Doc`].\npub struct One { pub a: Vec<Two>, b: Three } pub struct Tuple(pub Four, pub(super) Five);
         impl One { pub const fn f(&self, of: &Six) -> Result<Seven, Eight> { Nine::new() } fn g(&self, of: Ten) {} }
         pub enum Many { Eleven(Twelve), #[error(\"{Thirteen}\")] Fourteen { a: Fifteen } } number! { Sixteen }",
    );
    let names = |of: &str| shown[of].iter().map(String::as_str).collect::<Vec<_>>().join(" ");
    assert_eq!(names("One"), "Eight Result Seven Six Two Vec");
    assert_eq!(
        (names("Tuple"), names("Many"), names("Sixteen")),
        ("Four".into(), "Fifteen Twelve".into(), String::new())
    );
}

/// The module and the name of each `pub use` from another package.
fn reexported(page: &str) -> Vec<(Vec<String>, String)> {
    let uses = page.split("pub use ").skip(1).map(|rest| rest.split(';').next().unwrap_or_default());
    let uses = uses.filter_map(|path| path.trim().rsplit_once("::")).filter(|(path, _)| path.starts_with("chinwag_"));
    let each = uses.flat_map(|(path, names)| {
        let path: Vec<_> = path.split("::").map(str::to_owned).collect();
        let names = names.trim_matches(['{', '}']).split(',').filter_map(|name| name.split_whitespace().next());
        names.map(|name| (path.clone(), name.to_owned())).collect::<Vec<_>>()
    });
    each.collect()
}

fn of_files(folder: &Path) -> Shown {
    let mut shown = Shown::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path: PathBuf = entry.expect("an entry").path();
        let of_it = match path.extension() {
            _ if path.ends_with("tests") || path.ends_with("tests.rs") => Shown::new(),
            _ if path.is_dir() => of_files(&path),
            Some(end) if end == "rs" => of_file(&path),
            _ => Shown::new(),
        };
        of_it.into_iter().for_each(|(name, names)| shown.entry(name).or_default().extend(names));
    }
    shown
}

fn of_file(path: &Path) -> Shown {
    of(&fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

/// What the public types of a file show.
fn of(text: &str) -> Shown {
    let mut shown = Shown::new();
    let mut item: Vec<TokenTree> = Vec::new();
    for token in text.parse::<TokenStream>().expect("Rust") {
        let is_end = match &token {
            TokenTree::Punct(punct) => punct.as_char() == ';',
            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
            TokenTree::Ident(_) | TokenTree::Literal(_) => false,
        };
        item.push(token);
        if is_end {
            take(&without_attributes(&std::mem::take(&mut item)), &mut shown);
        }
    }
    shown
}

fn take(item: &[TokenTree], shown: &mut Shown) {
    let words: Vec<_> = item.iter().map(ToString::to_string).collect();
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    let names = match words[..] {
        ["pub", "struct", name, ..] => Some((name, fields(item))),
        ["pub", "enum", name, ..] => Some((name, variants(item))),
        ["pub", "type", name, ..] => Some((name, types(&item[3..]))),
        ["impl", ..] if !words.contains(&"for") => {
            let name = words[1..].iter().find(|word| word.starts_with(char::is_uppercase));
            name.map(|name| (*name, functions(item)))
        }
        // A macro that makes a type: its name stands last.
        [_, "!", ..] => words
            .last()
            .and_then(|group| group.trim_end_matches([' ', '}']).rsplit(' ').next())
            .map(|name| (name, BTreeSet::new())),
        _ => None,
    };
    if let Some((name, names)) = names {
        shown.entry(name.to_owned()).or_default().extend(names);
    }
}

/// The types of public fields.
fn fields(item: &[TokenTree]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for group in groups(item) {
        for field in commas(&group) {
            let is_public = matches!(&field[..], [TokenTree::Ident(word), next, ..] if word == "pub" && !matches!(next, TokenTree::Group(group) if group.to_string().starts_with("(super") || group.to_string().starts_with("(crate")));
            if is_public {
                names.extend(types(&field[1..]));
            }
        }
    }
    names
}

/// The types that variants have.
fn variants(item: &[TokenTree]) -> BTreeSet<String> {
    groups(item).iter().flat_map(|body| groups(body)).flat_map(|of| types(&of)).collect()
}

/// The types that public functions take and give.
fn functions(item: &[TokenTree]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for body in groups(item) {
        let ends =
            |token: &TokenTree| matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
        for function in body.split(ends) {
            let words: Vec<_> = function.iter().map(ToString::to_string).collect();
            let start = function.iter().position(|token| token.to_string() == "pub");
            if let Some(start) = start.filter(|start| words.get(start + 1).is_some_and(|next| !next.starts_with('('))) {
                names.extend(types(&function[start..]));
            }
        }
    }
    names
}

/// The names in capitals that stand in it, at whatever depth.
fn types(tokens: &[TokenTree]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for token in tokens {
        match token {
            TokenTree::Ident(word) if word.to_string().starts_with(char::is_uppercase) => {
                names.insert(word.to_string());
            }
            TokenTree::Group(group) => {
                names.extend(types(&without_attributes(&group.stream().into_iter().collect::<Vec<_>>())));
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
    names.remove("Self");
    names
}

/// What stands in the groups of it.
fn groups(tokens: &[TokenTree]) -> Vec<Vec<TokenTree>> {
    let inside = tokens.iter().filter_map(|token| if let TokenTree::Group(group) = token { Some(group) } else { None });
    inside.map(|group| without_attributes(&group.stream().into_iter().collect::<Vec<_>>())).collect()
}

/// What stands between commas that no angle brackets are around.
fn commas(tokens: &[TokenTree]) -> Vec<Vec<TokenTree>> {
    let (mut parts, mut depth) = (vec![Vec::new()], 0_i32);
    let mut is_arrow = false;
    for token in tokens {
        if let TokenTree::Punct(punct) = token {
            match punct.as_char() {
                '<' => depth += 1,
                '>' if !is_arrow => depth -= 1,
                ',' if depth == 0 => parts.push(Vec::new()),
                _ => {}
            }
            is_arrow = punct.as_char() == '-' && punct.spacing() == Spacing::Joint;
        }
        parts.last_mut().expect("one at least").push(token.clone());
    }
    parts.iter_mut().skip(1).for_each(|part| drop(part.remove(0)));
    parts
}

fn without_attributes(tokens: &[TokenTree]) -> Vec<TokenTree> {
    let mut kept: Vec<TokenTree> = Vec::new();
    for token in tokens {
        let is_attribute = matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket)
            && matches!(kept.last(), Some(TokenTree::Punct(punct)) if matches!(punct.as_char(), '#' | '!'));
        if is_attribute {
            while matches!(kept.last(), Some(TokenTree::Punct(punct)) if matches!(punct.as_char(), '#' | '!')) {
                kept.pop();
            }
        } else {
            kept.push(token.clone());
        }
    }
    kept
}
