//! Numbers of octets, as people write and read them: `512MiB`, `1GiB`.

use std::fmt;
use std::str::FromStr;

use crate::render;

/// So many octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size(pub(super) u64);

const UNITS: [(&str, u32); 4] = [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)];

impl FromStr for Size {
    type Err = String;

    fn from_str(given: &str) -> Result<Self, String> {
        let unit = UNITS.iter().find_map(|(unit, bits)| given.strip_suffix(unit).map(|number| (number, *bits)));
        let (number, bits) = unit.unwrap_or((given, 0));
        let number: Option<u64> = number.trim().parse().ok();
        let octets = number.and_then(|number| number.checked_mul(1 << bits));
        octets.map(Self).ok_or_else(|| "a number of octets is meant: 512MiB, 1GiB, 0".to_owned())
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&render::size(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them_and_shown_in_one_unit() {
        let read = |given: &str| given.parse::<Size>().map(|size| size.0).ok();
        assert_eq!(
            [read("0"), read("512MiB"), read("1 GiB"), read("7")],
            [Some(0), Some(512 << 20), Some(1 << 30), Some(7)]
        );
        assert_eq!([read("1GB"), read("-1"), read("much"), read("99999999999TiB")], [None; 4]);
        let shown = |octets| Size(octets).to_string();
        assert_eq!([shown(12), shown(1 << 30), shown(1_600_000)], ["12 octets", "1 GiB", "1.5 MiB"]);
    }
}
