//! The names that vectors are made of: what is composed, what is refused, and which are the same.

use chinwag_proto::wire::message::name;
use serde_json::{Value, json};

use crate::vectors::kept;

/// What is given, and what the case is.
const GIVEN: [(&str, &str); 48] = [
    ("letters of ASCII", "Ann"),
    ("a digit first", "7-of_9.x"),
    ("nothing", ""),
    ("a dash first", "-ann"),
    ("a blank", "ann b"),
    ("an escape sequence", "a\u{1b}[31m"),
    ("an override of direction", "a\u{202e}b"),
    ("a zero width space", "a\u{200b}b"),
    ("a blank hieroglyph", "\u{13441}"),
    ("a filler of the Khitan script", "a\u{16fe4}"),
    ("a blank of Braille", "\u{2800}"),
    ("a variation selector", "a\u{fe0f}"),
    ("a Hangul filler", "a\u{3164}"),
    ("an enclosing circle", "a\u{20dd}"),
    ("a point between syllables", "བོད་ཡིག"),
    ("a circled letter", "Ⓐnn"),
    ("a Roman numeral", "Ⅻ"),
    ("a letter that is composed already", "Zoë"),
    ("a letter and its mark", "Zoe\u{308}"),
    ("two marks in the wrong order", "q\u{307}\u{323}"),
    ("a Hangul syllable in parts", "\u{1100}\u{1161}\u{11a8}"),
    ("a sign that is always composed otherwise", "\u{212b}"),
    ("a letter that is never composed", "\u{958}"),
    ("Devanagari", "हिन्दी"),
    ("Thai", "ไทยที่"),
    ("Tamil", "தமிழ்"),
    ("a vowel sign first", "\u{93f}क"),
    ("a mark after a dash", "a-\u{301}"),
    ("four marks", "q\u{301}\u{301}\u{301}\u{301}"),
    ("five marks", "q\u{301}\u{301}\u{301}\u{301}\u{301}"),
    ("four marks and, after a letter, one", "q\u{301}\u{301}\u{301}\u{301}q\u{301}"),
    ("five marks with joiners between them", "क\u{94d}\u{200d}\u{94d}\u{200d}\u{94d}\u{94d}\u{94d}"),
    ("a joiner after a virama, A.2", "क्\u{200d}ष"),
    ("a non-joiner after a virama, A.1", "क्\u{200c}ष"),
    ("a non-joiner between letters that join, A.1", "نامه\u{200c}ای"),
    ("the same across marks", "مَ\u{200c}َن"),
    ("a joiner between letters that join", "م\u{200d}ن"),
    ("a non-joiner after a letter that joins only before", "د\u{200c}ن"),
    ("a non-joiner at the end", "م\u{200c}"),
    ("two non-joiners", "م\u{200c}\u{200c}ن"),
    ("a joiner without a virama", "क\u{200d}ष"),
    ("two joiners", "क्\u{200d}\u{200d}ष"),
    ("a joiner first", "\u{200d}a"),
    ("a joiner in Latin", "ann\u{200d}a"),
    ("capitals with a small form of two characters", "İI"),
    ("a sigma at the end", "ΟΔΟΣ"),
    ("a letter that composes only when it is small", "J\u{30c}"),
    ("a sharp s, which stays one", "STRAẞE"),
];

/// What the vectors need of Unicode that few languages have at hand: Joining_Type, where it is not U or T by the general category.
const JOINING: [(&str, &str); 7] =
    [("م", "D"), ("ن", "D"), ("ه", "D"), ("ا", "R"), ("ی", "D"), ("د", "R"), ("\u{64e}", "T")];

/// Characters, and what each looks like.
type Prototypes = &'static [(&'static str, &'static str)];

/// Names that can be taken for one another, or not, with the prototypes of their characters (Unicode Technical Standard 39, section
/// 4) where these are others than themselves, and their skeletons. What computes skeletons here is no part of this crate: it is
/// compared in chinwag's `names`.
const LOOKS: [(&str, Prototypes, &str); 14] = [
    ("paypal", &[], "paypal"),
    ("раураl", &[("р", "p"), ("а", "a"), ("у", "y")], "paypal"),
    ("paypaI", &[("I", "l")], "paypal"),
    ("Iris", &[("I", "l")], "lrls"),
    ("ann", &[], "ann"),
    ("aΝn", &[("Ν", "N")], "ann"),
    ("Mia", &[("m", "rn")], "rnla"),
    ("rnia", &[], "rnla"),
    ("b0b", &[("0", "O")], "bob"),
    ("क्\u{200d}ष", &[], "क्ष"),
    ("क्ष", &[], "क्ष"),
    ("茶館", &[], "茶館"),
    ("Straße", &[], "strasse"),
    ("STRASSE", &[], "strasse"),
];

/// Names that came to the vectors later: what stands in a file keeps its place.
const ADDED: [(&str, &str); 2] = [("a sigma at the end", "Νίκος"), ("the same name in upper case", "ΝΊΚΟΣ")];

#[test]
fn names_are_composed_refused_and_compared() {
    let longest = "a".repeat(64);
    let parts = "\u{1100}\u{1161}\u{11a8}".repeat(21);
    let too_long = "a".repeat(65);
    let lengths = [
        ("the longest", longest.as_str()),
        ("one octet too many", &too_long),
        ("long in parts, and short enough as it is kept", &parts),
    ];
    let kept_as = |(about, given): (&str, &str)| {
        let composed = name::composed(given).ok();
        let folded = composed.as_deref().map(name::fold);
        json!({ "name": about, "given": given, "composed": composed, "folded": folded })
    };
    let mut vectors: Vec<Value> = GIVEN.into_iter().chain(lengths).map(kept_as).collect();
    for (given, prototypes, skeleton) in LOOKS {
        let prototypes: Value =
            prototypes.iter().map(|(c, p)| ((*c).to_owned(), json!(p))).collect::<serde_json::Map<_, _>>().into();
        vectors.push(json!({ "name": format!("the looks of {given}"), "given": given, "prototypes": prototypes, "skeleton": skeleton }));
    }
    vectors.extend(ADDED.map(kept_as));
    let joining: serde_json::Map<_, _> = JOINING.iter().map(|(c, ty)| ((*c).to_owned(), json!(ty))).collect();
    vectors
        .iter_mut()
        .filter(|vector| vector["given"].as_str().is_some_and(|given| given.contains(['\u{200c}', '\u{200d}'])))
        .for_each(|vector| {
            let given = vector["given"].as_str().unwrap_or_default().to_owned();
            let used =
                joining.iter().filter(|(c, _)| given.contains(c.as_str())).map(|(c, ty)| (c.clone(), ty.clone()));
            vector["joining"] = Value::Object(used.collect());
        });
    kept(
        "names.json",
        "Names, PROTOCOL.md \"Names\": what is given, and what it is kept as and found by, or null if it is none; what it looks like.",
        vectors,
    );
}
