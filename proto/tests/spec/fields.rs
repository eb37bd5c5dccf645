//! Datagrams and frames as JSON: what a vector says that its octets mean.

use std::net::IpAddr;

use chinwag_proto::error::DropReason;
use chinwag_proto::wire::datagram::{Accept, Beacon, Cookie, Hello, Init, Kind, Query, Reset, SealedHeader};
use chinwag_proto::wire::frame::{Frame, FrameWriter, Frames};
use serde_json::{Value, json};

use crate::hex;

/// A datagram's kind and fields.
pub(crate) fn datagram(bytes: &[u8]) -> Result<Value, DropReason> {
    Ok(match Kind::of(bytes)? {
        Kind::Hello => {
            let Hello { versions, nonce, capabilities } = Hello::decode(bytes)?;
            json!({"kind": "Hello", "min": versions.min, "max": versions.max, "nonce": hex(&nonce),
                   "capabilities": capabilities})
        }
        Kind::Cookie => {
            let Cookie { versions, nonce, server, join_key_needed, capabilities, cookie } = Cookie::decode(bytes)?;
            json!({"kind": "Cookie", "min": versions.min, "max": versions.max, "nonce": hex(&nonce),
                   "server": hex(&server.0), "fingerprint": server.fingerprint(), "join_key_needed": join_key_needed,
                   "capabilities": capabilities, "cookie": hex(&cookie)})
        }
        Kind::Init => {
            let (init, noise, mac) = Init::decode(bytes)?;
            json!({"kind": "Init", "flags": init.flags.0, "client_id": hex(&init.client_id.0),
                   "nonce": hex(&init.nonce), "cookie": hex(&init.cookie), "prologue": hex(&init.prologue()),
                   "noise": hex(noise), "mac": hex(&mac)})
        }
        Kind::Accept => {
            let (accept, noise) = Accept::decode(bytes)?;
            json!({"kind": "Accept", "client_id": hex(&accept.client_id.0), "noise": hex(noise)})
        }
        Kind::Sealed => {
            let SealedHeader { flags, destination, number_low } = SealedHeader::decode(bytes)?;
            json!({"kind": "Sealed", "flags": flags, "destination": hex(&destination.0), "number_low": number_low})
        }
        Kind::Reset => {
            let Reset { id, token } = Reset::decode(bytes)?;
            json!({"kind": "Reset", "id": hex(&id.0), "token": hex(&token)})
        }
        Kind::Query => {
            let Query { versions, nonce, server, page } = Query::decode(bytes)?;
            json!({"kind": "Query", "min": versions.min, "max": versions.max, "nonce": hex(&nonce),
                   "server": hex(&server.0), "page": page})
        }
        Kind::Beacon => {
            let Beacon { head, name, rooms } = Beacon::decode(bytes)?;
            let addr = match head.addr() {
                None => [0; 16],
                Some(IpAddr::V4(v4)) => v4.to_ipv6_mapped().octets(),
                Some(IpAddr::V6(v6)) => v6.octets(),
            };
            json!({"kind": "Beacon", "min": head.versions.min, "max": head.versions.max, "nonce": hex(&head.nonce),
                   "boot": hex(&head.boot), "server": hex(&head.server.0), "addr": hex(&addr), "port": head.port,
                   "flags": head.flags.0, "page": head.page, "pages": head.pages, "online": head.online,
                   "rooms": head.rooms, "name": name, "listed": rooms})
        }
    })
}

/// A cleartext datagram, decoded and encoded again.
pub(crate) fn encoded_again(bytes: &[u8]) -> Result<Vec<u8>, DropReason> {
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
        Kind::Sealed => {
            SealedHeader::decode(bytes)?.encode(&mut out);
            out[14..bytes.len()].copy_from_slice(&bytes[14..]);
            bytes.len()
        }
        Kind::Reset => Reset::decode(bytes)?.encode(&mut out),
        Kind::Query => Query::decode(bytes)?.encode(&mut out),
        Kind::Beacon => Beacon::decode(bytes)?.encode(&mut out),
    };
    Ok(out[..len].to_vec())
}

/// A frame's kind and fields.
pub(crate) fn frame(frame: &Frame<'_>) -> Value {
    match frame {
        Frame::Padding { len } => json!({"kind": "Padding", "len": len}),
        Frame::Ack(ack) => {
            let ranges: Vec<_> = ack.ranges().map(|r| json!([r.first.0, r.last.0])).collect();
            json!({"kind": "Ack", "delay_us": ack.delay_us, "ranges": ranges})
        }
        Frame::Message(m) => json!({"kind": "Message", "channel": m.channel, "number": m.number, "ahead": m.ahead,
                                    "body": hex(m.body)}),
        Frame::Fragment(m) => json!({"kind": "Fragment", "channel": m.channel, "number": m.number, "ahead": m.ahead,
                                     "begun": m.begun, "each": m.each, "index": m.index, "last": m.last, "bytes": hex(m.bytes)}),
        Frame::Cursor(cursor) => json!({"kind": "Cursor", "room": cursor.room, "upto": cursor.upto}),
        Frame::Credit(credit) => json!({"kind": "Credit", "messages": credit.messages}),
        Frame::Ping => json!({"kind": "Ping"}),
        Frame::PathChallenge(token) => json!({"kind": "PathChallenge", "token": hex(&token.0)}),
        Frame::PathResponse(token) => json!({"kind": "PathResponse", "token": hex(&token.0)}),
        Frame::Close(close) => json!({"kind": "Close", "code": close.code, "reason": close.reason}),
    }
}

/// The frames of opened contents.
pub(crate) fn frames(contents: &[u8]) -> Result<Vec<Frame<'_>>, DropReason> {
    Frames::new(contents).collect()
}

/// Frames as they go on the wire.
pub(crate) fn written(frames: &[Frame<'_>]) -> Vec<u8> {
    let mut out = [0; chinwag_proto::limits::FRAMES_MAX_LEN];
    let mut writer = FrameWriter::new(&mut out);
    for frame in frames {
        writer.put(frame).expect("there is room");
    }
    let len = writer.len();
    out[..len].to_vec()
}
