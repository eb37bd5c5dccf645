//! Events for asynchronous programs.

use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::thread;

use futures_channel::mpsc;
use futures_core::Stream;

use super::error::ConnectError;
use super::event::Event;
use super::events::Events;

/// [`Events`] as a stream: a thread waits, any executor polls. One event at a time is on its way: asking for the next one says,
/// as ever, that the one before is dealt with.
///
/// ```no_run
/// use std::future::poll_fn;
/// use std::pin::Pin;
///
/// use chinwag_client::{Client, ConnectError, Event, Events};
/// use futures_core::Stream as _;
///
/// /// Runs on any executor. (With the crate `futures-util`, the loop is `while let Some(event) = events.next().await`.)
/// async fn echo(client: Client, events: Events) -> Result<(), ConnectError> {
///     let mut events = events.stream()?;
///     while let Some(event) = poll_fn(|context| Pin::new(&mut events).poll_next(context)).await {
///         match event {
///             Event::Message(said) if !said.is_own => drop(client.say(&said.room, said.text().unwrap_or("what?"))),
///             Event::Ended(error) => return Err(error),
///             _ => {}
///         }
///     }
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct EventStream {
    queue: mpsc::UnboundedReceiver<Event>,
    wanted: Arc<Wanted>,
    /// The thread was asked for one that has not come yet.
    is_asked: bool,
}

/// What the thread waits for.
#[derive(Debug, Default)]
struct Wanted {
    state: Mutex<Want>,
    changed: Condvar,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Want {
    #[default]
    Nothing,
    One,
    End,
}

impl Events {
    /// The events as a stream, for asynchronous programs.
    ///
    /// # Errors
    /// [`ConnectError::System`]: the system refuses a thread.
    pub fn stream(mut self) -> Result<EventStream, ConnectError> {
        let (out, queue) = mpsc::unbounded();
        let wanted = Arc::new(Wanted::default());
        let asked = Arc::clone(&wanted);
        let run = move || {
            while asked.wait() {
                let Some(event) = self.next() else { return };
                if out.unbounded_send(event).is_err() {
                    return;
                }
            }
        };
        thread::Builder::new().name("events".to_owned()).spawn(run).map_err(ConnectError::System)?;
        Ok(EventStream { queue, wanted, is_asked: false })
    }
}

impl Wanted {
    fn set(&self, want: Want) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = want;
        self.changed.notify_all();
    }

    /// Waits until an event is wanted. False: none will be any more.
    fn wait(&self) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while *state == Want::Nothing {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let goes_on = *state == Want::One;
        if goes_on {
            *state = Want::Nothing;
        }
        goes_on
    }
}

impl Stream for EventStream {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Event>> {
        if !std::mem::replace(&mut self.is_asked, true) {
            self.wanted.set(Want::One);
        }
        let polled = Pin::new(&mut self.queue).poll_next(context);
        if polled.is_ready() {
            self.is_asked = false;
        }
        polled
    }
}

impl Drop for EventStream {
    fn drop(&mut self) {
        self.wanted.set(Want::End);
    }
}
