//! The sections of a file of settings: which keys there are, and of what type.

use serde::Deserialize;
use toml::Spanned;

use super::setting::{Setting, line_of};

/// What a key can be set to.
trait Given {
    /// As it would be typed.
    fn typed(self) -> Vec<String>;
}

impl Given for String {
    fn typed(self) -> Vec<String> {
        vec![self]
    }
}

impl Given for bool {
    fn typed(self) -> Vec<String> {
        vec![self.to_string()]
    }
}

impl Given for u32 {
    fn typed(self) -> Vec<String> {
        vec![self.to_string()]
    }
}

impl Given for f64 {
    fn typed(self) -> Vec<String> {
        vec![self.to_string()]
    }
}

impl Given for Vec<String> {
    fn typed(self) -> Vec<String> {
        self
    }
}

macro_rules! section {
    ($(#[$doc:meta])* $section:ident { $($key:literal $field:ident: $kind:ty,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Default, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub(super) struct $section {
            $(#[serde(rename = $key)] $field: Option<Spanned<$kind>>,)*
        }

        impl $section {
            pub(super) const KEYS: &[&str] = &[$($key),*];

            /// The keys that are set in this text.
            pub(super) fn settings(self, text: &str) -> Vec<Setting> {
                let mut all = Vec::new();
                $(if let Some(given) = self.$field {
                    let line = line_of(text, given.span().start);
                    all.push(Setting { key: $key, values: given.into_inner().typed(), line });
                })*
                all
            }
        }
    };
}

section! {
    /// `[client]`, and `[profile.NAME]`.
    Client {
        "server" server: String,
        "name" name: String,
        "room" room: String,
        "accept-new" accept_new: bool,
        "join-key-file" join_key_file: String,
        "token-file" token_file: String,
        "token-command" token_command: String,
        "timeout" timeout: f64,
        "weather" weather: String,
        "read-privately" read_privately: bool,
    }
}

section! {
    /// `[serve]`.
    Serve {
        "name" name: String,
        "listen" listen: String,
        "join-key-file" join_key_file: String,
        "durability" durability: String,
        "register" register: String,
        "auth-command" auth_command: String,
        "auth-grace" auth_grace: String,
        "allow" allow: Vec<String>,
        "deny" deny: Vec<String>,
        "admission-file" admission_file: String,
        "message-rate" message_rate: u32,
        "octet-rate" octet_rate: u32,
        "account-quota" account_quota: String,
        "room-quota" room_quota: String,
        "server-quota" server_quota: String,
        "hidden" hidden: bool,
        "metrics" metrics: String,
        "metrics-public" metrics_public: bool,
        "weather" weather: String,
    }
}

section! {
    /// `[tui]`.
    Tui {
        "theme" theme: String,
        "notify" notify: String,
        "notify-about" notify_about: String,
        "notify-rules" notify_rules: Vec<String>,
    }
}
