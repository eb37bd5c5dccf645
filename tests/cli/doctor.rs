//! The doctor on one machine: each thing that is wrong has its verdict, and the command that mends it.

use serde_json::Value;

use crate::process::{Ended, Scratch};

fn doctor(scratch: &Scratch, args: &[&str]) -> Ended {
    scratch.chinwag("ann", &[&["doctor", "--json"], args].concat()).end()
}

/// The finding about one thing.
#[track_caller]
fn finding(ended: &Ended, check: &str) -> Value {
    let all = ended.out.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    all.into_iter().find(|finding| finding["check"] == check).unwrap_or_else(|| panic!("no {check} in {}", ended.out))
}

#[test]
fn a_server_that_is_well_is_found_well_and_nothing_is_left_there() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let ended = doctor(&scratch, &[&server.addr]);
    let key = finding(&ended, "key");
    assert_eq!(key["verdict"], "warning");
    assert!(key["fix"].as_str().is_some_and(|fix| fix.contains("trust") && fix.contains(&server.fingerprint)), "{key}");
    for check in ["handshake", "loss", "rtt", "mtu", "each way", "rtt there", "clock"] {
        assert_eq!(finding(&ended, check)["verdict"], "ok", "{}", ended.out);
    }
    assert!(!scratch.home("ann").join("device.key").exists(), "a visit to the doctor makes no identity");
    scratch.chinwag("server", &["admin", "users"]).end().expect(0, &[]);
    let send = ["send", "--server", &server.addr, "--accept-new", "--room", "lobby", "hello"];
    scratch.chinwag("ann", &send).end().expect(0, &[]);
    assert_eq!(finding(&doctor(&scratch, &[&server.addr]), "key")["verdict"], "ok");
}

#[test]
fn loss_is_measured() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let ended = doctor(&scratch, &[&server.addr, "--weather", "loss=25%,seed=3"]);
    assert_eq!(finding(&ended, "loss")["verdict"], "problem", "{}", ended.out);
    let each_way = finding(&ended, "each way");
    let counts: Vec<u32> = each_way["finding"].as_str().unwrap_or_default().split(' ').flat_map(str::parse).collect();
    assert!(matches!(counts[..], [there, of, back, _] if there > 10 && back > 10 && of > 100), "{each_way}");
    assert_eq!(finding(&ended, "mtu")["verdict"], "ok", "what is lost is sent again: {}", ended.out);
    assert_eq!(ended.code, Some(1));
}

#[test]
fn a_way_that_is_too_narrow_is_told_from_loss_and_from_an_older_server() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let ended = doctor(&scratch, &[&server.addr, "--weather", "mtu=700"]);
    let mtu = finding(&ended, "mtu");
    assert_eq!(mtu["verdict"], "warning", "{}", ended.out);
    let said = mtu["finding"].as_str().unwrap_or_default();
    assert!(
        said.contains("are not acknowledged, the longest that was had 6")
            && said.contains("5 of 5 long messages were answered"),
        "{said}"
    );
    for check in ["handshake", "loss", "each way", "rtt there"] {
        assert_eq!(finding(&ended, check)["verdict"], "ok", "{}", ended.out);
    }
}

#[test]
fn silence_and_a_changed_key_are_problems() {
    let scratch = Scratch::new();
    let ended = doctor(&scratch, &["127.0.0.1:9", "--timeout", "0.5"]);
    let answer = finding(&ended, "answer");
    assert_eq!((answer["verdict"].as_str(), ended.code), (Some("problem"), Some(1)));
    assert!(answer["fix"].as_str().is_some_and(|fix| fix.contains("nft")), "{answer}");
    let server = scratch.server(&[]);
    let pin = format!("{} {} \n", server.addr, "ab".repeat(32));
    std::fs::create_dir_all(scratch.home("ann")).expect("made");
    std::fs::write(scratch.home("ann").join("known_servers"), pin).expect("written");
    let ended = doctor(&scratch, &[&server.addr]);
    let key = finding(&ended, "key");
    assert_eq!(key["verdict"], "problem");
    assert!(key["finding"].as_str().is_some_and(|said| said.contains("HAS CHANGED")), "{key}");
    assert_eq!(ended.code, Some(1));
}
