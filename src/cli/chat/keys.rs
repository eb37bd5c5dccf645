//! Keys, pastes and new sizes of the terminal, read on a thread until nobody wants them any more: what is typed after that is
//! for whoever asks next.

use std::io;
use std::sync::mpsc::{SyncSender, TrySendError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::super::echo;
use super::super::event::Event;
use super::burst::Burst;

/// How long a face that is behind is left alone.
const MOMENT: Duration = Duration::from_millis(20);

/// The reader; it has ended when this is dropped.
pub(super) struct Keys {
    stop: Stop,
    thread: Option<JoinHandle<()>>,
}

impl Keys {
    /// Reads into `events` from now on.
    pub(super) fn read(events: SyncSender<Event>) -> io::Result<Self> {
        let (mut wait, stop) = waiting()?;
        let read = move || {
            loop {
                match wait.next() {
                    Next::Key => {}
                    Next::Discard => {
                        let kept = discard().into_iter().map(Event::Terminal);
                        if !kept.chain([Event::Discarded]).all(|event| give(event, &events, &wait)) {
                            return;
                        }
                        continue;
                    }
                    Next::Stop => return,
                    // The terminal was closed: as if it had been asked to end, which it may have been, or not.
                    Next::HungUp => return drop(events.send(Event::Interrupt)),
                }
                let mut burst = Burst::default();
                let mut is_over = false;
                while !is_over {
                    let happened = if crossterm::event::poll(burst.patience()).unwrap_or(false) {
                        let Ok(event) = crossterm::event::read() else { return };
                        burst.take(event)
                    } else {
                        is_over = true;
                        burst.end()
                    };
                    for event in happened {
                        if !give(Event::Terminal(event), &events, &wait) {
                            return;
                        }
                    }
                }
            }
        };
        Ok(Self { stop, thread: Some(thread::Builder::new().name("keys".to_owned()).spawn(read)?) })
    }

    /// What was typed up to now and not given yet is to be nothing: [`Event::Discarded`] comes after the last key from before. False
    /// if nothing comes any more.
    pub(super) fn discard(&mut self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished()) && self.stop.discard()
    }
}

/// Gives an event to the face. A face that is behind holds up the keys, but not the end. False if nobody wants them any more.
fn give(mut event: Event, events: &SyncSender<Event>, wait: &Wait) -> bool {
    while let Err(full) = events.try_send(event) {
        match full {
            TrySendError::Full(back) if wait.is_wanted_after_a_moment() => event = back,
            TrySendError::Full(_) | TrySendError::Disconnected(_) => return false,
        }
    }
    true
}

/// Discards what the terminal holds, and what the library has read ahead. Gives a new size, which nobody has typed.
fn discard() -> Option<crossterm::event::Event> {
    echo::discard_typed();
    let mut resized = None;
    while crossterm::event::poll(Duration::ZERO).unwrap_or(false) {
        let Ok(event) = crossterm::event::read() else { break };
        resized = Some(event).filter(|event| matches!(event, crossterm::event::Event::Resize(..))).or(resized);
    }
    resized
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.stop.stop();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            log::error!("the reader of keys has ended by a panic");
        }
    }
}

/// What a wait ends with.
enum Next {
    /// There may be something to read.
    Key,
    /// What can be read is to be discarded.
    Discard,
    /// Nobody wants it any more.
    Stop,
    /// There is no terminal any more.
    HungUp,
}

#[cfg(target_os = "linux")]
use by_descriptors::{Stop, Wait, waiting};

/// Waits on the terminal itself, and on a pipe that ends the waiting: what was not read stays where it is.
#[cfg(target_os = "linux")]
mod by_descriptors {
    use std::io::{self, PipeReader, PipeWriter, Read as _, Write as _, pipe};
    use std::os::unix::net::UnixStream;

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use signal_hook::SigId;
    use signal_hook::consts::SIGWINCH;

    use super::{MOMENT, Next};

    pub(super) struct Wait {
        stopped: PipeReader,
        resized: UnixStream,
        winch: SigId,
    }

    /// Ends a wait: an octet discards, and the end of the pipe is the end.
    pub(super) struct Stop(Option<PipeWriter>);

    impl Stop {
        pub(super) fn stop(&mut self) {
            self.0 = None;
        }

        pub(super) fn discard(&mut self) -> bool {
            self.0.as_mut().is_some_and(|pipe| pipe.write_all(&[0]).is_ok())
        }
    }

    pub(super) fn waiting() -> io::Result<(Wait, Stop)> {
        let (stopped, stop) = pipe()?;
        let (resized, write) = UnixStream::pair()?;
        resized.set_nonblocking(true)?;
        // So that the library listens for new sizes before the first one comes.
        let _ = crossterm::event::poll(std::time::Duration::ZERO);
        let winch = signal_hook::low_level::pipe::register(SIGWINCH, write)?;
        Ok((Wait { stopped, resized, winch }, Stop(Some(stop))))
    }

    impl Wait {
        /// Waits until there may be something.
        pub(super) fn next(&mut self) -> Next {
            let stdin = io::stdin();
            let mut all = [
                PollFd::new(&self.stopped, PollFlags::IN),
                PollFd::new(&stdin, PollFlags::IN),
                PollFd::new(&self.resized, PollFlags::IN),
            ];
            match poll(&mut all, None) {
                Err(rustix::io::Errno::INTR) => return Next::Key,
                Err(_) => return Next::Stop,
                Ok(_) => {}
            }
            let (told, is_resized) = (all[0].revents(), !all[2].revents().is_empty());
            let is_gone = all[1].revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL);
            if is_resized {
                let _ = self.resized.read(&mut [0; 64]);
            }
            let is_discarded = told.contains(PollFlags::IN) && self.stopped.read(&mut [0]).is_ok_and(|len| len > 0);
            match (told.is_empty(), is_gone) {
                _ if is_discarded => Next::Discard,
                (false, _) => Next::Stop,
                (true, true) => Next::HungUp,
                (true, false) => Next::Key,
            }
        }
    }

    impl Wait {
        /// Waits a moment. False if nobody wants it any more.
        pub(super) fn is_wanted_after_a_moment(&self) -> bool {
            let moment = Timespec::try_from(MOMENT).unwrap_or_default();
            // An octet that waits there is no end.
            let mut stopped = [PollFd::new(&self.stopped, PollFlags::empty())];
            poll(&mut stopped, Some(&moment)).is_ok_and(|ready| ready == 0)
        }
    }

    impl Drop for Wait {
        fn drop(&mut self) {
            signal_hook::low_level::unregister(self.winch);
        }
    }
}

#[cfg(not(target_os = "linux"))]
use by_turns::{Stop, Wait, waiting};

/// Looks now and then whether it is still wanted; a key that comes in that moment may be lost.
#[cfg(not(target_os = "linux"))]
mod by_turns {
    use std::io;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    use super::Next;

    const TURN: Duration = Duration::from_millis(250);

    #[derive(Default)]
    struct Told {
        is_stopped: AtomicBool,
        is_discarded: AtomicBool,
    }

    pub(super) struct Wait(Arc<Told>);

    /// Ends a wait.
    pub(super) struct Stop(Arc<Told>);

    impl Stop {
        pub(super) fn stop(&mut self) {
            self.0.is_stopped.store(true, Ordering::Release);
        }

        pub(super) fn discard(&mut self) -> bool {
            self.0.is_discarded.store(true, Ordering::Release);
            true
        }
    }

    pub(super) fn waiting() -> io::Result<(Wait, Stop)> {
        let told = Arc::new(Told::default());
        Ok((Wait(Arc::clone(&told)), Stop(told)))
    }

    impl Wait {
        /// Waits until there may be something.
        pub(super) fn next(&mut self) -> Next {
            match crossterm::event::poll(TURN) {
                _ if self.0.is_stopped.load(Ordering::Acquire) => Next::Stop,
                _ if self.0.is_discarded.swap(false, Ordering::AcqRel) => Next::Discard,
                Ok(_) => Next::Key,
                Err(_) => Next::HungUp,
            }
        }

        /// Waits a moment. False if nobody wants it any more.
        pub(super) fn is_wanted_after_a_moment(&self) -> bool {
            std::thread::park_timeout(super::MOMENT);
            !self.0.is_stopped.load(Ordering::Acquire)
        }
    }
}
