//! When two names can be taken for one another.

use std::collections::BTreeMap;

use chinwag_proto::wire::message::name;
use unicode_security::confusable_detection::skeleton;

/// What confusable names have in common: the skeleton (UTS 39, section 4), without its case, and the same once more, with every
/// `i` an `l`. `paypal` and `раураl` (Cyrillic) have the same one. Capitals have looks of their own, which folding would hide: a
/// Greek `Ν` looks like an N, and a capital I, which is an i where names are compared, like an l.
#[must_use]
pub fn confusable(wanted: &str) -> String {
    let bare = |name: &str| caseless(&skeleton(name).collect::<String>());
    bare(&bare(wanted)).replace('i', "l")
}

/// Without its case, as far as a name goes. Names are the same in lower case (RFC 8265, section 3.3), where `Straße` and `STRASSE` are
/// two; who reads them takes them for one. By way of the upper case `ß` and `ẞ` are `ss`, as in full case folding (Unicode Standard,
/// section 3.13).
fn caseless(name: &str) -> String {
    let upper: String = name::fold(name).chars().flat_map(char::to_uppercase).collect();
    name::fold(&upper)
}

/// What is wrong with names that were given under other rules, a sentence each: those that would be none today, and those that
/// could not be beside an older one. They are kept, and it is for people to rename or to delete.
#[must_use]
pub fn outdated(names: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    let mut older: BTreeMap<String, &str> = BTreeMap::new();
    for name in names {
        if let Err(why) = name::check(name) {
            found.push(format!("{name:?} would be refused today: {why}"));
        }
        if let Some(other) = older.get(confusable(name).as_str()) {
            found.push(format!("{name:?} would be refused today: it can be taken for {other:?}"));
        } else {
            older.insert(confusable(name), name);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_given_under_other_rules_are_listed() {
        let names = ["ann", "Zoe\u{308}", "\u{93f}क", "aΝn", "zoë", "bob", "Straße", "STRASSE"].map(String::from);
        assert_eq!(
            outdated(&names),
            [
                "\"\u{93f}क\" would be refused today: a name begins with a letter or a digit",
                "\"aΝn\" would be refused today: it can be taken for \"ann\"",
                "\"zoë\" would be refused today: it can be taken for \"Zoe\\u{308}\"",
                "\"STRASSE\" would be refused today: it can be taken for \"Straße\"",
            ]
        );
        assert_eq!(outdated(&["ann".into(), "bob".into()]), [""; 0]);
    }

    #[test]
    fn skeletons_are_those_of_the_specification() {
        let text = include_str!("../../proto/vectors/names.json");
        let all: serde_json::Value = serde_json::from_str(text).expect("JSON");
        let looks = all["vectors"].as_array().expect("a list").iter().filter(|vector| vector["skeleton"].is_string());
        let checked = looks.map(|vector| {
            assert_eq!(confusable(vector["given"].as_str().expect("a name")), vector["skeleton"], "{vector}")
        });
        assert!(checked.count() >= 12);
    }

    #[test]
    fn an_invisible_joiner_hides_no_look_alike() {
        assert_eq!(confusable("क्\u{200d}ष"), confusable("क्ष"));
        assert_eq!(confusable("نامه\u{200c}ای"), confusable("نامهای"));
        assert_eq!(confusable("Zoe\u{308}"), confusable("zoë"));
        assert_ne!(confusable("हिन्दी"), confusable("हिन्द"), "a vowel sign is seen");
    }

    #[test]
    fn what_looks_alike_has_one_skeleton() {
        assert_eq!(confusable("paypal"), confusable("раураl"), "Cyrillic");
        assert_eq!(confusable("Ann"), confusable("ann"));
        assert_eq!(confusable("paypal"), confusable("paypaI"), "a capital I");
        assert_eq!(confusable("Iris"), confusable("іrіs"), "and small ones of another script");
        assert_eq!(confusable("ann"), confusable("aΝn"), "a Greek capital");
        assert_eq!(confusable("Mia"), confusable("rnia"), "two letters for one");
        assert_eq!(confusable("b0b"), confusable("bOb"), "a digit for a letter");
        for (one, other) in [("Straße", "STRASSE"), ("STRAẞE", "strasse"), ("ﬁn", "FIN")] {
            assert_eq!(confusable(one), confusable(other), "{one} and {other} are one in upper case");
        }
        assert_ne!(confusable("Maße"), confusable("Mase"));
        assert_ne!(confusable("ann"), confusable("anne"));
        assert_ne!(confusable("茶館"), confusable("茶屋"));
    }
}
