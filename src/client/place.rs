//! What people call a room: `#lobby`, `lobby`, `@ann`.

use std::fmt;

use chinwag_proto::wire::message::name::{self, NameError};
use chinwag_proto::wire::message::{RoomInfo, RoomKind};

/// A room by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// `#lobby`, or `lobby`.
    Named(String),
    /// `@ann`: the direct messages shared with that account.
    Direct(String),
}

/// What two ways to write the same room have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key(String);

impl Place {
    /// Reads what a person typed.
    pub(super) fn parse(typed: &str) -> Result<Self, NameError> {
        Ok(match typed.strip_prefix('@') {
            Some(name) => Self::Direct(name::composed(name)?.into_owned()),
            None => Self::Named(name::composed(typed.strip_prefix('#').unwrap_or(typed))?.into_owned()),
        })
    }

    pub(super) fn of_info(info: &RoomInfo) -> Self {
        match &info.kind {
            RoomKind::Named(name) => Self::Named(name.clone()),
            RoomKind::Direct(_, name) => Self::Direct(name.clone()),
        }
    }

    pub(super) fn key(&self) -> Key {
        Key(name::fold(&self.to_string()))
    }
}

/// As shown: `#lobby`, `@ann`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => write!(f, "#{name}"),
            Self::Direct(name) => write!(f, "@{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_is_the_same_however_it_is_typed() {
        let key = |typed: &str| Place::parse(typed).map(|place| place.key());
        assert_eq!(key("lobby"), key("#Lobby"));
        assert_ne!(key("ann"), key("@ann"));
        assert_eq!(Place::parse("lobby").map(|place| place.to_string()), Ok("#lobby".into()));
        assert_eq!(key("#cafe\u{301}"), key("CAFÉ"));
        assert_eq!(Place::parse("@Zoe\u{308}").map(|place| place.to_string()), Ok("@Zoë".into()), "composed");
        assert_eq!(key("#a b"), Err(NameError::Character(' ')));
        assert_eq!(key("@"), Err(NameError::Empty));
    }
}
