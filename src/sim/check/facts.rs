//! Facts of rooms converge: once the network is well, every device in a room shows those that the store has.

use chinwag_proto::wire::message::Facts;

use super::{Findings, Promise};

/// Compares what a device shows with what is stored.
pub fn check(reader: &str, room: &str, shown: &Facts, stored: &Facts, findings: &mut Findings) {
    for fact in stored.news(shown) {
        findings.add(Promise::Facts, format!("{reader} shows {shown:?} of {room}, where it is {fact:?}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chinwag_proto::wire::id::RoomSeq;

    #[test]
    fn a_device_that_shows_another_fact_is_found() {
        let facts = |pins: &[u64], slow_s| Facts {
            pins: pins.iter().copied().map(RoomSeq).collect(),
            slow_s,
            ..Facts::default()
        };
        let found = |shown: Facts, stored: Facts| {
            let mut findings = Findings::default();
            check("c1", "lobby", &shown, &stored, &mut findings);
            findings.into_list().len()
        };
        assert_eq!((found(facts(&[], 0), facts(&[], 0)), found(facts(&[3, 7], 9), facts(&[3, 7], 9))), (0, 0));
        assert_eq!((found(facts(&[3], 0), facts(&[3, 7], 0)), found(facts(&[3], 0), facts(&[], 0))), (1, 1));
        assert_eq!(found(facts(&[4], 0), facts(&[3], 9)), 2);
    }
}
