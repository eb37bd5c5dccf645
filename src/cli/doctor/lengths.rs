//! How long a datagram may be that this machine sends to an address: its own firewall, or an interface, may refuse longer ones.

use std::io;
use std::net::{Ipv6Addr, SocketAddr};

use chinwag_proto::limits::{DATAGRAM_MAX_LEN, VERSION};

use crate::net;

/// A datagram of no kind, in this version: whoever gets it drops it, and answers nothing.
const OF_NO_KIND: u8 = VERSION << 4;
/// Both ends of what was found are tried so often again.
const AGAIN: usize = 3;

/// Which datagrams this machine sends to an address.
#[derive(Debug)]
pub(super) enum Lengths {
    /// Those of every length that chat uses, or it is not for their length if it refuses some.
    All,
    /// None that is longer, in octets of UDP payload, for this reason. It sends the shorter ones.
    UpTo(usize, io::Error),
    /// None, for this reason.
    None(io::Error),
}

impl Lengths {
    /// Finds it out, with some twenty datagrams, of which those that leave mean nothing to whoever is there.
    pub(super) fn to(addr: SocketAddr) -> Self {
        let datagram = [OF_NO_KIND; DATAGRAM_MAX_LEN];
        match net::bind((Ipv6Addr::UNSPECIFIED, 0).into()) {
            Ok(socket) => Self::found(|len| socket.send(addr, None, &datagram[..len])),
            // Without a socket there was no measurement, either.
            Err(_) => Self::All,
        }
    }

    fn found(mut send: impl FnMut(usize) -> io::Result<()>) -> Self {
        let Err(mut error) = send(DATAGRAM_MAX_LEN) else { return Self::All };
        if let Err(error) = send(1) {
            return Self::None(error);
        }
        let (mut sent, mut refused) = (1, DATAGRAM_MAX_LEN);
        while refused - sent > 1 {
            let len = usize::midpoint(sent, refused);
            match send(len) {
                Ok(()) => sent = len,
                Err(why) => (refused, error) = (len, why),
            }
        }
        // A firewall that counts refuses some of each length.
        let is_by_length = (0..AGAIN).all(|_| send(sent).is_ok() && send(refused).is_err());
        if is_by_length { Self::UpTo(sent, error) } else { Self::All }
    }
}

#[cfg(test)]
mod tests {
    use rustix::io::Errno;

    use super::*;

    fn refused() -> io::Error {
        Errno::PERM.into()
    }

    #[test]
    fn the_longest_datagram_that_leaves_is_found_to_the_octet() {
        for longest in [1, 2, 472, 547, 548, 549, DATAGRAM_MAX_LEN - 1] {
            let mut sent = 0;
            let found = Lengths::found(|len| {
                sent += 1;
                if len > longest { Err(refused()) } else { Ok(()) }
            });
            assert!(matches!(found, Lengths::UpTo(upto, _) if upto == longest), "{longest}: {found:?}");
            assert!(sent <= 20, "{sent} datagrams for {longest}");
        }
        assert!(matches!(Lengths::found(|_| Ok(())), Lengths::All));
        assert!(matches!(Lengths::found(|_| Err(refused())), Lengths::None(_)));
    }

    #[test]
    fn what_is_refused_now_and_then_is_not_refused_for_its_length() {
        for of in 2..9 {
            let mut sent = 0;
            let found = Lengths::found(|_| {
                sent += 1;
                if sent % of == 1 { Err(refused()) } else { Ok(()) }
            });
            assert!(matches!(found, Lengths::All), "the first of {of}: {found:?}");
        }
    }
}
