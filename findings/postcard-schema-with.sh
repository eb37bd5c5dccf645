#!/usr/bin/env bash
# The schema of a type and the octets of its values can differ in postcard. postcard has a module for integers of a constant
# size, `#[serde(with = "postcard::fixint::le")]`, and a crate for schemas, postcard-schema. Its derive macro looks at the types
# of the fields and not at what serde is told about them: a fixed integer is called `U16`, which is a varint everywhere else,
# and a field that is skipped is in the schema.
#
#   postcard 1.1.3 with postcard-schema 0.2.5: four octets on the wire; whoever reads them by the schema takes `95 5f ac 02` for
#   12181, 300 and a missing third field, instead of 24469 and 300.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

mkdir src
cat >Cargo.toml <<'TOML'
[package]
name = "schema"
version = "0.0.0"
edition = "2021"

[dependencies]
postcard = { version = "=1.1.3", features = ["alloc"] }
postcard-schema = { version = "=0.2.5", features = ["derive"] }
serde = { version = "1", features = ["derive"] }
TOML
cat >src/main.rs <<'RUST'
use postcard_schema::schema::DataModelType;
use postcard_schema::Schema;
use serde::Serialize;

#[derive(Serialize, Schema)]
#[allow(dead_code)]
struct Beacon {
    #[serde(with = "postcard::fixint::le")]
    port: u16,
    age_s: u32,
    #[serde(skip)]
    cached: u8,
}

fn main() {
    let octets = postcard::to_allocvec(&Beacon { port: 24469, age_s: 300, cached: 9 }).unwrap();
    println!("octets {octets:02x?}");
    let DataModelType::Struct(fields) = Beacon::SCHEMA.ty else { panic!("no struct") };
    for field in fields.iter() {
        println!("schema {} {:?}", field.name, field.ty.ty);
    }
    let (first, rest) = postcard::take_from_bytes::<u16>(&octets).unwrap();
    let (second, rest) = postcard::take_from_bytes::<u32>(rest).unwrap();
    println!("by the schema {first}, {second}, then {:?}", postcard::take_from_bytes::<u8>(rest).map(|(third, _)| third));
}
RUST
cargo run --quiet | tee seen

diff - seen <<'EXPECTED'
octets [95, 5f, ac, 02]
schema port U16
schema age_s U32
schema cached U8
by the schema 12181, 300, then Err(DeserializeUnexpectedEnd)
EXPECTED
