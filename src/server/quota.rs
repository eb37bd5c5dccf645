//! Quotas: how much accounts, rooms and the whole server keep on disk. The store counts it; here is what comes of it.

/// Octets of entries that are kept at most; see [`chinwag_store::uses`] for what counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quotas {
    /// Of what an account wrote, in all rooms; `None`: any number.
    pub account_bytes: Option<u64>,
    /// In a room.
    pub room_bytes: Option<u64>,
    /// In all rooms.
    pub server_bytes: Option<u64>,
}

impl Default for Quotas {
    fn default() -> Self {
        Self { account_bytes: Some(1 << 30), room_bytes: Some(8 << 30), server_bytes: None }
    }
}

/// What is to be another quota from now on, until the server stops; `None`: it stays as it is. 0 octets: there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NewQuotas {
    /// See [`Quotas::account_bytes`].
    pub account_bytes: Option<u64>,
    /// See [`Quotas::room_bytes`].
    pub room_bytes: Option<u64>,
    /// See [`Quotas::server_bytes`].
    pub server_bytes: Option<u64>,
}

impl Quotas {
    pub(super) fn set(&mut self, new: NewQuotas) {
        let NewQuotas { account_bytes, room_bytes, server_bytes } = new;
        let quotas = [&mut self.account_bytes, &mut self.room_bytes, &mut self.server_bytes];
        for (quota, new) in quotas.into_iter().zip([account_bytes, room_bytes, server_bytes]) {
            if let Some(new) = new {
                *quota = (new > 0).then_some(new);
            }
        }
    }
}

/// What has a quota.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Full {
    /// An account, by its name.
    Account(String),
    /// A room, as its members see it: `lobby`; direct messages by a name of one of the two.
    Room(String),
    /// The server.
    Server,
}
