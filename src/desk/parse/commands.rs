//! The commands that can be typed, by name.

/// Every command in the order in which people meet them: its name, and the other ones that mean the same.
pub const COMMANDS: &[&[&str]] = &[
    &["join", "j"],
    &["leave", "part", "decline"],
    &["who", "w", "names"],
    &["msg", "m"],
    &["reply", "r"],
    &["edit", "e"],
    &["delete", "del"],
    &["react"],
    &["history", "hist"],
    &["search"],
    &["status"],
    &["rooms", "list"],
    &["members"],
    &["create"],
    &["open"],
    &["topic"],
    &["invite"],
    &["kick"],
    &["ban"],
    &["unban"],
    &["mute"],
    &["unmute"],
    &["notify"],
    &["arrivals"],
    &["theme"],
    &["role"],
    &["slow"],
    &["pin"],
    &["unpin"],
    &["pins"],
    &["away"],
    &["back"],
    &["ignore"],
    &["unignore"],
    &["nick"],
    &["register"],
    &["login"],
    &["password"],
    &["unregister"],
    &["server"],
    &["devices"],
    &["revoke"],
    &["help", "h", "?"],
    &["quit", "q", "exit"],
];

/// The first name of the command that is called so.
#[must_use]
pub fn find(name: &str) -> Option<&'static str> {
    COMMANDS.iter().find(|names| names.contains(&name)).map(|names| names[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_means_one_command() {
        let mut names: Vec<_> = COMMANDS.iter().copied().flatten().collect();
        let all = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
