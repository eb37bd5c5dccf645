//! docs/json.md, as tests hold it against what is printed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// The names of fields, and the types that they may have.
pub(crate) type Fields = BTreeMap<String, BTreeSet<String>>;

/// What the page says of the objects of one section, which are all alike.
pub(crate) fn rows_of(title: &str) -> Fields {
    let page = include_str!("../../docs/json.md");
    let (_, rest) = page.split_once(&format!("\n## {title}\n")).expect(title);
    let rows = rest.split("\n## ").next().unwrap_or_default().lines().filter_map(|line| line.strip_prefix("| `"));
    let field = |row: &str| {
        let (name, rest) = row.split_once("` | ").expect("a name");
        let types = rest.split(" | ").next().unwrap_or_default();
        (name.to_owned(), types.split(" or ").map(ToOwned::to_owned).collect())
    };
    rows.map(field).collect()
}

/// What docs/json.md says of one row of measurements.
pub(crate) fn measured(row: &str) -> Fields {
    let page = include_str!("../../docs/json.md");
    let cell = page.lines().find_map(|line| line.strip_prefix(&format!("| `{row}` | `"))).expect(row);
    let each = cell.trim_end_matches(" |").split(", `").filter_map(|field| field.split_once("` "));
    let types = |said: &str| {
        let said = said.split(" (").next().unwrap_or_default().replace("distribution", "object");
        said.split(" or ").map(ToOwned::to_owned).collect()
    };
    each.map(|(name, said)| (name.to_owned(), types(said))).collect()
}

/// Holds each line against a section.
#[track_caller]
pub(crate) fn check_rows(title: &str, out: &str) {
    let documented = rows_of(title);
    assert!(!documented.is_empty() && !out.is_empty(), "{title}: {out:?}");
    for line in out.lines() {
        let Value::Object(object) = serde_json::from_str(line).expect("JSON") else { panic!("no object: {line}") };
        check_object(title, &documented, &object);
    }
}

/// Holds an object against what is documented of it.
#[track_caller]
pub(crate) fn check_object(title: &str, documented: &Fields, object: &Map<String, Value>) {
    for (field, value) in object {
        let types = documented.get(field).unwrap_or_else(|| panic!("{field} of {title} is not documented: {object:?}"));
        assert!(types.iter().any(|said| is_of(value, said)), "{field} of {title} is {value}: documented is {types:?}");
    }
    let may_be_absent = |field: &String| documented[field].contains("absent");
    let absent: Vec<_> = documented.keys().filter(|field| !object.contains_key(*field)).collect();
    assert!(absent.iter().all(|field| may_be_absent(field)), "{title}: {object:?} has no {absent:?}");
}

/// Whether a value is of a type as the page writes it. Each element of an "array of numbers" is a number, and it may have none.
pub(crate) fn is_of(value: &Value, said: &str) -> bool {
    match (value, said.strip_prefix("array of ").and_then(|of| of.strip_suffix('s'))) {
        (Value::Array(elements), Some(of)) => elements.iter().all(|element| type_of(element) == of),
        _ => type_of(value) == said,
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
