//! The command language of line mode: what a person types, and what to say when it is not understood.

mod commands;
mod error;
mod line;
mod rest;
mod span;

use chinwag_proto::wire::message::visible;

use rest::Rest;

pub use commands::{COMMANDS, Command, find};
pub use error::{Missing, ParseError, Takes, Wanted};
pub use line::{Line, Past, Restraint, Which};
pub use span::{SpanError, span};

/// Reads a line as it was typed, without its end.
///
/// # Errors
/// What is wrong with it.
pub fn parse(line: &str) -> Result<Line, ParseError> {
    if visible::is_blank(line) {
        return Ok(Line::Blank);
    }
    let Some(rest) = line.strip_prefix('/') else { return Ok(Line::Say(line.to_owned())) };
    if rest.starts_with('/') {
        return Ok(Line::Say(rest.to_owned()));
    }
    let (typed, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    if typed == "me" {
        return Err(ParseError::Elsewhere("me"));
    }
    let command = commands::of(typed).ok_or_else(|| ParseError::Unknown(typed.to_owned()))?;
    command.read(Rest(rest.trim()))
}

#[cfg(test)]
mod tests;
