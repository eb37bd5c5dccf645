//! Whole handshakes with fixed keys, and datagrams sealed under what comes of them. A plain `snow`, with its own
//! primitives and nothing of ours, must write the very same messages; its raw keys go into the vectors.

use chinwag_proto::limits::{SEALED_HEADER_LEN, SEALED_MIN_LEN, TAG_LEN};
use chinwag_proto::rng::Rng;
use chinwag_proto::secure::{InitMac, Initiator, JoinKey, KeyPair, Keys, OpeningKey, ResetKey, Responder};
use chinwag_proto::wire::datagram::{
    Accept, AcceptPayload, Init, InitFlags, InitPayload, Reset, SealedHeader, VersionRange,
};
use chinwag_proto::wire::frame::{Channel, Frame, Message};
use chinwag_proto::wire::id::{ConnectionId, InstanceId, PacketNumber, RoomId};
use serde_json::{Value, json};
use snow::params::{CipherChoice, DHChoice, HashChoice};
use snow::resolvers::{CryptoResolver, DefaultResolver};
use snow::types::{Cipher, Dh, Hash, Random};

use crate::fields::written;
use crate::vectors::kept;
use crate::{fields, hex};

#[test]
fn handshakes_with_fixed_keys_give_the_same_octets() {
    let new = Case {
        name: "a new device, no join key, a new link",
        seed: 1,
        psk: [0; 32],
        flags: InitFlags::default(),
        continues: None,
        continued: false,
    };
    let known = Case {
        name: "under a join key, going on with a link",
        seed: 2,
        psk: [0x5a; 32],
        flags: InitFlags::JOIN_KEY,
        continues: Some(ConnectionId([0xc7; 8])),
        continued: true,
    };
    let about = "Handshakes, PROTOCOL.md \"Handshake\" and \"Sealed\": every key, both messages, and datagrams sealed after it. \
                 A nonce of a Noise message is as in the Noise specification; the packet number is the nonce of a sealed one.";
    kept("handshake.json", about, vec![new.vector(), known.vector()]);
}

struct Case {
    name: &'static str,
    seed: u64,
    psk: [u8; 32],
    flags: InitFlags,
    continues: Option<ConnectionId>,
    continued: bool,
}

impl Case {
    fn vector(&self) -> Value {
        let mut rng = Rng::from_number(self.seed);
        let (device, server) = (KeyPair::generate(&mut rng), KeyPair::generate(&mut rng));
        let init =
            Init { flags: self.flags, client_id: ConnectionId(rng.bytes()), nonce: rng.bytes(), cookie: rng.bytes() };
        let join_key = JoinKey::new(self.psk);
        let server_id = ConnectionId(rng.bytes());
        let init_payload = InitPayload {
            versions: VersionRange::OURS,
            capabilities: 0,
            instance: InstanceId(rng.u64()),
            continues: self.continues,
        };
        let accept_payload = AcceptPayload {
            versions: VersionRange::OURS,
            capabilities: 0,
            instance: InstanceId(rng.u64()),
            server_id,
            continued: self.continued,
            ping_interval_ms: 3_000,
            ack_delay_us: 20_000,
            reset_token: ResetKey::new(&server).token(server_id).0,
        };

        // Our two ends, each with a generator whose first draw is its ephemeral key.
        let (mut first, mut second) = ([0; Init::NOISE_MAX_LEN], [0; Accept::NOISE_MAX_LEN]);
        let (client_e, mut client_rng) = ephemeral(rng.u64());
        let (server_e, mut server_rng) = ephemeral(rng.u64());
        let (initiator, len) =
            Initiator::begin(&device, server.public(), &join_key, &init, &init_payload, &mut client_rng, &mut first)
                .expect("a good key");
        let first = &first[..len];
        let responder = Responder::read(&server, &init, first, &mut server_rng).expect("it opens");
        let (len, server_keys) = responder.answer(&join_key, &accept_payload, &mut second).expect("it agrees");
        let second = &second[..len];
        let (client_keys, said) = initiator.finish(second).expect("it opens");
        assert_eq!(said, accept_payload);

        let payloads = (
            init_payload.encode(&mut [0; InitPayload::MAX_LEN]).to_vec(),
            accept_payload.encode(&mut [0; AcceptPayload::MAX_LEN]).to_vec(),
        );
        let plain =
            Plain { device: &device, server: &server, client_e, server_e, psk: self.psk, prologue: init.prologue() };
        let (up, down) = plain.run((first, &payloads.0), (second, &payloads.1));

        let (mut init_datagram, mut accept_datagram, mut reset) = ([0; 320], [0; 320], [0; 29]);
        init.encode(first, |octets| InitMac::new(server.public()).over(octets), &mut init_datagram);
        let len = Accept { client_id: init.client_id }.encode(second, &mut accept_datagram);
        Reset { id: server_id, token: accept_payload.reset_token }.encode(&mut reset);

        let sealed = [
            seal(
                &client_keys,
                &server_keys,
                &up,
                "up",
                server_id,
                0,
                &written(&[Frame::Ping, Frame::Padding { len: 6 }]),
            ),
            seal(&server_keys, &client_keys, &down, "down", init.client_id, 0, &hello(12)),
            seal(&client_keys, &server_keys, &up, "up", server_id, 0x1_0000_0002, &hello(1)),
        ];
        json!({
            "name": self.name,
            "device_secret": hex(device.secret()), "device_public": hex(&device.public().0),
            "server_secret": hex(server.secret()), "server_public": hex(&server.public().0),
            "server_fingerprint": server.public().fingerprint(),
            "client_ephemeral_secret": hex(&client_e), "server_ephemeral_secret": hex(&server_e),
            "psk": hex(&self.psk), "prologue": hex(&init.prologue()),
            "init": hex(&init_datagram),
            "init_payload": hex(&payloads.0),
            "init_payload_fields": payload_fields(serde_json::to_value(init_payload)),
            "accept": hex(&accept_datagram[..len]),
            "accept_payload": hex(&payloads.1),
            "accept_payload_fields": payload_fields(serde_json::to_value(accept_payload)),
            "key_up": hex(&up), "key_down": hex(&down),
            "sealed": sealed,
            "reset": hex(&reset),
        })
    }
}

/// The ephemeral key that an end draws from this generator, and the generator.
fn ephemeral(number: u64) -> ([u8; 32], Rng) {
    let seed = Rng::from_number(number).bytes();
    (Rng::from_seed(seed).bytes(), Rng::from_number(number))
}

/// Fields as the JSON of the types says them, arrays of octets as hexadecimal.
fn payload_fields(value: serde_json::Result<Value>) -> Value {
    let Value::Object(mut fields) = value.expect("plain data") else { panic!("a payload is a struct") };
    for value in fields.values_mut() {
        if let Some(octets) = value.as_array() {
            let octets: Vec<u8> =
                octets.iter().map(|n| u8::try_from(n.as_u64().expect("a number")).expect("an octet")).collect();
            *value = hex(&octets).into();
        }
    }
    fields.into()
}

/// A message in room 7, and what fills it up.
fn hello(number: u64) -> Vec<u8> {
    let channel = Channel::Room(RoomId(7));
    written(&[Frame::Message(Message { channel, number, ahead: 1, body: b"hello" })])
}

/// Seals with one end's key, opens with the other's and with the raw one.
fn seal(
    from: &Keys,
    to: &Keys,
    raw: &[u8; 32],
    way: &str,
    destination: ConnectionId,
    number: u64,
    contents: &[u8],
) -> Value {
    let mut datagram = vec![0; SEALED_HEADER_LEN + contents.len() + TAG_LEN];
    let low = u32::try_from(number & u64::from(u32::MAX)).expect("the low half");
    SealedHeader { flags: 0, destination, number_low: low }.encode(&mut datagram);
    datagram[SEALED_HEADER_LEN..][..contents.len()].copy_from_slice(contents);
    from.seal.seal(PacketNumber(number), &mut datagram, contents.len());
    assert!(datagram.len() >= SEALED_MIN_LEN);
    assert_eq!(to.open.open(PacketNumber(number), &mut datagram.clone()), Ok(contents));
    assert_eq!(OpeningKey::new(raw).open(PacketNumber(number), &mut datagram.clone()), Ok(contents));
    for bit in 0..datagram.len() * 8 {
        let mut flipped = datagram.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(to.open.open(PacketNumber(number), &mut flipped).is_err(), "bit {bit} does not count");
    }
    let frames: Vec<_> = fields::frames(contents).expect("frames").iter().map(fields::frame).collect();
    json!({ "way": way, "number": number, "contents": hex(contents), "frames": frames, "datagram": hex(&datagram) })
}

/// The same handshake on snow's own primitives.
struct Plain<'a> {
    device: &'a KeyPair,
    server: &'a KeyPair,
    client_e: [u8; 32],
    server_e: [u8; 32],
    psk: [u8; 32],
    prologue: [u8; Init::PROLOGUE_LEN],
}

impl Plain<'_> {
    /// Gives the raw keys, once both messages, each with its payload, are what ours were.
    fn run(&self, first: (&[u8], &[u8]), second: (&[u8], &[u8])) -> ([u8; 32], [u8; 32]) {
        let server_public = self.server.public().0;
        let mut client = self
            .builder(self.device, &self.client_e)
            .remote_public_key(&server_public)
            .and_then(snow::Builder::build_initiator)
            .expect("all is set");
        let mut server = self.builder(self.server, &self.server_e).build_responder().expect("all is set");
        let mut buf = [0; 400];
        let len = client.write_message(first.1, &mut buf).expect("room");
        assert_eq!(buf[..len], *first.0, "the first message");
        let len = server.read_message(first.0, &mut buf).expect("it opens");
        assert_eq!(buf[..len], *first.1);
        let len = server.write_message(second.1, &mut buf).expect("room");
        assert_eq!(buf[..len], *second.0, "the second message");
        client.read_message(second.0, &mut buf).expect("it opens");
        assert_eq!(client.dangerously_get_raw_split(), server.dangerously_get_raw_split());
        client.dangerously_get_raw_split()
    }

    fn builder<'a>(&'a self, own: &'a KeyPair, ephemeral: &'a [u8; 32]) -> snow::Builder<'a> {
        let params = "Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s".parse().expect("a pattern");
        snow::Builder::with_resolver(params, Box::new(Unrandom))
            .local_private_key(own.secret())
            .and_then(|builder| builder.psk(2, &self.psk))
            .and_then(|builder| builder.prologue(&self.prologue))
            .expect("set once")
            .fixed_ephemeral_key_for_testing_only(ephemeral)
    }
}

/// snow's own primitives; nothing random is drawn, since the ephemeral keys are fixed.
struct Unrandom;

impl CryptoResolver for Unrandom {
    fn resolve_rng(&self) -> Option<Box<dyn Random>> {
        Some(Box::new(Self))
    }
    fn resolve_dh(&self, choice: &DHChoice) -> Option<Box<dyn Dh>> {
        DefaultResolver.resolve_dh(choice)
    }
    fn resolve_hash(&self, choice: &HashChoice) -> Option<Box<dyn Hash>> {
        DefaultResolver.resolve_hash(choice)
    }
    fn resolve_cipher(&self, choice: &CipherChoice) -> Option<Box<dyn Cipher>> {
        DefaultResolver.resolve_cipher(choice)
    }
}

impl Random for Unrandom {
    fn try_fill_bytes(&mut self, _: &mut [u8]) -> Result<(), snow::Error> {
        Err(snow::Error::Input)
    }
}
