//! Handshake, cookies, sealing, replay window.
