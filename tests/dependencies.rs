//! Holds the licences, sources and bans of everything that is built in, over `cargo metadata`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Licences that ask nothing of whoever ships the binary but their text.
const ALLOWED: &[&str] = &[
    "MIT",
    "MIT-0",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "0BSD",
    "Unicode-3.0",
    "Unlicense",
    "CC0-1.0",
    "BSL-1.0",
];

/// Crates that must not come in, and why.
const BANNED: &[(&str, &str)] = &[
    ("openssl", "the session is Noise; there is no TLS here"),
    ("native-tls", "the session is Noise; there is no TLS here"),
    ("tokio", "one loop owns the socket; no async runtime in the default build"),
    ("async-std", "one loop owns the socket; no async runtime in the default build"),
    ("chrono", "jiff is here already"),
    ("lazy_static", "the standard library has LazyLock"),
];

#[test]
fn every_licence_is_permissive() {
    let wrong: Vec<_> = packages()
        .iter()
        .map(|p| (text(p, "name").to_owned(), text(p, "license").to_owned()))
        .filter(|(_, licence)| !permitted(licence))
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn every_source_is_the_registry_or_this_repository() {
    let wrong: Vec<_> = packages()
        .iter()
        .filter(|p| {
            !p["source"].is_null()
                && !text(p, "source").starts_with("registry+https://github.com/rust-lang/crates.io-index")
        })
        .map(|p| text(p, "name").to_owned())
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn every_dependency_of_our_own_has_its_reason() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md");
    let page = fs::read_to_string(page).expect("ARCHITECTURE.md");
    let (_, section) = page.split_once("\n## Dependencies\n").expect("a section");
    let table: Vec<_> = section.split("\n## ").next().into_iter().flat_map(str::lines).collect();
    let crates = table.iter().filter_map(|line| line.split('|').nth(1));
    let named: BTreeSet<_> =
        crates.flat_map(|cell| cell.split([' ', ',', '(', ')'])).filter(|word| !word.is_empty()).collect();
    let packages = packages();
    let own = packages.iter().filter(|package| package["source"].is_null());
    let dependencies = own.flat_map(|package| package["dependencies"].as_array().expect("dependencies"));
    let wrong: BTreeSet<_> = dependencies
        .filter(|dependency| !dependency["source"].is_null())
        .map(|dependency| text(dependency, "name"))
        .filter(|name| !named.contains(name))
        .collect();
    assert!(wrong.is_empty(), "no row in ARCHITECTURE.md, \"Dependencies\", for {wrong:?}");
}

#[test]
fn nothing_banned_is_built_in() {
    let packages = packages();
    let found: Vec<_> = BANNED.iter().filter(|(name, _)| packages.iter().any(|p| text(p, "name") == *name)).collect();
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn an_expression_is_read_by_its_operators() {
    assert!(permitted("MIT OR GPL-3.0"));
    assert!(permitted("(MIT OR Apache-2.0) AND Unicode-3.0"));
    assert!(permitted("Apache-2.0 WITH LLVM-exception OR GPL-2.0"));
    assert!(permitted("MIT/Apache-2.0"));
    assert!(!permitted("MIT AND GPL-3.0"));
    assert!(!permitted("MPL-2.0"));
    assert!(!permitted(""));
}

/// Everything that `cargo metadata` resolves for the workspace, tests included.
fn packages() -> Vec<Value> {
    let out = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let metadata: Value = serde_json::from_slice(&out.stdout).expect("cargo metadata prints JSON");
    metadata["packages"].as_array().expect("packages").clone()
}

fn text<'a>(package: &'a Value, key: &str) -> &'a str {
    package[key].as_str().unwrap_or_default()
}

/// Whether an SPDX expression leaves a choice that is allowed: `OR` one side, `AND` both; parentheses bind.
fn permitted(expression: &str) -> bool {
    let expression = expression.trim();
    if let Some(parts) = split(expression, " OR ").or_else(|| split(expression, "/")) {
        return parts.iter().any(|part| permitted(part));
    }
    if let Some(parts) = split(expression, " AND ") {
        return parts.iter().all(|part| permitted(part));
    }
    match expression.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        Some(inner) => permitted(inner),
        None => ALLOWED.contains(&expression),
    }
}

/// The parts of `expression` between `operator`s outside of parentheses; `None` if there is none.
fn split<'a>(expression: &'a str, operator: &str) -> Option<Vec<&'a str>> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_i32, 0);
    for (at, octet) in expression.bytes().enumerate() {
        match octet {
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ if depth == 0 && at >= start && expression[at..].starts_with(operator) => {
                parts.push(&expression[start..at]);
                start = at + operator.len();
            }
            _ => {}
        }
    }
    (!parts.is_empty()).then(|| {
        parts.push(&expression[start..]);
        parts
    })
}
