//! When two names can be taken for one another.

use chinwag_proto::wire::message::name;
use unicode_security::confusable_detection::skeleton;

/// What confusable names have in common: the skeleton (UTS 39, section 4), folded, and the same once more, with every `i` an
/// `l`. `paypal` and `раураl` (Cyrillic) have the same one. Capitals have looks of their own, which folding would hide: a Greek
/// `Ν` looks like an N, and a capital I, which is an i where names are compared, like an l.
#[must_use]
pub fn confusable(wanted: &str) -> String {
    let bare = |name: &str| name::fold(&skeleton(name).collect::<String>());
    bare(&bare(wanted)).replace('i', "l")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_alike_has_one_skeleton() {
        assert_eq!(confusable("paypal"), confusable("раураl"), "Cyrillic");
        assert_eq!(confusable("Ann"), confusable("ann"));
        assert_eq!(confusable("paypal"), confusable("paypaI"), "a capital I");
        assert_eq!(confusable("Iris"), confusable("іrіs"), "and small ones of another script");
        assert_eq!(confusable("ann"), confusable("aΝn"), "a Greek capital");
        assert_eq!(confusable("Mia"), confusable("rnia"), "two letters for one");
        assert_eq!(confusable("b0b"), confusable("bOb"), "a digit for a letter");
        assert_ne!(confusable("ann"), confusable("anne"));
        assert_ne!(confusable("茶館"), confusable("茶屋"));
    }
}
