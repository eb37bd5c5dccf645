//! A number that a server has counted, and what it says.

/// What kind of number a counter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CounterKind {
    /// The value is so now, and may be less later.
    Gauge,
    /// The value was counted since the start, and only grows.
    Total,
}

/// A number, and what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counter {
    /// What it is called in JSON.
    pub key: &'static str,
    /// What it is called on the page of metrics, without what all names there begin and end with.
    pub name: &'static str,
    /// What it says: a sentence for people.
    pub help: &'static str,
    /// What kind of number it is.
    pub kind: CounterKind,
    /// The number.
    pub value: u64,
}
