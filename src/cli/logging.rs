//! The log: `log` and `env_logger` to stderr, every message made harmless, and never into the row that is being typed.

use std::io::{self, Write};
use std::sync::Mutex;
use std::sync::mpsc::SyncSender;

use env_logger::{Builder, Env, Target};

use crate::render::render_text;

use super::event::Event;

/// Where log lines go while a line editor owns the terminal.
static ELSEWHERE: Mutex<Option<SyncSender<Event>>> = Mutex::new(None);

/// Starts the log. `RUST_LOG` has the last word; otherwise a server tells its doings, the others only warnings.
pub(super) fn start(is_server: bool) {
    let level = if is_server { "info" } else { "warn" };
    Builder::from_env(Env::default().default_filter_or(level))
        .format(|out, record| {
            let level = record.level();
            let style = out.default_level_style(level);
            let message = record.args().to_string();
            writeln!(out, "{} {style}{level:<5}{style:#} {}", out.timestamp_millis(), render_text(&message))
        })
        .target(Target::Pipe(Box::new(Log)))
        .write_style(style())
        .init();
}

/// Sends the log's lines there from now on, instead of to stderr; `None`: to stderr again.
pub(super) fn divert(to: Option<SyncSender<Event>>) {
    *ELSEWHERE.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = to;
}

/// Colours only where a person looks and did not say no (<https://no-color.org>).
fn style() -> env_logger::WriteStyle {
    let wanted = super::output::colours_wanted() && io::IsTerminal::is_terminal(&io::stderr());
    if wanted { env_logger::WriteStyle::Always } else { env_logger::WriteStyle::Never }
}

struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let elsewhere = ELSEWHERE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match &*elsewhere {
            Some(events) => {
                let line = String::from_utf8_lossy(bytes).trim_end().to_owned();
                // Whoever logs may be the one that should take events: rather lose a line than wait.
                let _ = events.try_send(Event::Log(line));
            }
            None => io::stderr().write_all(bytes)?,
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
