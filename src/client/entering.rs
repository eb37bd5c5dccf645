//! How a room comes to be followed.

use chinwag_proto::wire::message::{Access, Secret};

use super::attempt::Attempt;

/// How a room comes to be followed: by entering it, in one way or another, or without that.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Entering {
    /// The room is entered; if there is none of that name, it is made, open to everyone.
    #[default]
    Open,
    /// The room is entered if there is one of that name: none is made.
    Existing,
    /// The room is made; there must be none of that name yet.
    Made {
        /// Who may enter it.
        access: Access,
        /// For [`Access::Password`].
        password: Option<Secret>,
    },
    /// The room is entered by its password.
    Locked(Secret),
    /// The room is public, and followed from outside: its entries come, and nothing changes by that. Whoever is a member
    /// follows it as
    /// one. Nothing can be said there before it is entered.
    Outside,
}

impl Entering {
    /// What it is to try that with this room.
    pub(super) fn attempt(&self, room: String) -> Attempt {
        match self {
            Self::Made { .. } => Attempt::Create(room),
            Self::Outside => Attempt::Follow(room),
            Self::Open | Self::Existing | Self::Locked(_) => Attempt::Join(room),
        }
    }
}
