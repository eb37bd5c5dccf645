//! Two endpoints and the datagrams between them, in virtual time.
