//! What an operator asks of a server.

use chinwag_proto::time::WallTime;
use chinwag_proto::wire::message::Secret;

use super::config::{Admission, Registration};
use super::quota::NewQuotas;
use chinwag_store::{Retention, Scopes, SecretHash};

/// What an operator asks of a running server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Say goodbye to everyone and stop; [`super::Notice::Stopped`] follows when that is done.
    Stop {
        /// For people.
        reason: String,
    },
    /// Give [`super::Notice::Status`].
    Status,
    /// Give [`super::Notice::Peers`].
    Peers(OperatorTag),
    /// Give [`super::Notice::Beacon`].
    Beacon,
    /// Do this; [`super::Notice::Answered`], or what was asked for, follows.
    Operate(OperatorTag, Operation),
}

/// The operator's own number for what it asked; comes back in [`Notice::Answered`](crate::Notice::Answered).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperatorTag(pub u64);

/// What an operator can ask for. Accounts and rooms are given by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Set an account's password, whatever it was.
    SetPassword {
        /// The account.
        account: String,
        /// The new password.
        password: Secret,
    },
    /// Delete an account.
    Unregister {
        /// The account.
        account: String,
    },
    /// End all sessions of an account. It may come back.
    Kick {
        /// The account.
        account: String,
    },
    /// End all sessions of an account, and let it in no more. Where that is to outlive the process, whoever asks keeps it.
    Ban {
        /// The account.
        account: String,
    },
    /// Let it in again.
    Unban {
        /// The account.
        account: String,
    },
    /// Say whether an outside program vouches for an account from now on, or it is a local one.
    Vouch {
        /// The account.
        account: String,
        /// The program does.
        is_vouched: bool,
    },
    /// Make a token for an account.
    MakeToken {
        /// The account.
        account: String,
        /// Hash of the token: whoever asks made it, and the server never sees it.
        hash: SecretHash,
        /// What it is called: no other token is.
        label: String,
        /// What it allows. Rooms are names as shown (`lobby`, `@bob`), folded.
        scopes: Scopes,
        /// The token is valid before then.
        until: Option<WallTime>,
    },
    /// Make a token that allows what the one of that label does, and revoke that one.
    RotateToken {
        /// The label.
        label: String,
        /// Hash of the new token.
        hash: SecretHash,
        /// The token is valid before then, instead of before when the old one was.
        until: Option<WallTime>,
    },
    /// Revoke the token of that label; sessions that came by it end.
    RevokeToken {
        /// The label.
        label: String,
    },
    /// Make an invitation to register.
    MakeInvite {
        /// Hash of the invitation.
        hash: SecretHash,
        /// How many accounts may be made by it.
        uses: u32,
        /// The invitation is valid before then.
        until: Option<WallTime>,
    },
    /// Who may register from now on, until a restart.
    SetRegistration(Registration),
    /// From where sessions are taken from now on. Those that are not any more end.
    SetAdmission(Admission),
    /// How much is kept from now on, until a restart.
    SetQuotas(NewQuotas),
    /// Say how much is kept, in [`Notice::Quotas`](crate::Notice::Quotas).
    Quotas,
    /// How long a room keeps bodies.
    Retain {
        /// The room.
        room: String,
        /// How long.
        retention: Retention,
    },
    /// How the clock stands, in [`Notice::Clock`](crate::Notice::Clock).
    Clock,
    /// The clock is right.
    ConfirmClock,
    /// Remove what a room's retention does not keep.
    Prune {
        /// The room.
        room: String,
    },
    /// List accounts, in [`Notice::Accounts`](crate::Notice::Accounts).
    Accounts,
    /// List rooms, in [`Notice::Rooms`](crate::Notice::Rooms).
    Rooms,
    /// List tokens, in [`Notice::Tokens`](crate::Notice::Tokens).
    Tokens,
}
