//! The interfaces of this machine, as the system tells of them.

use std::io;

use if_addrs::IfAddr;

use chinwag_node::interface::{Interface, directed_broadcast};

/// The interfaces that are up, one for each of their addresses, in order of their numbers.
///
/// # Errors
/// What the system said.
pub fn interfaces() -> io::Result<Vec<Interface>> {
    let mut all: Vec<_> = if_addrs::get_if_addrs()?
        .into_iter()
        .filter(if_addrs::Interface::is_oper_up)
        .map(|told| {
            let index = told.index.unwrap_or(0);
            match told.addr {
                IfAddr::V4(v4) => {
                    // An address that was set without one has it all the same: the system receives what is sent there.
                    let told =
                        v4.broadcast.filter(|addr| *addr != v4.ip && !addr.is_unspecified() && !v4.ip.is_loopback());
                    let broadcast = told.or_else(|| directed_broadcast(v4.ip, v4.prefixlen));
                    Interface { index, addr: v4.ip.into(), prefix_len: v4.prefixlen, broadcast }
                }
                IfAddr::V6(v6) => Interface { index, addr: v6.ip.into(), prefix_len: v6.prefixlen, broadcast: None },
            }
        })
        .collect();
    all.sort();
    all.dedup();
    Ok(all)
}

/// The names of the interfaces of this machine, and their numbers, in order of these. Those without any address are missing.
pub(super) fn names() -> Vec<(String, u32)> {
    let all = if_addrs::get_if_addrs().unwrap_or_default();
    let mut names: Vec<_> = all.into_iter().filter_map(|told| Some((told.index?, told.name))).collect();
    names.sort();
    names.dedup();
    names.into_iter().map(|(index, name)| (name, index)).collect()
}
