//! The room that may be meant by a name that no room has.

use chinwag_proto::wire::message::name::fold;

/// Names that differ in more places than that are other names.
const SLIPS_MAX: usize = 2;

/// The name among these that was most likely meant: it differs in one place from a short name, in two at most from a longer one.
/// Names are given with `#` or without, and compared without.
pub fn nearest<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = bare(typed);
    let slips_max = if typed.chars().count() > 3 { SLIPS_MAX } else { 1 };
    let slips = |name: &'a str| (strsim::damerau_levenshtein(&typed, &bare(name)), name);
    names.into_iter().map(slips).filter(|(slips, _)| *slips <= slips_max).min().map(|(_, name)| name)
}

/// A room's name as names are compared, whether it was written with `#` or without.
pub(super) fn bare(room: &str) -> String {
    fold(room.trim_start_matches('#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_the_room_that_was_meant_and_another_name_finds_none() {
        let rooms = ["builds", "kitchen", "lobby", "ops"];
        let meant = |typed| nearest(typed, rooms);
        assert_eq!(meant("#Bulids"), Some("builds"), "two letters the wrong way round");
        assert_eq!(meant("kitchne"), Some("kitchen"));
        assert_eq!(meant("lobb"), Some("lobby"));
        assert_eq!(meant("opps"), Some("ops"));
        assert_eq!(meant("dev"), None, "of three letters, two others are another name");
        assert_eq!(meant("garden"), None);
    }
}
