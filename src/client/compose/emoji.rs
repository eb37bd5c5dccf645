//! Emoji by name: `:smile:`. A small table of those that people type; every other one can be pasted.

/// Names and what they stand for, by name.
const TABLE: &[(&str, &str)] = &[
    ("+1", "👍"),
    ("-1", "👎"),
    ("100", "💯"),
    ("angry", "😠"),
    ("apple", "🍎"),
    ("art", "🎨"),
    ("balloon", "🎈"),
    ("beer", "🍺"),
    ("bell", "🔔"),
    ("bike", "🚲"),
    ("birthday", "🎂"),
    ("blush", "😊"),
    ("boom", "💥"),
    ("brain", "🧠"),
    ("bread", "🍞"),
    ("broken_heart", "💔"),
    ("bug", "🐛"),
    ("bulb", "💡"),
    ("cake", "🍰"),
    ("calendar", "📅"),
    ("cat", "🐱"),
    ("check", "✅"),
    ("clap", "👏"),
    ("clock", "🕐"),
    ("cloud", "☁️"),
    ("coffee", "☕"),
    ("confused", "😕"),
    ("construction", "🚧"),
    ("cool", "😎"),
    ("crab", "🦀"),
    ("cry", "😢"),
    ("dog", "🐶"),
    ("email", "📧"),
    ("exclamation", "❗"),
    ("eyes", "👀"),
    ("facepalm", "🤦"),
    ("fire", "🔥"),
    ("fish", "🐟"),
    ("flag_white", "🏳️"),
    ("folded_hands", "🙏"),
    ("gear", "⚙️"),
    ("ghost", "👻"),
    ("gift", "🎁"),
    ("grin", "😁"),
    ("hammer", "🔨"),
    ("heart", "❤️"),
    ("heart_eyes", "😍"),
    ("hourglass", "⏳"),
    ("house", "🏠"),
    ("hug", "🤗"),
    ("joy", "😂"),
    ("key", "🔑"),
    ("kiss", "😘"),
    ("laughing", "😆"),
    ("link", "🔗"),
    ("lock", "🔒"),
    ("mag", "🔍"),
    ("memo", "📝"),
    ("moon", "🌙"),
    ("muscle", "💪"),
    ("neutral", "😐"),
    ("no", "🚫"),
    ("ok", "👌"),
    ("open_mouth", "😮"),
    ("package", "📦"),
    ("paperclip", "📎"),
    ("party", "🥳"),
    ("penguin", "🐧"),
    ("phone", "📞"),
    ("pin", "📌"),
    ("pizza", "🍕"),
    ("point_up", "☝️"),
    ("pray", "🙏"),
    ("question", "❓"),
    ("rage", "😡"),
    ("rainbow", "🌈"),
    ("raised_hand", "✋"),
    ("recycle", "♻️"),
    ("robot", "🤖"),
    ("rocket", "🚀"),
    ("rofl", "🤣"),
    ("rose", "🌹"),
    ("sad", "🙁"),
    ("salute", "🫡"),
    ("scream", "😱"),
    ("ship", "🚢"),
    ("shrug", "🤷"),
    ("skull", "💀"),
    ("sleepy", "😴"),
    ("smile", "😄"),
    ("smirk", "😏"),
    ("snow", "❄️"),
    ("sob", "😭"),
    ("sparkles", "✨"),
    ("star", "⭐"),
    ("stop", "🛑"),
    ("sun", "☀️"),
    ("sweat", "😅"),
    ("tada", "🎉"),
    ("tea", "🍵"),
    ("thinking", "🤔"),
    ("thumbsdown", "👎"),
    ("thumbsup", "👍"),
    ("tongue", "😛"),
    ("tree", "🌳"),
    ("trophy", "🏆"),
    ("turtle", "🐢"),
    ("umbrella", "☔"),
    ("unlock", "🔓"),
    ("upside_down", "🙃"),
    ("v", "✌️"),
    ("warning", "⚠️"),
    ("wave", "👋"),
    ("whale", "🐳"),
    ("wink", "😉"),
    ("wrench", "🔧"),
    ("x", "❌"),
    ("zap", "⚡"),
    ("zzz", "💤"),
];

/// The emoji of that name.
#[must_use]
pub fn named(name: &str) -> Option<&'static str> {
    TABLE.binary_search_by_key(&name, |(name, _)| name).ok().map(|at| TABLE[at].1)
}

/// Those whose names begin so, by name.
pub fn beginning(prefix: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLE.iter().filter(move |(name, _)| name.starts_with(prefix)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_finds_what_is_in_it() {
        assert!(TABLE.is_sorted_by_key(|(name, _)| name));
        assert_eq!(named("tada"), Some("🎉"));
        assert_eq!(named("nothing"), None);
        assert_eq!(beginning("thumb").map(|(name, _)| name).collect::<Vec<_>>(), ["thumbsdown", "thumbsup"]);
    }
}
