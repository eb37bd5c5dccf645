//! Pins converge: once the network is well, every device in a room shows those pinned that the store has.

use chinwag_proto::wire::id::RoomSeq;

use super::{Findings, Promise};

/// Compares what a device shows with what is stored.
pub fn check(reader: &str, room: &str, shown: &[RoomSeq], stored: &[RoomSeq], findings: &mut Findings) {
    if shown != stored {
        let what = format!("{reader} shows {shown:?} pinned in {room}, and it is {stored:?}");
        findings.add(Promise::Pins, what);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_shows_another_pin_is_found() {
        let found = |shown: &[u64], stored: &[u64]| {
            let [shown, stored] = [shown, stored].map(|pins| pins.iter().copied().map(RoomSeq).collect::<Vec<_>>());
            let mut findings = Findings::default();
            check("c1", "lobby", &shown, &stored, &mut findings);
            findings.into_list().len()
        };
        assert_eq!((found(&[], &[]), found(&[3, 7], &[3, 7])), (0, 0));
        assert_eq!((found(&[3], &[3, 7]), found(&[3], &[]), found(&[4], &[3])), (1, 1, 1));
    }
}
