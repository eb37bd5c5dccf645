//! What a value means beyond its type: looked over by the very checks of the commands that take it, so that a file that is
//! called sound is one that they go on with.

use std::path::Path;

use chinwag_proto::wire::message::name;

use super::super::room_name::is_room;
use crate::admin::Admitted;
use crate::cli::secret;
use crate::client::Whom;
use crate::config::read_join_key;
use crate::net;
use crate::render::render_text;

/// What is wrong with a value that its flag's parser takes, and what to write. Nothing outside of it is looked at.
pub(super) fn unsound(is_servers: bool, key: &str, value: &str) -> Option<String> {
    let said = match (is_servers, key) {
        (false, "name") => name::check(value).err()?.to_string(),
        (false, "room") => is_room(value).err()?.to_string(),
        (false, "server") => match value.parse().ok()? {
            Whom::Named(server) => return server.check().err().map(|error| error.to_string()),
            Whom::Invited(_) => return None,
        },
        (true, "listen") => return net::check_own(value).err().map(|error| error.to_string()),
        (true, "allow" | "deny") => {
            let alone = Admitted { allow: vec![value.to_owned()], deny: Vec::new() };
            return alone.admission().err().map(|error| error.to_string());
        }
        _ => return None,
    };
    Some(format!("{:?}: {said}", render_text(value)))
}

/// What is wrong with the file that a value names, where it names one that must be there.
pub(super) fn unfit_file(is_servers: bool, key: &str, value: &str) -> Option<String> {
    let path = Path::new(value);
    match (is_servers, key) {
        (false, "token-file") => secret::from_file(path).err().map(|failure| failure.to_string()),
        // A server makes one where there is none.
        (true, "join-key-file") if !path.exists() => None,
        (_, "join-key-file") => read_join_key(path).err().map(|error| error.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_looked_over_as_its_command_does() {
        let sound = |is_servers, key, value| assert_eq!(unsound(is_servers, key, value), None, "{key} {value}");
        for (key, value) in [("name", "ann"), ("room", "#lobby"), ("server", "lan:the lab"), ("server", "::1")] {
            sound(false, key, value);
        }
        for (key, value) in [("listen", "[::]:0"), ("allow", "10.0.0.0/8"), ("name", "The Lab"), ("listen", "lab")] {
            sound(true, key, value);
        }
        let wrong = |is_servers, key, value| unsound(is_servers, key, value).expect(value);
        assert!(wrong(false, "name", "a b").contains("only letters, digits"));
        assert!(wrong(false, "name", "").contains("at least one letter"));
        assert!(wrong(false, "room", "bad room!").contains("only letters, digits"));
        assert!(wrong(false, "server", ":::").contains("[2001:db8::1]:24469"));
        assert!(wrong(false, "server", "lan:").contains("type HOST"));
        assert!(wrong(true, "allow", "10.0.0.0/99").contains("write 10.0.0.0/8"));
        assert!(wrong(true, "listen", "lab:x").contains("a number up to 65535"));
        assert!(!wrong(false, "name", "a\u{202e}b").contains('\u{202e}'), "it is safe to show");
    }
}
