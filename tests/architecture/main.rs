//! Holds the walls of the house: which package and which module may import which, and what may not get into the PURE folders.
//! The rules are the tables below; ARCHITECTURE.md draws the same picture.

mod docs;
mod modules;
mod sentences;
mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use docs::without_subject;
use modules::Modules;
use source::{changing_questions, code, is_test_file, long_functions, paths, read, sources, text, top};

/// Each package, its folder, and the packages of ours that it may use. Every one may use `chinwag-proto`.
const PACKAGES: &[(&str, &str, &[&str])] = &[
    ("chinwag-proto", "proto/src", &[]),
    ("chinwag-node", "src/node", &[]),
    ("chinwag-files", "src/files", &[]),
    ("chinwag-home", "src/home", &["chinwag-files"]),
    ("chinwag-net", "src/net", &["chinwag-node"]),
    ("chinwag-store", "src/store", &["chinwag-files"]),
    ("chinwag-server", "src/server", &["chinwag-node", "chinwag-store"]),
    ("chinwag-client-core", "src/client", &["chinwag-node"]),
    ("chinwag-desk", "src/desk", &["chinwag-client-core"]),
    ("chinwag-words", "src/words", &["chinwag-client-core", "chinwag-desk", "chinwag-node"]),
    ("chinwag-discovery", "src/discovery", &["chinwag-node"]),
    ("chinwag-roaming", "src/roaming", &["chinwag-discovery", "chinwag-node"]),
    ("chinwag-measure", "src/measure", &["chinwag-node"]),
    ("chinwag-keep", "src/keep", &["chinwag-client-core", "chinwag-files"]),
    ("chinwag-drive", "src/drive", &["chinwag-discovery", "chinwag-net", "chinwag-node"]),
    (
        "chinwag-client",
        "src/door",
        &[
            "chinwag-client-core",
            "chinwag-discovery",
            "chinwag-drive",
            "chinwag-home",
            "chinwag-keep",
            "chinwag-net",
            "chinwag-node",
        ],
    ),
    ("chinwag-host", "src/host", &["chinwag-drive", "chinwag-net", "chinwag-server", "chinwag-store"]),
    ("chinwag-simnet", "src/simnet", &["chinwag-node"]),
    (
        "chinwag-sim",
        "src/sim",
        &[
            "chinwag-client-core",
            "chinwag-discovery",
            "chinwag-keep",
            "chinwag-node",
            "chinwag-roaming",
            "chinwag-server",
            "chinwag-simnet",
            "chinwag-store",
        ],
    ),
];

/// For each module of `proto/src`: the modules that it may import.
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

/// For each module of the root package: the modules and, by the names under which it passes them on, the packages that it may
/// import.
const ROOT: &[(&str, &[&str])] = &[
    ("config", &["files", "store"]),
    ("admin", &["auth", "config", "node", "drive", "host", "store", "server", "passwords"]),
    ("tui", &["client_core", "desk", "render", "words"]),
    (
        "bench",
        &[
            "node",
            "net",
            "drive",
            "host",
            "store",
            "server",
            "client_core",
            "discovery",
            "interface",
            "config",
            "passwords",
        ],
    ),
    (
        "cli",
        &[
            "admin",
            "auth",
            "bench",
            "client",
            "client_core",
            "config",
            "desk",
            "discovery",
            "drive",
            "files",
            "host",
            "interface",
            "keep",
            "names",
            "net",
            "node",
            "passwords",
            "measure",
            "render",
            "roaming",
            "server",
            "sim",
            "store",
            "tui",
            "words",
        ],
    ),
];

/// Folders and files in which there is no socket, file, thread, clock, randomly seeded map or entropy.
const PURE: &[&str] = &[
    "proto/src",
    "src/node",
    "src/server",
    "src/client",
    "src/desk",
    "src/words",
    "src/measure",
    "src/discovery",
    "src/roaming",
    "src/simnet",
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
fn packages_use_what_is_below_them() {
    let mut wrong = Vec::new();
    for (name, folder, allowed) in PACKAGES {
        let manifest = top().join(folder).join(if *folder == "proto/src" { "../Cargo.toml" } else { "Cargo.toml" });
        let manifest: toml::Table = text(&manifest).parse().expect("a manifest");
        let used = manifest["dependencies"].as_table().expect("dependencies").keys();
        let ours: BTreeSet<_> = used.filter(|used| used.starts_with("chinwag-") && *used != "chinwag-proto").collect();
        let named: BTreeSet<_> = sources(folder).iter().flat_map(|file| paths(file).names).collect();
        let idle = ours.iter().filter(|used| !named.contains(&used.replace('-', "_")));
        wrong.extend(idle.map(|used| format!("{name} depends on {used} and does not use it")));
        let foreign = ours.iter().filter(|used| !allowed.contains(&used.as_str()));
        wrong.extend(foreign.map(|used| format!("{name} may not use {used}")));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn modules_import_in_the_order_of_the_tables() {
    let mut wrong = Vec::new();
    for (root, rules) in [("proto/src", PROTO), ("src", ROOT)] {
        for file in sources(root).iter().filter(|file| package_of(file).is_none_or(|name| name == "chinwag-proto")) {
            let Some(module) = module_of(file, root) else { continue };
            let Some((_, allowed)) = rules.iter().find(|(name, _)| *name == module) else {
                wrong.push(format!("{}: module `{module}` is not in the table of this test", file.display()));
                continue;
            };
            for used in modules_used(file, root) {
                let known = rules.iter().any(|(name, _)| *name == used) || is_passed_on(&used);
                if known && used != module && !allowed.contains(&used.as_str()) {
                    wrong.push(format!("{}: `{module}` may not import `{used}`", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn no_modules_import_each_other_in_circles() {
    let mut found = BTreeMap::new();
    let root = ["src"].map(|folder| ("chinwag", folder, &[] as &[&str]));
    for (name, folder, _) in PACKAGES.iter().chain(&root) {
        let mut modules = Modules::default();
        for file in sources(folder).iter().filter(|file| *name != "chinwag" || package_of(file).is_none()) {
            let inside = file.strip_prefix(top().join(folder)).expect("inside").with_extension("");
            if !is_test_file(&inside) && !inside.starts_with("conformance") {
                modules.add(inside.to_str().expect("a name"), &text(file)).expect("Rust");
            }
        }
        let circles = modules.circles();
        if !circles.is_empty() {
            found.insert(*name, circles);
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn a_planted_circle_is_found() {
    let planted = [
        ("lib", "mod hall; mod rooms; mod words; pub use rooms::Room;"),
        ("hall", "use super::Room; fn f() { crate::words::say() }"),
        ("rooms/mod", "mod tail; use self::tail::Tail;"),
        ("rooms/tail", "pub struct Tail;"),
        ("words", "pub fn say() {}"),
    ];
    let circles = |more: &[(&str, &str)]| {
        let mut modules = Modules::default();
        for (path, text) in planted.iter().chain(more) {
            modules.add(path, text).expect("Rust");
        }
        let names = |circle: &Vec<modules::Module>| circle.iter().map(|module| module.join("/")).collect::<Vec<_>>();
        modules.circles().iter().map(names).collect::<Vec<_>>()
    };
    assert!(circles(&[]).is_empty(), "there is none yet");
    // By the name that another module passes on, through two of them.
    let tail = ("rooms/tail", "pub struct Tail; fn f() { crate::hall::g() }");
    assert_eq!(circles(&[tail]), [["hall", "rooms", "rooms/tail"]]);
    let for_tests = ("rooms/tail", "pub struct Tail; #[cfg(test)] mod tests { use crate::hall::g; }");
    assert!(circles(&[for_tests]).is_empty(), "tests may look anywhere");
    // What a module passes on is used by it only if it names it, too; a method of that name is another thing.
    let below = ("rooms/mod", "mod tail; use super::N; pub struct Room;");
    let passes_on = "mod hall; mod rooms; pub use rooms::Room; pub const N: u8 = 0; fn f(x: u8) { x.Room(Kind::Room) }";
    assert!(circles(&[("lib", passes_on), below]).is_empty(), "it only passes it on");
    let uses = format!("{passes_on} fn open(at: Room) {{}}");
    assert_eq!(circles(&[("lib", uses.as_str()), below]), [["", "rooms"]]);
    let declares = format!("{passes_on} enum Kind {{ Room, Hall(Room) }}");
    assert!(circles(&[("lib", declares.as_str()), below]).is_empty(), "a variant of that name is another thing, too");
    let documented = "//! The hall.\npub use rooms::Room; mod hall; mod rooms; pub const N: u8 = 0;";
    assert!(circles(&[("lib", documented), below]).is_empty(), "what stands first is read as the rest is");
    // Who may use something is no use of it, and a module inside of a file is one with it.
    let visible = ("rooms/tail", "pub(in crate::hall) struct Tail;");
    assert!(circles(&[visible]).is_empty(), "a visibility imports nothing");
    let inner = ("rooms/tail", "pub struct Tail; const N: u8 = 0; mod inner { use super::N; }");
    assert!(circles(&[inner]).is_empty(), "what is around a module inside of a file is that file");
    let inner = ("rooms/tail", "pub struct Tail; mod inner { use super::super::super::hall::g; }");
    assert_eq!(circles(&[inner]), [["hall", "rooms", "rooms/tail"]]);
}

#[test]
fn no_question_changes_what_it_asks() {
    let places = ["src", "proto/src", "tests", "proto/tests"].iter().flat_map(|root| sources(root));
    let found: Vec<_> = places.flat_map(|file| changing_questions(&text(&file)).expect("Rust")).collect();
    assert!(found.is_empty(), "is_, has_ and was_ ask; these may change something: {found:?}");
    let planted = "fn is_open(&self, of: &mut_names::Door) {} fn is_closed(mut act: impl FnMut(&mut Door)) -> bool { act() }
        impl Door { fn is_shut(\n    &mut self) {} fn is_locked<'a, F: Fn(u8) -> u8>(&'a mut self, f: F) {} }
        mod inner { fn has_key(self: &mut Self) {} fn was_in((door, key): (u8, &mut Door)) {} fn put(door: &mut Door) {} }";
    let seen = changing_questions(planted).expect("Rust");
    assert_eq!(seen, ["is_shut", "is_locked", "has_key", "was_in"], "they are seen");
}

/// Texts of others that are read because there is nothing else to read, and whose they are.
const FOREIGN_TEXTS: &[(&str, &str)] = &[
    (" never used", "SQLite's check of its pages"),
    ("policy drop", "nft's list of its rules"),
    (" for '--", "clap's refusal of a value"),
    ("unknown field `", "serde's refusal of a key"),
    ("`, expected ", "the same"),
    (", expected ", "the same"),
    ("a string", "serde's names of types"),
    ("a boolean", "the same"),
    ("a sequence", "the same"),
    ("error: ", "clap's refusal"),
    (r"\n\nFor more", "the same"),
];

#[test]
fn no_layer_reads_what_another_one_wrote_for_people() {
    let files = ["src", "proto/src"].iter().flat_map(|root| sources(root)).filter(|file| !is_test_file(file));
    let read = files.flat_map(|file| code(&text(&file)).expect("Rust").sentences_read);
    let own: Vec<_> = read.filter(|read| !FOREIGN_TEXTS.iter().any(|(text, _)| text == read)).collect();
    assert!(own.is_empty(), "what passes between layers is a type; these are read as text: {own:?}");
    let planted = r#"fn f(r: &str) -> bool { r.starts_with("join ") || r == "not done" || r != "x" || r.contains("- ") }
        fn g(r: &str) -> bool { match r { "was refused" => r.eq("by whom?"), _ => r.trim_start_matches("error: x") == r } }
        #[cfg(test)] mod tests { fn f(r: &str) { assert!(r.contains("for a test")) } }"#;
    let seen = code(planted).expect("Rust").sentences_read;
    assert_eq!(seen, ["join ", "not done", "was refused", "by whom?", "error: x"], "it is seen");
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
    let lib = text(&top().join("proto/src/lib.rs"));
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
        .filter(|file| !text(file).starts_with("//!"))
        .collect();
    assert!(silent.is_empty(), "no `//!` at the top of {silent:?}");
}

#[test]
fn every_package_and_module_is_on_the_map() {
    let page = text(&top().join("ARCHITECTURE.md"));
    let map = page.split("```").nth(1).expect("the code map");
    let words = map.lines().flat_map(|line| line.split("  ").filter(|part| !part.is_empty()).take(1));
    let named: BTreeSet<_> =
        words.flat_map(str::split_whitespace).map(|word| word.trim_end_matches('/').trim_end_matches(".rs")).collect();
    let modules = PROTO.iter().chain(ROOT).map(|(module, _)| *module);
    let folders = PACKAGES.iter().filter_map(|(_, folder, _)| folder.strip_prefix("src/"));
    let missing: Vec<_> = modules.chain(folders).filter(|module| !named.contains(module)).collect();
    assert!(missing.is_empty(), "not in the code map of ARCHITECTURE.md: {missing:?}");
}

#[test]
fn public_documentation_begins_with_its_subject() {
    assert_eq!(
        without_subject("/// Its name.\npub name: String,\n/// Its key.\nkey: u8,"),
        ["Its name."],
        "it is seen"
    );
    let backwards =
        "/// The same, later.\npub fn later() {}\n/// This.\npub fn this() {}\n/// That it came.\npub fn came() {}";
    assert_eq!(without_subject(backwards), ["The same, later.", "This."], "a told sentence has its subject");
    let behind_tests = "#[cfg(test)]\n/// Its tests.\npub mod tests;\n/// Its name.\npub struct Name;";
    assert_eq!(without_subject(behind_tests), ["Its name."], "behind tests, and not in them");
    let files = ["src", "proto/src"].iter().flat_map(|root| sources(root)).filter(|file| !is_test_file(file));
    let sources: Vec<_> = files.map(|file| (text(&file), file)).collect();
    let found: Vec<_> = sources.iter().map(|(source, file)| (file, without_subject(source))).collect();
    let wrong: Vec<_> = found.iter().filter(|(_, found)| !found.is_empty()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_module_has_grown_into_a_hall() {
    let large: Vec<_> = ["src", "proto/src", "tests", "proto/tests"]
        .iter()
        .flat_map(|root| sources(root))
        .map(|file| (text(&file).lines().count(), file))
        .filter(|(lines, _)| *lines > LINES_MAX)
        .collect();
    assert!(large.is_empty(), "over {LINES_MAX} lines, is it still one idea? {large:?}");
}

/// docs/style.md, 4: about 200 lines, never over 500.
const LINES_MAX: usize = 500;

/// The same: a function fits on a screen.
const FUNCTION_LINES_MAX: usize = 70;

#[test]
fn every_function_fits_on_a_screen() {
    let files = ["src", "proto/src", "powercut", "examples"].iter().flat_map(|root| sources(root));
    let long: Vec<_> = files
        .filter(|file| !is_test_file(file))
        .flat_map(|file| long_functions(&text(&file), FUNCTION_LINES_MAX))
        .collect();
    assert!(long.is_empty(), "over {FUNCTION_LINES_MAX} lines, does it still do one thing? {long:?}");
    let planted =
        "fn short() {\n}\n\nimpl Link {\n    pub(super) const fn long(&self) {\n        1;\n        2;\n    }\n}";
    assert_eq!(long_functions(planted, 4), [], "as long as it may be");
    assert_eq!(long_functions(planted, 3), [("long".to_owned(), 4)], "it is seen");
    let inside = planted.replace('\n', "\n    ");
    let behind_tests = format!("#[cfg(test)]\nmod tests;\n{planted}\n#[cfg(test)]\nmod more {{\n    {inside}\n}}");
    assert_eq!(long_functions(&behind_tests, 3), [("long".to_owned(), 4)], "behind tests, and not in them");
}

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

/// The modules of its own crate that a file names, by `crate::module` or by enough `super`s.
fn modules_used(file: &Path, root: &str) -> BTreeSet<String> {
    let depth = depth_of(file, root);
    let used = paths(file).qualified.into_iter().filter_map(|path| match path[0].as_str() {
        "crate" => path.get(1).cloned(),
        "super" => {
            let ups = path.iter().take_while(|segment| *segment == "super").count();
            if ups >= depth { path.get(ups).cloned() } else { None }
        }
        _ => None,
    });
    used.collect()
}

/// How many modules deep a file is: `src/net/udp.rs` is 2 deep, `src/net/mod.rs` and `src/net.rs` are 1.
fn depth_of(file: &Path, root: &str) -> usize {
    let inside = file.strip_prefix(top().join(root)).expect("inside").with_extension("");
    let parts = inside.components().count();
    if inside.ends_with("mod") { parts - 1 } else { parts }
}

/// The top-level module of a file; `None` for the crate's root.
fn module_of(file: &Path, root: &str) -> Option<String> {
    let inside = file.strip_prefix(top().join(root)).expect("inside").with_extension("");
    let module = inside.components().next()?.as_os_str().to_str()?.to_owned();
    (module != "lib" && module != "main").then_some(module)
}

/// The package in whose folder a file is; none for the root package.
fn package_of(file: &Path) -> Option<&'static str> {
    PACKAGES.iter().find(|(_, folder, _)| file.starts_with(top().join(folder))).map(|(name, ..)| *name)
}

/// Whether the root package passes this on from another one, under this name.
fn is_passed_on(name: &str) -> bool {
    let library = code(&text(&top().join("src/lib.rs"))).expect("Rust");
    library.imports.iter().any(|import| import.name == name)
}
