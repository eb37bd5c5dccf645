//! Metrics over HTTP, for Prometheus and its like: threads of its own, few connections at a time, short waits, small requests.
//! It reads nothing but counters, and there is nothing that could be asked for beside them.

mod http;
mod page;

use std::io;
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use super::StatusSource;
use super::visitors::welcome;
use http::{Answer, serve};

/// How long a server may take to count.
const COUNTED_WITHIN: Duration = Duration::from_secs(2);

/// Answers on this socket, until the process ends.
///
/// # Errors
/// The system refuses a thread.
pub fn serve_metrics(listener: TcpListener, statuses: StatusSource) -> io::Result<()> {
    let answer = move |path: &str| match path.split('?').next() {
        Some("/metrics") => match statuses.ask(COUNTED_WITHIN) {
            Some(status) => Answer::Page(page::of(status)),
            None => Answer::Busy,
        },
        _ => Answer::Nothing,
    };
    let run = move || {
        welcome(listener.incoming(), "metrics", move |stream, visit| {
            serve(stream, &|path| visit.busy(|| answer(path)))
        });
    };
    thread::Builder::new().name("metrics".to_owned()).spawn(run).map(drop)
}
