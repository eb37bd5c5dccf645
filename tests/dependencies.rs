//! Every crate that is used directly has its reason in ARCHITECTURE.md. Licences, bans and sources of everything that is built
//! in are in `deny.toml`, which cargo-deny reads.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

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
