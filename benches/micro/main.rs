//! Micro-benchmarks of the hot path: `cargo bench`. What a room costs over real sockets is `chinwag bench fanout`.

#[path = "../../tests/support/pair.rs"]
mod pair;
#[path = "../../tests/support/room.rs"]
mod roomful;
#[path = "../../tests/support/writes.rs"]
mod writes;

mod link;
mod room;
mod screen;
mod seal;
mod store;
mod wire;

fn main() {
    divan::main();
}
