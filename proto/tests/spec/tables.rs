//! Every table in PROTOCOL.md says what the code says: constants, kinds, variants and their order, fields and their order.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr};

use chinwag_proto::wire::datagram::{AcceptPayload, InitPayload, Kind, VersionRange};
use chinwag_proto::wire::frame::{Channel, CloseCode};
use chinwag_proto::wire::id::ClientMsgId;
use chinwag_proto::wire::message::{
    Access, Act, Answer, Away, Begin, Body, Bulk, Device, Down, Entry, Fact, From, Hit, Listed, Mark, Measured, Member,
    Numbered, Position, Post, Presence, PresenceEntry, PresenceUpdate, Quota, Reach, Refusal, Request, Role, RoomInfo,
    RoomKind, Standing, Typing, Up, Which,
};
use serde::de::DeserializeOwned;

use crate::document::{Document, ticked};
use crate::{FRAME_KINDS, file, shape};

#[test]
fn the_constants_are_those_of_the_code() {
    let source = fs::read_to_string(file("src/limits.rs")).expect("the constants");
    let constants = constants(&source);
    assert!(constants.len() > 80, "{} constants were read", constants.len());
    let mut table = String::from("\n| name | value | meaning |\n|---|---|---|\n");
    for Constant { name, value, meaning } in &constants {
        writeln!(table, "| `{name}` | {value} | {meaning} |").expect("a string takes all");
    }
    table.push('\n');
    Document::keeps("constants", &table);
}

#[test]
fn every_constant_in_the_text_exists() {
    let source = fs::read_to_string(file("src/limits.rs")).expect("the constants");
    let known: Vec<_> = constants(&source).into_iter().map(|c| c.name).collect();
    let text = fs::read_to_string(file("PROTOCOL.md")).expect("the specification");
    let is_name = |word: &&str| {
        let is_plain = word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
        is_plain && word.len() > 3 && !word.starts_with('_')
    };
    let unknown: Vec<_> = ticked(&text).into_iter().filter(is_name).filter(|w| !known.iter().any(|k| k == w)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    let unused: Vec<_> = known.iter().filter(|name| text.matches(&format!("`{name}`")).count() < 2).collect();
    assert!(unused.is_empty(), "constants without a rule that uses them: {unused:?}");
}

#[test]
fn the_reasons_for_dropping_are_those_of_the_code() {
    let source = fs::read_to_string(file("src/error.rs")).expect("the errors");
    let body = source.split("pub enum DropReason {").nth(1).and_then(|s| s.split("\n}").next()).expect("the enum");
    let mut table = String::from("\n| reason | meaning |\n|---|---|\n");
    let mut meaning = String::new();
    let mut name = "";
    for line in body.lines().map(str::trim) {
        if let Some(doc) = line.strip_prefix("/// ") {
            meaning = format!("{meaning} {doc}").trim().to_string();
        } else if let Some(text) = line.strip_prefix("#[error(\"") {
            name = text.trim_end_matches("\")]");
        } else if !line.is_empty() {
            writeln!(table, "| *{name}* | {} |", plain(&std::mem::take(&mut meaning))).expect("a string takes all");
        }
    }
    table.push('\n');
    Document::keeps("drops", &table);
}

#[test]
fn the_kinds_of_datagrams_are_those_of_the_code() {
    let rows = Document::read().table("3. Datagrams");
    let named: Vec<(u8, String)> =
        rows.iter().map(|row| (row[0].parse().expect("a kind"), ticked(&row[1])[0].to_string())).collect();
    let known: Vec<(u8, String)> =
        (0..16).filter_map(|n| Kind::of(&[0x10 | n]).ok().map(|kind| (n, format!("{kind:?}")))).collect();
    assert_eq!(named, known);
}

#[test]
fn the_kinds_of_frames_are_those_of_the_code() {
    let rows = Document::read().table("7. Frames");
    let named: Vec<_> = rows.iter().map(|row| (row[0].clone(), ticked(&row[1])[0].to_string())).collect();
    let known: Vec<_> = (0..).zip(FRAME_KINDS).map(|(n, name): (u32, _)| (n.to_string(), name.to_string())).collect();
    assert_eq!(named, known);
}

#[test]
fn the_fields_of_every_struct_are_those_of_the_code() {
    let document = Document::read();
    let check = |name: &str, known: Vec<&'static str>| {
        let rows = document.table(&format!("`{name}`"));
        let named: Vec<_> = rows.iter().map(|row| ticked(&row[0])[0]).collect();
        assert_eq!(named, known, "{name}");
    };
    check("InitPayload", shape::fields::<InitPayload>());
    check("AcceptPayload", shape::fields::<AcceptPayload>());
    check("VersionRange", shape::fields::<VersionRange>());
    check("RoomInfo", shape::fields::<RoomInfo>());
    check("Post", shape::fields::<Post>());
    check("ClientMsgId", shape::fields::<ClientMsgId>());
    check("Entry", shape::fields::<Entry>());
    check("PresenceUpdate", shape::fields::<PresenceUpdate>());
    check("PresenceEntry", shape::fields::<PresenceEntry>());
    check("Typing", shape::fields::<Typing>());
    check("Reach", shape::fields::<Reach>());
    check("Mark", shape::fields::<Mark>());
    check("Measured", shape::fields::<Measured>());
    check("Device", shape::fields::<Device>());
    check("Numbered", shape::fields::<Numbered>());
    check("Hit", shape::fields::<Hit>());
    check("Listed", shape::fields::<Listed>());
    check("Member", shape::fields::<Member>());
}

#[test]
fn the_variants_of_every_enum_are_those_of_the_code() {
    let document = Document::read();
    variants::<CloseCode>(&document, "CloseCode");
    variants::<Channel>(&document, "Channel");
    variants::<Up>(&document, "Up");
    variants::<Request>(&document, "Request");
    variants::<From>(&document, "From");
    variants::<Which>(&document, "Which");
    variants::<Begin>(&document, "Begin");
    variants::<Down>(&document, "Down");
    variants::<Answer>(&document, "Answer");
    variants::<RoomKind>(&document, "RoomKind");
    variants::<Refusal>(&document, "Refusal");
    variants::<Body>(&document, "Body");
    variants::<Presence>(&document, "Presence");
    variants::<Act>(&document, "Act");
    variants::<Fact>(&document, "Fact");
    variants::<Access>(&document, "Access");
    variants::<Role>(&document, "Role");
    variants::<Quota>(&document, "Quota");
    variants::<Standing>(&document, "Standing");
    variants::<Away>(&document, "Away");
    variants::<Position>(&document, "Position");
    variants::<Bulk>(&document, "Bulk");
}

fn variants<T: DeserializeOwned>(document: &Document, name: &str) {
    let rows = document.table(&format!("`{name}`"));
    let known = shape::variants::<T>();
    assert_eq!(rows.len(), known.len(), "{name}");
    for ((i, row), (variant, fields)) in rows.iter().enumerate().zip(known) {
        assert_eq!((row[0].as_str(), ticked(&row[1])[0]), (i.to_string().as_str(), variant), "{name}");
        let named: Vec<_> = row[2].split(", ").filter(|f| f.contains("`: `")).map(|f| ticked(f)[0]).collect();
        assert_eq!(named, fields, "{name}::{variant}");
    }
}

struct Constant {
    name: String,
    value: String,
    meaning: String,
}

/// The public constants of a source file, evaluated, with what their comments say.
fn constants(source: &str) -> Vec<Constant> {
    let written: BTreeMap<&str, &str> = source.lines().filter_map(constant).collect();
    let mut all = Vec::new();
    let mut meaning = String::new();
    for line in source.lines() {
        if let Some(doc) = line.strip_prefix("/// ") {
            meaning = format!("{meaning} {doc}").trim().to_string();
        } else if let Some((name, value)) = constant(line) {
            let list = value.strip_prefix('[').and_then(|v| v.strip_suffix(']')).map(str::to_string);
            let value = list.or_else(|| address(value)).unwrap_or_else(|| evaluated(value, &written).to_string());
            all.push(Constant { name: name.to_string(), value, meaning: plain(&std::mem::take(&mut meaning)) });
        } else {
            meaning.clear();
        }
    }
    all
}

/// Name and value as written, if the line is a public constant.
fn constant(line: &str) -> Option<(&str, &str)> {
    let (name, rest) = line.strip_prefix("pub const ")?.split_once(": ")?;
    Some((name, rest.split_once(" = ")?.1.trim_end_matches(';')))
}

/// The address that is made of numbers, as people write it.
fn address(value: &str) -> Option<String> {
    let parts = |made: &str| -> Option<Vec<u16>> {
        let number = |word: &str| match word.strip_prefix("0x") {
            Some(hex) => u16::from_str_radix(hex, 16).expect("a number"),
            None => word.parse().expect("a number"),
        };
        Some(value.strip_prefix(made)?.strip_suffix(')')?.split(", ").map(number).collect())
    };
    let v4 = parts("Ipv4Addr::new(").map(|parts| {
        let octets: Vec<u8> = parts.into_iter().map(|part| part.try_into().expect("an octet")).collect();
        Ipv4Addr::from(<[u8; 4]>::try_from(octets).expect("four of them")).to_string()
    });
    let v6 =
        || parts("Ipv6Addr::new(").map(|parts| Ipv6Addr::from(<[u16; 8]>::try_from(parts).expect("eight")).to_string());
    v4.or_else(v6)
}

/// The value of sums, differences, products and shifts of numbers and names, from left to right.
fn evaluated(expression: &str, written: &BTreeMap<&str, &str>) -> u64 {
    let number = |word: &str| match word.replace('_', "").parse() {
        Ok(number) => number,
        Err(_) => evaluated(written.get(word).unwrap_or_else(|| panic!("{word} in {expression}")), written),
    };
    let mut words = expression.split(' ');
    let mut value = number(words.next().expect("a value"));
    while let (Some(operator), Some(word)) = (words.next(), words.next()) {
        match operator {
            "+" => value += number(word),
            "-" => value -= number(word),
            "*" => value *= number(word),
            "<<" => value <<= number(word),
            _ => panic!("{expression}"),
        }
    }
    value
}

/// A comment without its links.
fn plain(doc: &str) -> String {
    doc.replace("[`", "`").replace("`]", "`").replace("crate::limits::", "")
}
