//! What discovery prints for programs is what docs/json.md says.

use rustix::process::Signal;
use serde_json::Value;

use crate::hosts::Subnet;
use crate::json_page::{check_object, check_rows, measured};
use crate::process::Process;
use crate::{serve, typed};

#[test]
fn servers_and_their_end_are_printed_as_documented() {
    let Some(subnet) = Subnet::new(2) else { return };
    let scratch = tempfile::tempdir().expect("a folder");
    let (server, _) = serve(&subnet, 1, &scratch.path().join("server"), &["--name", "lab"]);
    let client = scratch.path().join("client");
    let mut watch = Process::merged(typed(&subnet, 2, &client, &["find", "--watch", "--json"]));
    check_rows("Servers", &watch.until("\"name\":\"lab\""));
    server.signal(Signal::INT);
    let gone = watch.until("\"gone\":true");
    check_rows("Servers that are gone", &gone);
    let gone: Value = serde_json::from_str(&gone).expect("JSON");
    assert_eq!((&gone["gone"], &gone["name"]), (&true.into(), &"lab".into()));
}

#[test]
fn findings_are_printed_as_documented_well_or_not() {
    let Some(subnet) = Subnet::new(2) else { return };
    let scratch = tempfile::tempdir().expect("a folder");
    let (_server, _) = serve(&subnet, 1, &scratch.path().join("server"), &[]);
    let args = ["doctor", "--json", "10.70.0.1"];
    let (_, said) = Process::merged(typed(&subnet, 2, &scratch.path().join("client"), &args)).finish();
    check_rows("Findings", &said);
}

#[test]
fn how_soon_a_server_is_found_is_printed_as_documented() {
    let Some(subnet) = Subnet::new(1) else { return };
    let scratch = tempfile::tempdir().expect("a folder");
    let bench = ["bench", "find", "--tries", "2", "--json"];
    let (code, said) = Process::merged(typed(&subnet, 1, &scratch.path().join("home"), &bench)).finish();
    assert_eq!(code, Some(0), "{said}");
    let report = said.lines().find(|line| line.starts_with('{')).expect("an object");
    let report: Value = serde_json::from_str(report).expect("JSON");
    check_object("bench find", &measured("bench find"), report.as_object().expect("an object"));
}
