//! Discovery on a wire of its own: machines with interfaces, datagrams that take half a millisecond, and seeds.

mod flood;
mod hosts;
mod lan;
mod pages;
mod twins;
