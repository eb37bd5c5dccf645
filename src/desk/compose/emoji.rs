//! Emoji by the short names that people know from elsewhere: `:smile:`.

use std::collections::{BTreeMap, BTreeSet};

use unicode_segmentation::UnicodeSegmentation as _;

/// Those that are used most in talk, the first most of all. Of several that a name may become, one of these comes first.
const OFTEN: [&str; 48] = [
    "👍", "😂", "❤️", "🎉", "😄", "🙏", "👀", "😊", "🔥", "✅", "🚀", "😅", "👏", "💯", "😍", "🤔", "😢", "👎", "😉",
    "😎", "🤣", "🙂", "😭", "👋", "💪", "🙌", "👌", "🤷", "🤦", "😁", "😆", "😮", "😡", "🎂", "☕", "🍕", "🐛", "⚠️",
    "❌", "💡", "📌", "📎", "🔒", "⏳", "🥳", "🤗", "✨", "🐧",
];

/// The emoji of that name.
#[must_use]
pub fn named(name: &str) -> Option<&'static str> {
    emojis::get_by_shortcode(name).map(emojis::Emoji::as_str)
}

/// Emoji with a name that begins so, each once under the shortest of them: those that the user has used most, then those that
/// people use most, then the others by name.
#[must_use]
pub fn beginning(prefix: &str, used: Option<&BTreeMap<String, u32>>) -> Vec<(&'static str, &'static str)> {
    let shortest = |emoji: &'static emojis::Emoji| {
        let names = emoji.shortcodes().filter(|name| name.starts_with(prefix));
        names.min_by_key(|name| name.len()).map(|name| (name, emoji.as_str()))
    };
    let mut all: Vec<_> = emojis::iter().filter_map(shortest).collect();
    all.sort_by_cached_key(|(name, emoji)| {
        let own = used.and_then(|used| used.get(*emoji)).copied().unwrap_or_default();
        let often = OFTEN.iter().position(|often| often == emoji).unwrap_or(OFTEN.len());
        (std::cmp::Reverse(own), *name != prefix, often, *name)
    });
    all
}

/// The emoji in a text.
pub fn of(text: &str) -> BTreeSet<&'static str> {
    if text.is_ascii() {
        return BTreeSet::new();
    }
    text.graphemes(true).filter_map(emojis::get).map(emojis::Emoji::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(prefix: &str) -> Option<(&'static str, &'static str)> {
        beginning(prefix, None).first().copied()
    }

    #[test]
    fn what_people_mean_comes_first() {
        assert_eq!(first("thu"), Some(("thumbsup", "👍")));
        assert_eq!(first("+"), Some(("+1", "👍")));
        assert_eq!(first("tad"), Some(("tada", "🎉")));
        assert_eq!(first("thumbsd"), Some(("thumbsdown", "👎")));
        assert_eq!(first("nothing_like_this"), None);
        let used = BTreeMap::from([("👎".to_owned(), 2)]);
        assert_eq!(beginning("thu", Some(&used))[0], ("thumbsdown", "👎"), "and what the user does");
    }

    #[test]
    fn every_short_name_is_known_and_each_emoji_comes_once() {
        assert_eq!((named("smile"), named("+1"), named("de")), (Some("😄"), Some("👍"), Some("🇩🇪")));
        let all = beginning("", None);
        assert!(all.len() > 1_800, "{}", all.len());
        assert!(all.iter().all(|(name, emoji)| named(name) == Some(emoji)));
        assert!(OFTEN.iter().all(|often| all.iter().any(|(_, emoji)| emoji == often)));
        assert_eq!(of("so 👍, 👍🏽 and 🇩🇪").len(), 3);
    }
}
