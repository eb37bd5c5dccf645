//! As much of HTTP/1.1 (RFC 9112) as a scraper needs: one request, one answer, and the connection is closed.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use chinwag_proto::time::Instant;

use super::page::CONTENT_TYPE;
use crate::drive::Clock;

/// Longest head of a request, in octets.
const HEAD_MAX_LEN: usize = 4 * 1024;
/// Most fields in it.
const FIELDS_MAX: usize = 32;
/// How long a connection may take, and an answer to go out.
const WITHIN: Duration = Duration::from_secs(2);

/// What there is at a path.
pub(super) enum Answer {
    /// This text.
    Page(String),
    /// Nothing now.
    Busy,
    /// Nothing ever.
    Nothing,
}

/// Serves one connection.
pub(super) fn serve(mut stream: &TcpStream, answer: &impl Fn(&str) -> Answer) -> io::Result<()> {
    stream.set_write_timeout(Some(WITHIN))?;
    let (clock, until) = (Clock::start(), Instant::EPOCH + WITHIN);
    let response = match request(stream, &clock, until)? {
        Request::Get(path) => response(answer(&path), true),
        Request::Head(path) => response(answer(&path), false),
        Request::Other => plain("405 Method Not Allowed", "only GET and HEAD are answered\n"),
        Request::Unfit => plain("400 Bad Request", "that is no HTTP request, or a long one\n"),
    };
    stream.write_all(response.as_bytes())?;
    // What is closed with something unread in it is reset, and the answer may be lost with it.
    stream.shutdown(Shutdown::Write)?;
    let mut rest = [0; HEAD_MAX_LEN];
    while read(stream, &mut rest, &clock, until)? > 0 {}
    Ok(())
}

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
enum Request {
    Get(String),
    Head(String),
    Other,
    Unfit,
}

/// Reads a request's head.
fn request(stream: &TcpStream, clock: &Clock, until: Instant) -> io::Result<Request> {
    let (mut head, mut len) = ([0; HEAD_MAX_LEN], 0);
    loop {
        match read(stream, &mut head[len..], clock, until)? {
            // It has ended, or is too long.
            0 => return Ok(Request::Unfit),
            more => len += more,
        }
        if let Some(request) = parse(&head[..len]) {
            return Ok(request);
        }
    }
}

/// Reads what there is, before all of a connection's time is over.
fn read(mut stream: &TcpStream, into: &mut [u8], clock: &Clock, until: Instant) -> io::Result<usize> {
    let left = until.since(clock.mono());
    if left.is_zero() {
        return Err(io::ErrorKind::TimedOut.into());
    }
    stream.set_read_timeout(Some(left))?;
    stream.read(into)
}

/// The request in these octets; `None`: it is not all there.
fn parse(head: &[u8]) -> Option<Request> {
    let mut fields = [httparse::EMPTY_HEADER; FIELDS_MAX];
    let mut request = httparse::Request::new(&mut fields);
    match request.parse(head) {
        Ok(httparse::Status::Partial) => None,
        Ok(httparse::Status::Complete(_)) => {
            let path = request.path.unwrap_or_default().to_owned();
            Some(match request.method {
                Some("GET") => Request::Get(path),
                Some("HEAD") => Request::Head(path),
                _ => Request::Other,
            })
        }
        Err(_) => Some(Request::Unfit),
    }
}

fn response(answer: Answer, with_body: bool) -> String {
    let (status, body) = match answer {
        Answer::Page(text) => ("200 OK", text),
        Answer::Busy => ("503 Service Unavailable", "the server does not answer\n".to_owned()),
        Answer::Nothing => ("404 Not Found", "the metrics are at /metrics\n".to_owned()),
    };
    let mut response = head(status, body.len());
    if with_body {
        response.push_str(&body);
    }
    response
}

fn plain(status: &str, body: &str) -> String {
    head(status, body.len()) + body
}

fn head(status: &str, len: usize) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Type: {CONTENT_TYPE}\r\nContent-Length: {len}\r\nConnection: close\r\n\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_understood_once_it_is_all_there() {
        assert_eq!(parse(b"GET /metrics HTTP/1.1\r\nHost: x\r\n"), None);
        assert_eq!(parse(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"), Some(Request::Get("/metrics".into())));
        assert_eq!(parse(b"HEAD / HTTP/1.0\r\n\r\n"), Some(Request::Head("/".into())));
        assert_eq!(parse(b"POST /metrics HTTP/1.1\r\n\r\n"), Some(Request::Other));
        assert_eq!(parse(b"\x16\x03\x01 hello"), Some(Request::Unfit));
        let many = format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(FIELDS_MAX + 1));
        assert_eq!(parse(many.as_bytes()), Some(Request::Unfit));
    }
}
