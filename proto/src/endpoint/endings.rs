//! A sink for whoever polls an endpoint and asks afterwards which sessions have ended.

use alloc::vec::Vec;

use super::{Ended, Event, SessionId, Sink};

/// Keeps which sessions ended, and nothing else that is told.
///
/// This is the sink for [`super::Endpoint::poll`]: while a datagram is written a session may end, and nothing else happens.
#[derive(Debug, Default)]
pub struct Endings(Vec<(SessionId, Ended)>);

impl Endings {
    /// A session that ended, and why; each once.
    pub fn pop(&mut self) -> Option<(SessionId, Ended)> {
        self.0.pop()
    }
}

impl Sink for Endings {
    fn event(&mut self, event: Event<'_>) {
        if let Event::Ended { session, why } = event {
            self.0.push((session, why));
        }
    }
}
