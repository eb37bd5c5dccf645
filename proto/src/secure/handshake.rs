//! The handshake: `Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s`, one pattern, one suite (the Noise Protocol Framework, revision
//! 34). The client is the initiator and knows the server's key; the first message carries an [`InitPayload`], the second an
//! [`AcceptPayload`]. The prologue is the constant part of the `Init` as it stands on the wire.

use alloc::boxed::Box;

use snow::{Builder, HandshakeState};
use zeroize::Zeroizing;

use crate::rng::Rng;
use crate::wire::datagram::{Accept, AcceptPayload, Init, InitPayload};
use crate::wire::id::PublicKey;

use super::suite::Suite;
use super::{KeyPair, OpeningKey, SealingKey};

const PATTERN: &str = "Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s";
/// The pattern mixes the pre-shared key in at the end of the second message.
const PSK_AT: u8 = 2;

/// A handshake message did not open, or a Diffie-Hellman result was all zero. Nothing more is said on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HandshakeFailed;

impl From<snow::Error> for HandshakeFailed {
    fn from(_: snow::Error) -> Self {
        Self
    }
}

/// The pre-shared key of a handshake: a server's join key, or zeros.
#[derive(Clone)]
pub struct JoinKey(Zeroizing<[u8; 32]>);

impl JoinKey {
    /// The pre-shared key where no join key is used.
    #[must_use]
    pub fn none() -> Self {
        Self::new([0; 32])
    }

    /// A join key.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self(Zeroizing::new(key))
    }
}

/// What a finished handshake gives to one end.
pub struct Keys {
    /// For what this end sends.
    pub seal: SealingKey,
    /// For what it receives.
    pub open: OpeningKey,
}

impl Keys {
    /// Splits a finished handshake: the first key is the initiator's for sending.
    fn split(mut state: HandshakeState) -> Self {
        let (up, down) = state.dangerously_get_raw_split();
        let (up, down) = (Zeroizing::new(up), Zeroizing::new(down));
        if state.is_initiator() {
            Self { seal: SealingKey::new(&up), open: OpeningKey::new(&down) }
        } else {
            Self { seal: SealingKey::new(&down), open: OpeningKey::new(&up) }
        }
    }
}

/// The client's end, waiting for the server's message.
#[derive(Debug)]
pub struct Initiator(Box<HandshakeState>);

/// The server's answer did not open; wait for another one.
#[derive(Debug)]
pub struct Unanswered(pub Initiator);

impl Initiator {
    /// Writes the first message into `out` and gives its length.
    ///
    /// # Errors
    /// [`HandshakeFailed`] if the server's key is none that can be agreed with.
    ///
    /// # Panics
    /// If `out` is shorter than [`Init::NOISE_MAX_LEN`].
    pub fn begin(
        identity: &KeyPair,
        server: PublicKey,
        join_key: &JoinKey,
        init: &Init,
        payload: &InitPayload,
        rng: &mut Rng,
        out: &mut [u8],
    ) -> Result<(Self, usize), HandshakeFailed> {
        let mut state = builder(identity, rng)
            .psk(PSK_AT, &join_key.0)?
            .remote_public_key(&server.0)?
            .prologue(&init.prologue())?
            .build_initiator()?;
        let mut buf = [0; InitPayload::MAX_LEN];
        let len = state.write_message(payload.encode(&mut buf), &mut out[..Init::NOISE_MAX_LEN])?;
        Ok((Self(Box::new(state)), len))
    }

    /// Takes the second message. When it does not open, `self` comes back unchanged: somebody may have forged it.
    ///
    /// # Errors
    /// [`Unanswered`] if it does not open or its payload does not decode.
    pub fn finish(mut self, noise: &[u8]) -> Result<(Keys, AcceptPayload), Unanswered> {
        let mut buf = [0; Accept::NOISE_MAX_LEN];
        let Ok(len) = self.0.read_message(noise, &mut buf) else { return Err(Unanswered(self)) };
        match AcceptPayload::decode(&buf[..len]) {
            Ok(payload) => Ok((Keys::split(*self.0), payload)),
            Err(_) => Err(Unanswered(self)),
        }
    }
}

/// The server's end, about to answer.
pub struct Responder {
    state: HandshakeState,
    /// The client's static key. It is proved only by the first datagram under the new keys.
    pub device: PublicKey,
    /// What the client says.
    pub payload: InitPayload,
}

impl Responder {
    /// Takes the first message.
    ///
    /// # Errors
    /// [`HandshakeFailed`] if it does not open, or agrees on nothing.
    pub fn read(identity: &KeyPair, init: &Init, noise: &[u8], rng: &mut Rng) -> Result<Self, HandshakeFailed> {
        let mut state = builder(identity, rng).prologue(&init.prologue())?.build_responder()?;
        let mut buf = [0; Init::NOISE_MAX_LEN];
        let len = state.read_message(noise, &mut buf)?;
        let device = state.get_remote_static().and_then(|key| key.try_into().ok()).ok_or(HandshakeFailed)?;
        let payload = InitPayload::decode(&buf[..len]).map_err(|_| HandshakeFailed)?;
        Ok(Self { state, device: PublicKey(device), payload })
    }

    /// Writes the second message into `out`: its length, and the keys.
    ///
    /// # Errors
    /// [`HandshakeFailed`] if the client's ephemeral key is none that can be agreed with.
    ///
    /// # Panics
    /// If `out` is shorter than [`Accept::NOISE_MAX_LEN`].
    pub fn answer(
        mut self,
        join_key: &JoinKey,
        payload: &AcceptPayload,
        out: &mut [u8],
    ) -> Result<(usize, Keys), HandshakeFailed> {
        self.state.set_psk(PSK_AT.into(), join_key.0.as_ref())?;
        let mut buf = [0; AcceptPayload::MAX_LEN];
        let len = self.state.write_message(payload.encode(&mut buf), &mut out[..Accept::NOISE_MAX_LEN])?;
        Ok((len, Keys::split(self.state)))
    }
}

fn builder<'a>(identity: &'a KeyPair, rng: &mut Rng) -> Builder<'a> {
    let params = PATTERN.parse().expect("the pattern is one that snow knows");
    Builder::with_resolver(params, Box::new(Suite::new(identity.clone(), rng)))
        .local_private_key(identity.secret())
        .expect("set once")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::SEALED_HEADER_LEN;
    use crate::wire::datagram::{InitFlags, VersionRange};
    use crate::wire::id::{ConnectionId, InstanceId, PacketNumber};

    const INIT: Init = Init { flags: InitFlags(0), client_id: ConnectionId([3; 8]), nonce: [4; 16], cookie: [5; 24] };

    struct Ends {
        client: KeyPair,
        server: KeyPair,
        rng: Rng,
    }

    fn ends() -> Ends {
        let mut rng = Rng::from_number(1);
        Ends { client: KeyPair::generate(&mut rng), server: KeyPair::generate(&mut rng), rng }
    }

    fn init_payload() -> InitPayload {
        InitPayload {
            versions: VersionRange::OURS,
            capabilities: 0,
            instance: InstanceId(7),
            continues: Some(ConnectionId([1; 8])),
        }
    }

    fn accept_payload() -> AcceptPayload {
        AcceptPayload {
            versions: VersionRange::OURS,
            capabilities: 0,
            instance: InstanceId(u64::MAX),
            server_id: ConnectionId([2; 8]),
            continued: true,
            ping_interval_ms: 3_000,
            ack_delay_us: 20_000,
            reset_token: [6; 16],
        }
    }

    fn begin(e: &mut Ends, key: &JoinKey, out: &mut [u8]) -> (Initiator, usize) {
        let server = e.server.public();
        Initiator::begin(&e.client, server, key, &INIT, &init_payload(), &mut e.rng, out).expect("a good key")
    }

    #[test]
    fn both_ends_get_the_same_keys_and_each_others_words() {
        let mut e = ends();
        let (mut first, mut second) = ([0; Init::NOISE_MAX_LEN], [0; Accept::NOISE_MAX_LEN]);
        let key = JoinKey::new([8; 32]);
        let (initiator, len) = begin(&mut e, &key, &mut first);
        let responder = Responder::read(&e.server, &INIT, &first[..len], &mut e.rng).expect("it opens");
        assert_eq!(responder.device, e.client.public());
        assert_eq!(responder.payload, init_payload());
        let (len, server) = responder.answer(&key, &accept_payload(), &mut second).expect("it agrees");
        let (client, said) = initiator.finish(&second[..len]).expect("it opens");
        assert_eq!(said, accept_payload());

        for (seal, open) in [(&client.seal, &server.open), (&server.seal, &client.open)] {
            let mut datagram = [1; 80];
            let len = seal.seal(PacketNumber(3), &mut datagram, 30);
            let contents = open.open(PacketNumber(3), &mut datagram[..len]).expect("the keys agree");
            assert_eq!(contents, [1; 30]);
            assert_eq!(len, SEALED_HEADER_LEN + 30 + 16);
        }
    }

    #[test]
    fn a_wrong_join_key_shows_in_the_answer_and_the_right_answer_still_counts() {
        let mut e = ends();
        let (mut first, mut wrong, mut right) =
            ([0; Init::NOISE_MAX_LEN], [0; Accept::NOISE_MAX_LEN], [0; Accept::NOISE_MAX_LEN]);
        let (initiator, len) = begin(&mut e, &JoinKey::none(), &mut first);
        let mut answer = |key: &JoinKey, out: &mut [u8]| {
            let responder = Responder::read(&e.server, &INIT, &first[..len], &mut e.rng).expect("it opens");
            responder.answer(key, &accept_payload(), out).expect("it agrees").0
        };
        let wrong_len = answer(&JoinKey::new([8; 32]), &mut wrong);
        let right_len = answer(&JoinKey::none(), &mut right);
        let Err(Unanswered(initiator)) = initiator.finish(&wrong[..wrong_len]) else { panic!("a wrong key opened") };
        assert!(initiator.finish(&right[..right_len]).is_ok());
    }

    #[test]
    fn the_prologue_and_every_bit_of_a_message_count() {
        let mut e = ends();
        let mut first = [0; Init::NOISE_MAX_LEN];
        let (_, len) = begin(&mut e, &JoinKey::none(), &mut first);
        let flagged = Init { flags: InitFlags::JOIN_KEY, ..INIT };
        assert!(Responder::read(&e.server, &flagged, &first[..len], &mut e.rng).is_err());
        // The top bit of an X25519 key is ignored by the agreement (RFC 7748), yet part of the transcript.
        for bit in 0..len * 8 {
            first[bit / 8] ^= 1 << (bit % 8);
            assert!(Responder::read(&e.server, &INIT, &first[..len], &mut e.rng).is_err(), "bit {bit}");
            first[bit / 8] ^= 1 << (bit % 8);
        }
    }

    #[test]
    fn a_server_key_of_small_order_is_refused() {
        let mut e = ends();
        let mut first = [0; Init::NOISE_MAX_LEN];
        let zero = PublicKey([0; 32]);
        let begun = Initiator::begin(&e.client, zero, &JoinKey::none(), &INIT, &init_payload(), &mut e.rng, &mut first);
        assert_eq!(begun.err(), Some(HandshakeFailed));
    }

    #[test]
    fn the_same_seed_writes_the_same_octets() {
        let run = || {
            let mut e = ends();
            let mut first = [0; Init::NOISE_MAX_LEN];
            let _ = begin(&mut e, &JoinKey::none(), &mut first);
            first
        };
        assert_eq!(run(), run());
    }
}
