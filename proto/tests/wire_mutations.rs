//! Whatever arrives, a decoder refuses or understands it: every truncation of every vector, and 100,000 random mutations of
//! each, half of them with the checksum repaired. No panic, and never more memory than a small multiple of what arrived.

use std::alloc::System;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use chinwag_proto::dump::{self, Way};
use chinwag_proto::error::DropReason;
use chinwag_proto::rng::Rng;
use chinwag_proto::time::Instant;
use chinwag_proto::wire::datagram::{
    Accept, AcceptPayload, Beacon, Cookie, Hello, Init, InitPayload, Kind, Query, Reset, SealedHeader,
};
use chinwag_proto::wire::frame::{Frame, FrameWriter, Frames};
use chinwag_proto::wire::id::PacketNumber;
use chinwag_proto::wire::message::{Bulk, Down, Entry, Post, PresenceUpdate, Typing, Up, Wire};
use serde_json::Value;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Mutations of each vector.
const MUTATIONS: usize = 100_000;
/// Octets that a decoder may allocate for each octet that arrived (a list of rooms has the largest elements) …
const BYTES_PER_OCTET: usize = 128;
/// … and once.
const BYTES_ONCE: usize = 256;

type Decode = fn(&[u8]) -> Result<(), DropReason>;

/// One test, so that no other allocates meanwhile.
#[test]
fn every_vector_survives_truncation_and_mutation() {
    let files = [
        ("datagrams.json", datagram as Decode),
        ("frames.json", frames),
        ("messages.json", messages),
        ("handshake.json", datagram),
    ];
    for (file, decode) in files {
        let vectors = vectors(file);
        assert!(vectors.len() >= 10, "{file} has {} vectors", vectors.len());
        let mut understood = 0;
        for Vector { name, ty, octets } in vectors {
            let own = ty.map_or(decode, |ty| message(&ty));
            truncate(&name, &octets, own);
            understood += mutate(&name, &octets, if file == "messages.json" { decode } else { own });
        }
        assert!(
            understood > 10 * MUTATIONS / 100,
            "{file}: {understood} got through, so decoders were tried to their end"
        );
    }
}

fn truncate(name: &str, vector: &[u8], decode: Decode) {
    // Without its key nobody can tell that a `Sealed` was cut, as long as it has a header and a tag.
    let is_sealed = name.starts_with("sealed");
    assert_eq!(decode(vector), Ok(()), "{name}");
    for len in 0..vector.len() {
        // No frame at all is what an opened datagram may have.
        let may_be_less = is_sealed && len >= 40 || len == 0;
        assert!(decode(&vector[..len]).is_err() || may_be_less, "{name} cut to {len} octets is understood");
        decode(&with_checksum(vector[..len].to_vec())).err();
    }
}

/// Gives how many mutations were understood all the same.
fn mutate(name: &str, vector: &[u8], decode: Decode) -> usize {
    let mut understood = 0;
    let mut rng = Rng::from_number(vector.iter().fold(7, |seed, &b| seed * 31 % 1_000_003 + u64::from(b)));
    let mut mutated = Vec::with_capacity(4_096);
    for i in 0..MUTATIONS {
        mutated.clear();
        mutated.extend_from_slice(vector);
        for _ in 0..=rng.below(3) {
            mutation(&mut rng, &mut mutated);
        }
        if i % 2 == 0 {
            mutated = with_checksum(mutated);
        }
        let before = ALLOCATOR.stats();
        understood += usize::from(decode(&mutated).is_ok());
        let after = ALLOCATOR.stats();
        let allocated = after.bytes_allocated - before.bytes_allocated;
        let most = BYTES_ONCE + BYTES_PER_OCTET * mutated.len();
        assert!(allocated <= most, "{name}, mutation {i}: {allocated} octets allocated for {mutated:02x?}");
    }
    understood
}

/// One random change.
fn mutation(rng: &mut Rng, bytes: &mut Vec<u8>) {
    const EDGES: [u8; 8] = [0, 1, 2, 0x40, 0x7f, 0x80, 0xfe, 0xff];
    let at = index(rng, bytes.len());
    match rng.below(8) {
        _ if bytes.is_empty() => bytes.push(0),
        0 => bytes[at] ^= 1 << rng.below(8),
        1 => bytes[at] = EDGES[index(rng, EDGES.len())],
        2 => bytes[at] = rng.bytes::<1>()[0],
        3 => bytes.truncate(at),
        4 => bytes.insert(at, EDGES[index(rng, EDGES.len())]),
        5 => drop(bytes.remove(at)),
        // A run of continued varints, such as an absurd length.
        6 => {
            let end = bytes.len().min(at + 1 + index(rng, 9));
            bytes[at..end].fill(0xff);
        }
        _ => {
            let piece = bytes[at..bytes.len().min(at + 16)].to_vec();
            bytes.extend_from_slice(&piece);
        }
    }
}

fn index(rng: &mut Rng, len: usize) -> usize {
    usize::try_from(rng.below(len as u64)).expect("below a length")
}

fn with_checksum(mut bytes: Vec<u8>) -> Vec<u8> {
    if let Some(at) = bytes.len().checked_sub(4) {
        let crc = crc32fast::hash(&bytes[..at]);
        bytes[at..].copy_from_slice(&crc.to_le_bytes());
    }
    bytes
}

/// Decodes a datagram, shows it, and encodes it again: what is understood has one encoding.
fn datagram(bytes: &[u8]) -> Result<(), DropReason> {
    write!(Void, "{}", dump::datagram(Instant::EPOCH, Way::Up, bytes)).expect("void takes all");
    let mut out = [0; 1_200];
    let len = match Kind::of(bytes)? {
        Kind::Hello => Hello::decode(bytes)?.encode(&mut out),
        Kind::Cookie => Cookie::decode(bytes)?.encode(&mut out),
        Kind::Init => {
            let (init, noise, mac) = Init::decode(bytes)?;
            init.encode(noise, |_| mac, &mut out)
        }
        Kind::Accept => {
            let (accept, noise) = Accept::decode(bytes)?;
            accept.encode(noise, &mut out)
        }
        Kind::Sealed => return SealedHeader::decode(bytes).map(|_| ()),
        Kind::Reset => Reset::decode(bytes)?.encode(&mut out),
        Kind::Query => Query::decode(bytes)?.encode(&mut out),
        Kind::Beacon => {
            // Lengths in it may be written longer than they need be: what counts is that the same is understood again.
            let beacon = Beacon::decode(bytes)?;
            let len = beacon.encode(&mut out);
            assert_eq!(Beacon::decode(&out[..len]).as_ref(), Ok(&beacon));
            assert!(len <= bytes.len());
            return Ok(());
        }
    };
    // The version of `Hello`, `Cookie` and `Query` is not kept: any version's are read.
    assert_eq!(out[1..len - 4], bytes[1..bytes.len() - 4]);
    Ok(())
}

/// Decodes frames as far as they go, shows them, writes them again, and reads what was written.
fn frames(contents: &[u8]) -> Result<(), DropReason> {
    write!(Void, "{}", dump::opened(Instant::EPOCH, Way::Up, PacketNumber(0), contents)).expect("void takes all");
    for frame in Frames::new(contents) {
        let frame = frame?;
        let mut out = [0; 4_096];
        let mut writer = FrameWriter::new(&mut out);
        writer.put(&frame).expect("what was read has room");
        let len = writer.len();
        let again = Frames::new(&out[..len]).next().expect("a frame was written");
        match (frame, again) {
            (Frame::Ack(a), Ok(Frame::Ack(b))) => assert!(a.ranges().eq(b.ranges())),
            (frame, again) => assert_eq!(again, Ok(frame)),
        }
        if let Frame::Message(message) = frame {
            messages(message.body).err();
        }
    }
    Ok(())
}

/// Decodes a message as each type that it may be; right if it is one of them.
fn messages(bytes: &[u8]) -> Result<(), DropReason> {
    ["Up", "Down", "Post", "Entry", "PresenceUpdate", "Typing", "Bulk"]
        .into_iter()
        .map(|ty| message(ty)(bytes))
        .fold(Err(DropReason::Malformed), Result::or)
}

/// The decoder of a type of message.
fn message(ty: &str) -> Decode {
    fn one<T: Wire>(bytes: &[u8]) -> Result<(), DropReason> {
        T::decode(bytes).map(|_| ())
    }
    match ty {
        "Up" => one::<Up>,
        "Down" => one::<Down>,
        "Post" => one::<Post>,
        "Entry" => one::<Entry>,
        "PresenceUpdate" => one::<PresenceUpdate>,
        "Typing" => one::<Typing>,
        "Bulk" => one::<Bulk>,
        "init_payload" => |octets| InitPayload::decode(octets).map(|_| ()),
        "accept_payload" => |octets| AcceptPayload::decode(octets).map(|_| ()),
        _ => panic!("no decoder for {ty}"),
    }
}

/// Takes any text and allocates nothing.
struct Void;

impl std::fmt::Write for Void {
    fn write_str(&mut self, _: &str) -> std::fmt::Result {
        Ok(())
    }
}

struct Vector {
    name: String,
    /// The type of a message or payload.
    ty: Option<String>,
    octets: Vec<u8>,
}

fn vectors(file: &str) -> Vec<Vector> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors").join(file);
    let text = fs::read_to_string(path).expect(file);
    let json: Value = serde_json::from_str(&text).expect(file);
    let all = json["vectors"].as_array().expect(file);
    if file != "handshake.json" {
        let ty = |vector: &Value| vector["type"].as_str().map(str::to_string);
        return all.iter().map(|v| Vector { name: text_of(v, "name"), ty: ty(v), octets: octets(v, "hex") }).collect();
    }
    let datagrams = ["init", "accept", "reset"].map(|key| (key, None));
    let payloads = ["init_payload", "accept_payload"].map(|key| (key, Some(key.to_string())));
    let keys = datagrams.into_iter().chain(payloads);
    all.iter()
        .flat_map(|v| keys.clone().map(|(key, ty)| Vector { name: key.to_string(), ty, octets: octets(v, key) }))
        .collect()
}

fn text_of(vector: &Value, key: &str) -> String {
    vector[key].as_str().expect(key).to_string()
}

fn octets(vector: &Value, key: &str) -> Vec<u8> {
    let hex = text_of(vector, key);
    let octet = |i| u8::from_str_radix(&hex[i..i + 2], 16).expect("hexadecimal");
    (0..hex.len()).step_by(2).map(octet).collect()
}
