//! The vectors in `proto/vectors/`: made here, decoded here, and read by `check.py`, which knows only the document.

use std::collections::BTreeSet;
use std::fs;

use chinwag_proto::wire::datagram::Kind;
use chinwag_proto::wire::frame::{Channel, CloseCode};
use chinwag_proto::wire::message::{
    Access, Act, Answer, Away, Begin, Body, Bulk, Down, From, Position, Presence, Refusal, Request, Role, RoomKind,
    Standing, Up, Wire,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::messages::AnyMessage;
use crate::{fields, file, hex, messages, samples, shape};

/// Compares what stands in a file with what is made now; writes it first if asked to.
pub(crate) fn kept(name: &str, about: &str, vectors: Vec<Value>) {
    let path = file("vectors").join(name);
    let now = json!({ "about": about, "vectors": vectors });
    if std::env::var_os("CHINWAG_WRITE_VECTORS").is_some() {
        let text = serde_json::to_string_pretty(&now).expect("plain data");
        fs::write(&path, text + "\n").expect("the folder is there");
    }
    let stored: Value = serde_json::from_str(&fs::read_to_string(&path).expect(name)).expect(name);
    for (stored, now) in stored["vectors"].as_array().expect(name).iter().zip(now["vectors"].as_array().expect(name)) {
        assert_eq!(stored, now, "{name}: released octets never change");
    }
    assert_eq!(stored, now, "{name}: set CHINWAG_WRITE_VECTORS=1 to add new vectors");
}

#[test]
fn datagrams_decode_and_encode_to_the_same_octets() {
    let mut kinds = BTreeSet::new();
    let mut vectors = Vec::new();
    for (name, bytes) in samples::datagrams() {
        let fields = fields::datagram(&bytes).unwrap_or_else(|reason| panic!("{name}: {reason}"));
        assert_eq!(fields::encoded_again(&bytes).as_ref(), Ok(&bytes), "{name}");
        kinds.insert(Kind::of(&bytes).expect("decoded above"));
        vectors.push(json!({ "name": name, "hex": hex(&bytes), "fields": fields }));
    }
    let all: BTreeSet<_> = (0..16).filter_map(|n| Kind::of(&[0x10 | n]).ok()).collect();
    assert_eq!(kinds, all, "every kind of datagram");
    kept("datagrams.json", "Datagrams, PROTOCOL.md \"Datagrams\". Every integer in fields is decoded.", vectors);
}

#[test]
fn frames_decode_and_encode_to_the_same_octets() {
    let mut kinds = BTreeSet::new();
    let mut vectors = Vec::new();
    for (name, bytes) in samples::frames() {
        let frames = fields::frames(&bytes).unwrap_or_else(|reason| panic!("{name}: {reason}"));
        assert_eq!(frames.len(), 1, "{name}");
        assert_eq!(fields::written(&frames), bytes, "{name}");
        let fields = fields::frame(&frames[0]);
        kinds.insert((bytes[0], fields["kind"].as_str().expect("a kind").to_string()));
        vectors.push(json!({ "name": name, "hex": hex(&bytes), "fields": fields }));
    }
    let all = (0..).zip(crate::FRAME_KINDS.map(str::to_string)).collect();
    assert_eq!(kinds, all, "every kind of frame");
    let text = serde_json::to_string(&vectors).expect("plain data");
    for (variant, _) in shape::variants::<Channel>().into_iter().chain(shape::variants::<CloseCode>()) {
        assert!(text.contains(&format!("\"{variant}\"")), "no vector has {variant}");
    }
    kept("frames.json", "Frames, PROTOCOL.md \"Frames\": kind, length and body of one frame each.", vectors);
}

#[test]
fn messages_decode_and_encode_to_the_same_octets() {
    let mut used = BTreeSet::new();
    let mut vectors = Vec::new();
    for (name, message) in messages::messages() {
        let (ty, bytes, value, variants) = match &message {
            AnyMessage::Up(m) => checked("Up", &name, m),
            AnyMessage::Down(m) => checked("Down", &name, m),
            AnyMessage::Post(m) => checked("Post", &name, m),
            AnyMessage::Entry(m) => checked("Entry", &name, m),
            AnyMessage::PresenceUpdate(m) => checked("PresenceUpdate", &name, m),
            AnyMessage::Typing(m) => checked("Typing", &name, m),
            AnyMessage::Bulk(m) => checked("Bulk", &name, m),
        };
        used.extend(variants);
        vectors.push(json!({ "name": name, "type": ty, "hex": hex(&bytes), "value": value }));
    }
    for all in [
        every::<Up>("Up"),
        every::<Request>("Request"),
        every::<From>("From"),
        every::<Begin>("Begin"),
        every::<Down>("Down"),
        every::<Result<(), ()>>("Result"),
        every::<Answer>("Answer"),
        every::<Refusal>("Refusal"),
        every::<RoomKind>("RoomKind"),
        every::<Body>("Body"),
        every::<Presence>("Presence"),
        every::<Act>("Act"),
        every::<Access>("Access"),
        every::<Role>("Role"),
        every::<Standing>("Standing"),
        every::<Away>("Away"),
        every::<Position>("Position"),
        every::<Bulk>("Bulk"),
    ] {
        let missing: Vec<_> = all.difference(&used).collect();
        assert!(missing.is_empty(), "no vector has {missing:?}");
    }
    kept("messages.json", "Messages, PROTOCOL.md \"Messages\": one value each, as the body of a frame.", vectors);
}

type Checked = (&'static str, Vec<u8>, Value, BTreeSet<String>);

fn checked<T: Wire + DeserializeOwned + PartialEq + std::fmt::Debug>(ty: &'static str, name: &str, m: &T) -> Checked {
    let bytes = m.encode();
    assert_eq!(T::decode(&bytes).as_ref(), Ok(m), "{name}");
    let value = serde_json::to_value(m).expect("plain data");
    let from_value: T = serde_json::from_value(value.clone()).expect("what was written is read");
    assert_eq!(from_value.encode(), bytes, "{name}");
    (ty, bytes, value, shape::used(m))
}

fn every<T: DeserializeOwned>(name: &str) -> BTreeSet<String> {
    shape::variants::<T>().into_iter().map(|(variant, _)| format!("{name}::{variant}")).collect()
}
