//! The JSON that goes to the program and comes back: docs/auth.md, version 1.

use chinwag_proto::wire::message::Secret;
use serde::{Deserialize, Serialize};

use chinwag_server::{Ask, Verdict};

/// The version of what is said.
const VERSION: u32 = 1;

/// A question.
#[derive(Serialize)]
struct Question<'a> {
    version: u32,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<&'a str>,
}

/// An answer. What is not known here is passed over: a program may be written for a newer server.
#[derive(Deserialize)]
struct Answer {
    version: u32,
    verdict: Word,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    roles: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Word {
    Yes,
    No,
}

/// What the program reads: one line. It is a secret if there is a password in it.
pub(super) fn question(ask: &Ask) -> Secret {
    let password = ask.password.as_ref().map(Secret::reveal);
    // Long enough for every octet to be escaped: a text that grows leaves copies of itself behind.
    let longest = 64 + 6 * (ask.name.len() + password.map_or(0, str::len));
    let mut line = Vec::with_capacity(longest);
    // Memory takes all, and JSON is text.
    let _ = serde_json::to_writer(&mut line, &Question { version: VERSION, name: &ask.name, password });
    line.push(b'\n');
    Secret::from(String::from_utf8(line).unwrap_or_default())
}

/// What the program's answer means.
pub(super) fn verdict(answer: &[u8]) -> Verdict {
    match serde_json::from_slice::<Answer>(answer) {
        Err(error) => Verdict::Failed { why: format!("its answer makes no sense: {error}") },
        Ok(Answer { version, .. }) if version != VERSION => {
            Verdict::Failed { why: format!("its answer is of version {version}, and {VERSION} is meant") }
        }
        Ok(Answer { verdict: Word::No, .. }) => Verdict::No,
        Ok(Answer { verdict: Word::Yes, name, roles, .. }) => {
            // Nobody becomes more than a moderator by it; other roles mean nothing here.
            Verdict::Yes { name, is_moderator: roles.iter().any(|role| role == "moderator") }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_one_line_of_json_and_a_password_is_in_it_only_if_there_is_one() {
        let by_name = Ask { name: "zoë*)(".into(), password: None };
        assert_eq!(question(&by_name).reveal(), "{\"version\":1,\"name\":\"zoë*)(\"}\n");
        let password = Some(Secret::from(String::from("a\"b\n\u{0}c")));
        let line = question(&Ask { name: "ann".into(), password });
        assert_eq!(line.reveal(), "{\"version\":1,\"name\":\"ann\",\"password\":\"a\\\"b\\n\\u0000c\"}\n");
        assert!(!format!("{line:?}").contains("ann"), "nobody's log has it");
    }

    #[test]
    fn an_answer_is_yes_or_no_and_all_else_is_a_failure() {
        let yes = |name: Option<&str>, is_moderator| Verdict::Yes { name: name.map(str::to_owned), is_moderator };
        let said = |answer: &str| verdict(answer.as_bytes());
        assert_eq!(said(r#"{"version":1,"verdict":"yes"}"#), yes(None, false));
        assert_eq!(
            said("{\"version\":1,\"verdict\":\"yes\",\"name\":\"ann\",\"later\":{}}\n"),
            yes(Some("ann"), false)
        );
        assert_eq!(said(r#"{"version":1,"verdict":"yes","roles":["staff","moderator"]}"#), yes(None, true));
        assert_eq!(said(r#"{"version":1,"verdict":"yes","roles":["owner","admin","Moderator"]}"#), yes(None, false));
        assert_eq!(said(r#"{"version":1,"verdict":"no","roles":["moderator"]}"#), Verdict::No);
        for answer in [
            "",
            "yes",
            "true",
            "{}",
            r#"{"verdict":"yes"}"#,
            r#"{"version":2,"verdict":"yes"}"#,
            r#"{"version":1,"verdict":"maybe"}"#,
            r#"{"version":1,"verdict":true}"#,
            r#"{"version":1,"verdict":"yes"}{"version":1,"verdict":"no"}"#,
            r#"{"version":1,"verdict":"no","verdict":"yes"}"#,
            "{\"version\":1,\"verdict\":\"y\u{0}es\"}",
        ] {
            assert!(matches!(said(answer), Verdict::Failed { .. }), "{answer}");
        }
        assert!(matches!(verdict(b"\xff\xfe"), Verdict::Failed { .. }));
    }
}
