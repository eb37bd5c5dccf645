//! The command `chinwag`.
fn main() {}
