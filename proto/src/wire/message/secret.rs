//! A secret that a person or a program gives: a password, a token, an invitation.

use alloc::string::String;
use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

/// Text that is wiped from memory when it is dropped and never shown. On the wire a string, at most
/// [`crate::limits::SECRET_MAX_LEN`] octets. The encoded message that carries it, and the link's copy of that until it is
/// acknowledged, are not wiped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// The secret's text. Whoever asks for it takes care of where it goes.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_string_on_the_wire_and_nothing_in_a_log() {
        let secret = Secret::from(String::from("correct horse"));
        let bytes = postcard::to_allocvec(&secret).expect("plain data");
        assert_eq!(bytes, postcard::to_allocvec("correct horse").expect("plain data"));
        assert_eq!(postcard::from_bytes::<Secret>(&bytes).expect("the same").reveal(), "correct horse");
        assert!(!alloc::format!("{secret:?}").contains("horse"));
    }
}
