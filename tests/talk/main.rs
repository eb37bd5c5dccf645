//! A server and clients, coupled directly: virtual time, a list of datagrams for a network, a store in memory for a disk.
//! What people see is written down as a transcript and compared.

mod scenes;
mod society;
mod town;
