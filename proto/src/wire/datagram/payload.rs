//! What client and server tell each other inside the two handshake messages, encrypted: [`InitPayload`] and
//! [`AcceptPayload`]. Fields are only ever added at the end; a reader ignores what comes after those that it knows.

use serde::{Deserialize, Serialize};

use super::VersionRange;
use crate::error::DropReason;
use crate::wire::id::{ConnectionId, InstanceId};

/// In the first handshake message, client to server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InitPayload {
    /// What the client speaks, as in its `Hello`, where nobody vouches for it.
    pub versions: VersionRange,
    /// As in its `Hello`.
    pub capabilities: u32,
    /// The client's process.
    pub instance: InstanceId,
    /// The server's connection id that the client now sends to, if it has a link that it wishes to go on with.
    pub continues: Option<ConnectionId>,
}

/// In the second handshake message, server to client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptPayload {
    /// What the server speaks, as in its `Cookie`, where nobody vouches for it.
    pub versions: VersionRange,
    /// As in its `Cookie`.
    pub capabilities: u32,
    /// The server's process; another one after every start.
    pub instance: InstanceId,
    /// Where the server receives under the new keys.
    pub server_id: ConnectionId,
    /// The link that the client named goes on; otherwise packet numbers and all else start at zero.
    pub continued: bool,
    /// Interval of the client's pings, in ms.
    pub ping_interval_ms: u32,
    /// How long the server may keep an acknowledgement back, in µs.
    pub ack_delay_us: u32,
    /// The token that proves a `Reset` of `server_id`.
    pub reset_token: [u8; 16],
}

impl InitPayload {
    /// Longest encoding.
    pub const MAX_LEN: usize = 2 + 5 + 10 + 1 + 8;

    /// Reads the payload of a handshake message.
    ///
    /// # Errors
    /// [`DropReason::Malformed`].
    pub fn decode(octets: &[u8]) -> Result<Self, DropReason> {
        decode(octets, |payload: &Self| payload.versions)
    }

    /// Writes it into `out` and gives what was written.
    ///
    /// # Panics
    /// Never: the size is bounded.
    pub fn encode<'a>(&self, out: &'a mut [u8; Self::MAX_LEN]) -> &'a [u8] {
        postcard::to_slice(self, out).expect("the size is bounded")
    }
}

impl AcceptPayload {
    /// Longest encoding.
    pub const MAX_LEN: usize = 2 + 5 + 10 + 8 + 1 + 5 + 5 + 16;

    /// Reads the payload of a handshake message.
    ///
    /// # Errors
    /// [`DropReason::Malformed`].
    pub fn decode(octets: &[u8]) -> Result<Self, DropReason> {
        decode(octets, |payload: &Self| payload.versions)
    }

    /// Writes it into `out` and gives what was written.
    ///
    /// # Panics
    /// Never: the size is bounded.
    pub fn encode<'a>(&self, out: &'a mut [u8; Self::MAX_LEN]) -> &'a [u8] {
        postcard::to_slice(self, out).expect("the size is bounded")
    }
}

fn decode<'a, T: Deserialize<'a>>(octets: &'a [u8], versions: impl Fn(&T) -> VersionRange) -> Result<T, DropReason> {
    let (payload, _later) = postcard::take_from_bytes(octets).map_err(|_| DropReason::Malformed)?;
    let VersionRange { min, max } = versions(&payload);
    if min > max { Err(DropReason::Malformed) } else { Ok(payload) }
}

const _: () = assert!(96 + InitPayload::MAX_LEN <= super::Init::NOISE_MAX_LEN, "the first message fits an Init");
const _: () = assert!(48 + AcceptPayload::MAX_LEN <= super::Accept::NOISE_MAX_LEN, "the second fits an Accept");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_payloads_fit_and_every_truncation_is_refused() {
        let versions = VersionRange { min: 255, max: 255 };
        let init = InitPayload {
            versions,
            capabilities: u32::MAX,
            instance: InstanceId(u64::MAX),
            continues: Some(ConnectionId([255; 8])),
        };
        let mut buf = [0; InitPayload::MAX_LEN];
        let octets = init.encode(&mut buf);
        assert_eq!(InitPayload::decode(octets), Ok(init));
        assert!((0..octets.len()).all(|len| InitPayload::decode(&octets[..len]).is_err()));

        let accept = AcceptPayload {
            versions,
            capabilities: u32::MAX,
            instance: InstanceId(u64::MAX),
            server_id: ConnectionId([255; 8]),
            continued: true,
            ping_interval_ms: u32::MAX,
            ack_delay_us: u32::MAX,
            reset_token: [255; 16],
        };
        let mut buf = [0; AcceptPayload::MAX_LEN];
        let octets = accept.encode(&mut buf);
        assert_eq!(AcceptPayload::decode(octets), Ok(accept));
        assert!((0..octets.len()).all(|len| AcceptPayload::decode(&octets[..len]).is_err()));
    }

    #[test]
    fn a_later_versions_fields_are_ignored() {
        let init =
            InitPayload { versions: VersionRange::OURS, capabilities: 0, instance: InstanceId(1), continues: None };
        let mut buf = [0; InitPayload::MAX_LEN];
        let mut octets = init.encode(&mut buf).to_vec();
        octets.extend([1, 2, 3]);
        assert_eq!(InitPayload::decode(&octets), Ok(init));
    }
}
