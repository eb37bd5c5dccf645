//! PROTOCOL.md is executable: its vectors decode and encode to the same octets, and its tables say what the code says.
//!
//! `CHINWAG_WRITE_VECTORS=1 cargo test -p chinwag-proto --test spec` writes `proto/vectors/`, and the
//! parts of PROTOCOL.md that are made from the code, anew; one after the other (`-- --test-threads 1`), since they share a file.

mod document;
mod fields;
mod greetings;
mod handshake;
mod messages;
mod names;
mod samples;
mod shape;
mod tables;
mod transcripts;
mod vectors;

/// The kinds of frames, from 0.
const FRAME_KINDS: [&str; 10] =
    ["Padding", "Ack", "Message", "Fragment", "Cursor", "Credit", "Ping", "PathChallenge", "PathResponse", "Close"];

/// A file of this crate.
fn file(path: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Octets as lower-case hexadecimal.
fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut out, b| {
        write!(out, "{b:02x}").expect("a string takes all");
        out
    })
}
