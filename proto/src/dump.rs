//! One line per datagram.
