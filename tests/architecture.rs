//! Holds the walls of the house: who may import whom, and what may not get into the PURE folders. The rules are the tables
//! below; ARCHITECTURE.md draws the same picture.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// For each room of `proto/src`: the rooms that it may import.
const PROTO: &[(&str, &[&str])] = &[
    ("time", &[]),
    ("rng", &[]),
    ("limits", &[]),
    ("error", &["limits"]),
    ("wire", &["time", "rng", "limits", "error"]),
    ("secure", &["time", "rng", "limits", "error", "wire"]),
    ("weather", &["time", "rng", "limits", "error"]),
    ("link", &["time", "rng", "limits", "error", "wire"]),
    ("session", &["time", "rng", "limits", "error", "wire", "secure", "link"]),
    ("endpoint", &["time", "rng", "limits", "error", "wire", "secure", "link", "session"]),
    ("dump", &["time", "limits", "error", "wire"]),
];

/// For each room of `src`: the rooms that it may import. Every room may import the crate `chinwag-proto`.
const CHINWAG: &[(&str, &[&str])] = &[
    ("interface", &[]),
    ("node", &[]),
    ("names", &[]),
    ("passwords", &["server"]),
    ("auth", &["server"]),
    ("files", &[]),
    ("store", &["files"]),
    ("net", &["interface"]),
    ("render", &[]),
    ("config", &["files"]),
    ("server", &["node", "store", "names"]),
    ("client", &["node", "render"]),
    ("probe", &["node"]),
    ("discovery", &["interface", "node"]),
    ("keep", &["client", "files"]),
    ("drive", &["interface", "node", "net", "store", "server", "client", "probe", "discovery", "passwords", "auth"]),
    ("sim", &["node", "store", "server", "client", "keep", "passwords"]),
    ("admin", &["node", "drive", "store", "server", "passwords", "auth"]),
    ("tui", &["client", "render"]),
    ("bench", &["node", "net", "drive", "store", "server", "client", "discovery", "interface", "config"]),
    (
        "cli",
        &[
            "node",
            "admin",
            "names",
            "passwords",
            "auth",
            "net",
            "drive",
            "store",
            "server",
            "client",
            "discovery",
            "interface",
            "probe",
            "keep",
            "sim",
            "bench",
            "config",
            "render",
            "tui",
        ],
    ),
];

/// Folders and files in which there is no socket, file, thread, clock, randomly seeded map or entropy.
const PURE: &[&str] = &[
    "proto/src",
    "src/node.rs",
    "src/server",
    "src/client",
    "src/probe.rs",
    "src/interface.rs",
    "src/discovery",
    "src/render.rs",
];

/// What a path in a PURE folder may not start with, after `std::`, `core::` or `alloc::`.
const IMPURE_STD: &[&str] = &["fs", "thread", "env", "process", "io", "os", "sync"];

/// Names that a PURE folder may not contain at all.
const IMPURE_NAMES: &[&str] = &[
    "HashMap",
    "HashSet",
    "RandomState",
    "SystemTime",
    "UdpSocket",
    "TcpStream",
    "TcpListener",
    "SysRng",
    "ThreadRng",
    "getrandom",
    "println",
    "eprintln",
];

#[test]
fn imports_follow_the_dependency_direction() {
    let mut wrong = Vec::new();
    for (root, rules) in [("proto/src", PROTO), ("src", CHINWAG)] {
        for file in sources(root) {
            let Some(room) = room_of(&file, root) else { continue };
            let Some((_, allowed)) = rules.iter().find(|(name, _)| *name == room) else {
                wrong.push(format!("{}: room `{room}` is not in the table of this test", file.display()));
                continue;
            };
            for used in rooms_used(&file, root) {
                let known = rules.iter().any(|(name, _)| *name == used);
                if known && used != room && !allowed.contains(&used.as_str()) {
                    wrong.push(format!("{}: `{room}` may not import `{used}`", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_pure_folders_are_pure() {
    let mut wrong = Vec::new();
    for file in PURE.iter().flat_map(|place| sources(place)) {
        let paths = paths(&file);
        for path in &paths.qualified {
            let [head, next, ..] = path.as_slice() else { continue };
            let impure = match head.as_str() {
                "std" | "core" | "alloc" => IMPURE_STD.contains(&next.as_str()),
                _ => false,
            };
            // `Arc` is shared ownership of immutable octets, not a lock.
            if impure && !matches!(path.get(2).map(String::as_str), Some("Arc")) {
                wrong.push(format!("{}: {}", file.display(), path.join("::")));
            }
        }
        for name in IMPURE_NAMES.iter().filter(|name| paths.names.contains(**name)) {
            wrong.push(format!("{}: {name}", file.display()));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn proto_is_no_std() {
    let lib = fs::read_to_string(top().join("proto/src/lib.rs")).expect("proto/src/lib.rs");
    assert!(lib.contains("#![no_std]"));
    let with_std: Vec<_> = sources("proto/src")
        .into_iter()
        .filter(|file| paths(file).qualified.iter().any(|path| path[0] == "std"))
        .filter(|file| !is_test_file(file))
        .collect();
    assert!(with_std.is_empty(), "{with_std:?}");
}

#[test]
fn every_module_says_what_it_owns() {
    let silent: Vec<_> = ["src", "proto/src"]
        .iter()
        .flat_map(|root| sources(root))
        .filter(|file| !fs::read_to_string(file).expect("source").starts_with("//!"))
        .collect();
    assert!(silent.is_empty(), "no `//!` at the top of {silent:?}");
}

#[test]
fn every_room_is_on_the_map() {
    let page = fs::read_to_string(top().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    let map = page.split("```").nth(1).expect("the code map");
    let words = map.lines().flat_map(|line| line.split("  ").filter(|part| !part.is_empty()).take(1));
    let named: BTreeSet<_> =
        words.flat_map(str::split_whitespace).map(|word| word.trim_end_matches('/').trim_end_matches(".rs")).collect();
    let rooms = PROTO.iter().chain(CHINWAG).map(|(room, _)| *room);
    let missing: Vec<_> = rooms.filter(|room| !named.contains(room)).collect();
    assert!(missing.is_empty(), "not in the code map of ARCHITECTURE.md: {missing:?}");
}

#[test]
fn no_room_has_grown_into_a_hall() {
    let large: Vec<_> = ["src", "proto/src", "tests", "proto/tests"]
        .iter()
        .flat_map(|root| sources(root))
        .map(|file| (fs::read_to_string(&file).expect("source").lines().count(), file))
        .filter(|(lines, _)| *lines > LINES_MAX)
        .collect();
    assert!(large.is_empty(), "over {LINES_MAX} lines, is it still one idea? {large:?}");
}

/// STYLE: about 200 lines, seldom over 500.
const LINES_MAX: usize = 700;

#[test]
fn tests_wait_for_things_and_never_sleep() {
    let sleeping: Vec<_> = ["tests", "proto/tests", "src", "proto/src"]
        .iter()
        .flat_map(|root| sources(root))
        .filter(|file| paths(file).qualified.iter().any(|path| path.ends_with(&["thread".into(), "sleep".into()])))
        .collect();
    assert!(sleeping.is_empty(), "{sleeping:?}");
}

#[test]
fn the_reader_sees_groups_macros_and_supers() {
    let text = "use crate::{link::{Link, Role}, wire}; // crate::comment::no\nfn f() { m!(super::super::net::X, \"crate::text::no\") }";
    let found = read(text).expect("Rust");
    let seen: Vec<_> = found.qualified.iter().map(|path| path.join("::")).collect();
    assert_eq!(seen, ["crate::link::Link", "crate::link::Role", "crate::wire", "super::super::net::X"]);
    assert!(found.names.contains("Role") && !found.names.contains("comment"));
}

/// What a source file names.
#[derive(Debug)]
struct Paths {
    /// Every path with at least two segments, `use` groups taken apart.
    qualified: Vec<Vec<String>>,
    /// Every identifier.
    names: BTreeSet<String>,
}

fn paths(file: &Path) -> Paths {
    let text = fs::read_to_string(file).expect("a readable source file");
    read(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
}

fn read(text: &str) -> Result<Paths, proc_macro2::LexError> {
    let mut found = Paths { qualified: Vec::new(), names: BTreeSet::new() };
    walk(text.parse()?, &[], &mut found);
    Ok(found)
}

/// Collects the paths of `tokens`; those of a `use` group stand behind `prefix`.
fn walk(tokens: TokenStream, prefix: &[String], found: &mut Paths) {
    let tokens: Vec<_> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
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

fn is_path_separator(tokens: &[TokenTree], at: usize) -> bool {
    let colon = |t: Option<&TokenTree>| matches!(t, Some(TokenTree::Punct(p)) if p.as_char() == ':');
    colon(tokens.get(at)) && colon(tokens.get(at + 1))
}

/// The rooms of its own crate that a file names, by `crate::room` or by enough `super`s.
fn rooms_used(file: &Path, root: &str) -> BTreeSet<String> {
    let depth = depth_of(file, root);
    paths(file)
        .qualified
        .iter()
        .filter_map(|path| match path[0].as_str() {
            "crate" => path.get(1),
            "super" => {
                let ups = path.iter().take_while(|segment| *segment == "super").count();
                if ups >= depth { path.get(ups) } else { None }
            }
            _ => None,
        })
        .cloned()
        .collect()
}

/// How many modules deep a file is: `src/net/udp.rs` is 2 deep, `src/net/mod.rs` and `src/net.rs` are 1.
fn depth_of(file: &Path, root: &str) -> usize {
    let inside = file.strip_prefix(top().join(root)).expect("inside").with_extension("");
    let parts = inside.components().count();
    if inside.ends_with("mod") { parts - 1 } else { parts }
}

/// The top-level module of a file; `None` for the crate's root.
fn room_of(file: &Path, root: &str) -> Option<String> {
    let inside = file.strip_prefix(top().join(root)).expect("inside").with_extension("");
    let room = inside.components().next()?.as_os_str().to_str()?.to_owned();
    (room != "lib" && room != "main").then_some(room)
}

fn is_test_file(file: &Path) -> bool {
    file.file_stem().is_some_and(|stem| stem == "tests") || file.components().any(|part| part.as_os_str() == "tests")
}

fn sources(place: &str) -> Vec<PathBuf> {
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

fn top() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
