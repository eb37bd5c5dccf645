//! The simulator, as a user of the library runs it.

mod planted;
mod roaming;
mod seeds;
