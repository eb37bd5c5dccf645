//! Why nothing is read of a store, and what is said of it.

use serde_json::json;

use super::super::output::say;
use super::{Exit, Failure};
use crate::cli::entry;
use crate::config::ConfigError;
use crate::store::sqlite::{AdminError, OpenError};

/// Why nothing is read of a store.
pub(super) enum Unread {
    /// What is there is not the server's store, or not all of it.
    Unsound(Failure),
    /// Whether the store is sound is not known.
    Unknown(Failure),
}

impl Unread {
    /// How the command ends. Programs are told before that in the form that they read, if that the store is not sound.
    pub(super) fn told(self, json: bool) -> Failure {
        if let Self::Unsound(failure) = &self
            && json
        {
            say(&entry::json_line(&json!({"sound": false, "wrong": [failure.to_string()]})));
        }
        self.into()
    }

    /// A store is there that is not sound, or none is.
    pub(super) fn unsound(sentence: impl Into<String>) -> Self {
        Self::Unsound(Failure::new(Exit::Configuration, sentence))
    }
}

impl From<Unread> for Failure {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::Unsound(failure) | Unread::Unknown(failure) => failure,
        }
    }
}

impl From<Failure> for Unread {
    fn from(failure: Failure) -> Self {
        Self::Unknown(failure)
    }
}

impl From<ConfigError> for Unread {
    fn from(error: ConfigError) -> Self {
        Self::Unknown(error.into())
    }
}

impl From<OpenError> for Unread {
    fn from(error: OpenError) -> Self {
        let is_unsound = matches!(error, OpenError::Damaged { .. } | OpenError::Foreign(_));
        let failure = Failure::from(&error);
        if is_unsound { Self::Unsound(failure) } else { Self::Unknown(failure) }
    }
}

impl From<AdminError> for Unread {
    fn from(error: AdminError) -> Self {
        if error.is_damage() {
            Self::unsound(error.to_string())
        } else {
            Failure::new(Exit::General, error.to_string()).into()
        }
    }
}
