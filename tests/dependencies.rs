//! Every crate that is used directly has its reason in ARCHITECTURE.md, which also says how many a program on the library builds. Licences, bans and sources of everything that is built
//! in are in `deny.toml`, which cargo-deny reads.

use std::collections::{BTreeMap, BTreeSet};
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

#[test]
fn a_program_on_the_library_builds_as_few_crates_as_the_map_says() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md");
    let page = fs::read_to_string(page).expect("ARCHITECTURE.md").replace('\n', " ");
    let says = |what: &str| assert!(page.contains(what), "ARCHITECTURE.md does not say: {what}");
    let (memory, folder, asynchronous) = (built_with(""), built_with("sqlite"), built_with("async"));
    assert!(memory.len() <= 60, "{} crates, and at most 60 are allowed: {memory:#?}", memory.len());
    assert!(folder.len() <= 75, "{} crates, and at most 75 are allowed: {folder:#?}", folder.len());
    says(&format!("builds {} crates ({} where its device lives in a folder)", memory.len(), folder.len()));
    says(&format!("our own {} among them", memory.keys().filter(|name| name.starts_with("chinwag")).count()));
    says(&format!("`async` adds {} crates", asynchronous.len() - memory.len()));
    let twice = |built: &BTreeMap<String, BTreeSet<String>>| -> Vec<_> {
        built.iter().filter(|(_, versions)| versions.len() > 1).map(|(name, _)| name.clone()).collect()
    };
    assert_eq!(twice(&memory), ["chacha20", "cpufeatures", "getrandom", "syn"]);
    assert_eq!((twice(&folder), twice(&asynchronous)), (twice(&memory), twice(&memory)));
    says(&format!("{} crates are built in two versions", twice(&memory).len()));
}

/// What a program builds that has the library with these features: the versions of each crate. Whatever this machine is, it is
/// counted for Linux.
fn built_with(features: &str) -> BTreeMap<String, BTreeSet<String>> {
    let out = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--target", "x86_64-unknown-linux-gnu", "--edges", "normal", "--prefix", "none"])
        .args(["--package", "chinwag-client", "--no-default-features", "--features", features])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let mut built = BTreeMap::<_, BTreeSet<_>>::new();
    for line in String::from_utf8_lossy(&out.stdout).lines() {
        let mut words = line.split_whitespace().map(str::to_owned);
        if let (Some(name), Some(version)) = (words.next(), words.next()) {
            built.entry(name).or_default().insert(version);
        }
    }
    built
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
