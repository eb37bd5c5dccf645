//! Says in a room what is posted to a small web server: for programs that can send an HTTP request and nothing else.
//!
//! `cargo run --example webhook -- lan:lab builds 127.0.0.1:8099`, then `curl -d 'build 7 is green' http://127.0.0.1:8099/`. The
//! answer is 204 when the message is stored, and 503 while it is only kept on this device; either way it is said once.
//! Without arguments it hosts a chat in this process, posts to itself, and ends.
#![expect(clippy::print_stdout, clippy::print_stderr, clippy::disallowed_methods, reason = "a small program")]

use std::error::Error;
use std::io::{self, Read, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use chinwag::client::{Client, Device, PostError, Trust};
use chinwag::host::Brief;

/// What a request may be, head and body, in octets.
const REQUEST_MAX: usize = 16_384;
/// How long whoever posts may take, and how long the answer may.
const PATIENCE: Duration = Duration::from_secs(5);

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<_> = std::env::args().skip(1).collect();
    if let [server, room, listen] = args.as_slice() {
        let to = Device::open("webhook.home")?.server(server)?.name("webhook");
        let (client, events) = to.trust(Trust::New).connect()?;
        drop(events);
        return serve(&client, room, &TcpListener::bind(listen)?, None);
    }
    let server = Brief::start()?;
    let to = Device::in_memory()?.server(&server.address().to_string())?.name("webhook");
    let (client, events) = to.trust(Trust::New).connect()?;
    drop(events);
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut caller = TcpStream::connect(listener.local_addr()?)?;
    caller.write_all(b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 16\r\n\r\nbuild 7 is green")?;
    serve(&client, "builds", &listener, Some(1))?;
    let mut answer = String::new();
    caller.read_to_string(&mut answer)?;
    println!("{}", answer.lines().next().unwrap_or_default());
    Ok(())
}

/// Answers requests one after the other, for ever or so many.
fn serve(client: &Client, room: &str, listener: &TcpListener, count: Option<usize>) -> Result<(), Box<dyn Error>> {
    client.join(room);
    for stream in listener.incoming().take(count.unwrap_or(usize::MAX)) {
        let mut stream = stream?;
        let status = match read(&mut stream) {
            Ok(Some(text)) if !text.trim().is_empty() => match client.say(room, text.trim_end()).wait(PATIENCE) {
                Ok(_) => "204 No Content",
                Err(PostError::TimedOut | PostError::Stopped) => "503 Service Unavailable",
                Err(PostError::Refused(_)) => "422 Unprocessable Content",
            },
            Ok(_) => "400 Bad Request",
            Err(error) => {
                eprintln!("{error}");
                continue;
            }
        };
        // Whoever has gone needs no answer.
        let _ = write!(stream, "HTTP/1.1 {status}\r\nConnection: close\r\n\r\n");
    }
    Ok(())
}

/// The body of a request; none if it is no POST with a body of text.
fn read(stream: &mut TcpStream) -> io::Result<Option<String>> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut request = Vec::new();
    let mut chunk = [0; 1_024];
    loop {
        let mut headers = [httparse::EMPTY_HEADER; 32];
        let mut head = httparse::Request::new(&mut headers);
        match head.parse(&request) {
            Ok(httparse::Status::Complete(begin)) => {
                let length = head.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
                let length = length.and_then(|header| std::str::from_utf8(header.value).ok()?.trim().parse().ok());
                let Some(end) = length.and_then(|length: usize| begin.checked_add(length)) else { return Ok(None) };
                if head.method != Some("POST") || end > REQUEST_MAX {
                    return Ok(None);
                }
                if request.len() >= end {
                    return Ok(String::from_utf8(request[begin..end].to_vec()).ok());
                }
            }
            Ok(httparse::Status::Partial) if request.len() < REQUEST_MAX => {}
            Ok(httparse::Status::Partial) | Err(_) => return Ok(None),
        }
        match stream.read(&mut chunk)? {
            0 => return Ok(None),
            read => request.extend_from_slice(&chunk[..read]),
        }
    }
}
