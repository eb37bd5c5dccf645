//! How a connection becomes an account: by the device, a password, or a token.

use chinwag_client_core::Login;
use chinwag_proto::wire::message::{Secret, hash, name};

/// How to become the account.
#[derive(Debug)]
pub(super) enum How {
    /// By the device's key; a name that nobody has is taken.
    Device,
    Register(Option<Secret>),
    Enrol(Secret),
    Token(Secret),
    /// In this way, whatever the device is.
    So(Login),
}

impl How {
    /// Under which account things are kept, and how to become it. A device that is enrolled already needs no password.
    pub(super) fn login(self, name: &str, enrolled: bool, code: Option<Secret>) -> (String, Login) {
        let login = match self {
            Self::Token(token) | Self::So(Login::Token(token)) => {
                return (token_account(token.reveal()), Login::Token(token));
            }
            Self::So(login) => login,
            Self::Enrol(password) if !enrolled => Login::Enrol { password },
            Self::Register(password) if !enrolled => Login::Register { password, invite: code },
            Self::Device if !enrolled && code.is_some() => Login::Register { password: None, invite: code },
            Self::Device | Self::Register(_) | Self::Enrol(_) => Login::Device,
        };
        (name::fold(name), login)
    }
}

/// Whose the things are that are kept for a token: its hash says nothing of it.
fn token_account(token: &str) -> String {
    let hex: String = hash(token.as_bytes())[..16].iter().map(|octet| format!("{octet:02x}")).collect();
    format!("token {hex}")
}
