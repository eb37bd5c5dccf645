//! Programs of one device, side by side and one after the other.

use std::path::Path;

use std::collections::BTreeMap;

use chinwag_proto::rng::Rng;
use chinwag_proto::wire::id::{ClientMsgId, Epoch, LogId, RoomSeq};

use super::*;
use chinwag_client_core::{Draft, Marks, Reference, SavedSent};

fn open(dir: &Path, account: &str, program: u64) -> Database {
    Database::open(dir, account, program).expect("it opens")
}

fn post(start: u64, counter: u64) -> SavedPost {
    let (id, post) = (ClientMsgId { start, counter }, vec![counter.to_le_bytes()[0]; 3]);
    SavedPost { id, room: "#lobby".into(), post, reference: Reference::Open, makes_room: true }
}

fn said(posts: &[SavedPost]) -> Save {
    Save { said: posts.to_vec(), ..Save::default() }
}

fn cursor(name: &str, log: u64, upto: u64) -> SavedCursor {
    {
        let marks = Marks::default().seen(Epoch(log.wrapping_mul(100) | 1), RoomSeq(upto));
        SavedCursor { name: name.into(), log: LogId(log), upto: RoomSeq(upto), marks, is_put_back: false }
    }
}

#[test]
fn what_a_program_left_behind_is_taken_over_once_and_in_order() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut first = open(dir.path(), "ann", 1);
    first.save(&said(&[post(u64::MAX, 1), post(u64::MAX, 2)])).expect("kept");
    first.save(&said(&[post(u64::MAX, 3)])).expect("kept");
    first.save(&Save { answered: vec![post(u64::MAX, 2).id], ..Save::default() }).expect("kept");

    let mut second = open(dir.path(), "ann", 2);
    assert_eq!(second.adopt().expect("read"), [], "the first one runs still");
    drop(first);
    let mut third = open(dir.path(), "ann", 3);
    assert_eq!(second.adopt().expect("read"), [post(u64::MAX, 1), post(u64::MAX, 3)]);
    assert_eq!((second.adopt().expect("read"), third.adopt().expect("read")), (vec![], vec![]), "once");
    second.save(&Save { answered: vec![post(u64::MAX, 1).id], ..Save::default() }).expect("kept");
    drop(second);
    assert_eq!(third.adopt().expect("read"), [post(u64::MAX, 3)], "it belonged to the second one then");
}

#[test]
fn both_views_of_a_program_have_to_be_gone() {
    let dir = tempfile::tempdir().expect("a folder");
    let first = open(dir.path(), "ann", 1);
    let mut worker = first.second().expect("a second view");
    worker.save(&said(&[post(1, 1)])).expect("kept");
    drop(first);
    let mut other = open(dir.path(), "ann", 2);
    assert_eq!(other.adopt().expect("read"), []);
    drop(worker);
    assert_eq!(other.adopt().expect("read"), [post(1, 1)]);
}

#[test]
fn what_one_account_said_no_other_one_sends() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut ann = open(dir.path(), "ann", 1);
    let mut save = said(&[post(1, 1)]);
    save.cursors.push(cursor("#lobby", 1, 5));
    save.ignored.push(("eve".into(), true));
    ann.save(&save).expect("kept");
    drop(ann);
    let mut token = open(dir.path(), "token 77", 2);
    assert_eq!((token.load().expect("read"), token.adopt().expect("read")), (Kept::default(), vec![]));
}

#[test]
fn a_database_of_another_version_is_left_alone_and_it_is_said_what_helps() {
    let dir = tempfile::tempdir().expect("a folder");
    drop(open(dir.path(), "ann", 1));
    let path = dir.path().join("client.db");
    rusqlite::Connection::open(&path).and_then(|c| c.pragma_update(None, "user_version", 99)).expect("changed");
    let error = Database::open(dir.path(), "ann", 2).err().expect("newer").to_string();
    assert!(error.contains("client.db was made by a newer chinwag"), "{error}");
    rusqlite::Connection::open(&path).and_then(|c| c.pragma_update(None, "user_version", 8)).expect("changed");
    let error = Database::open(dir.path(), "ann", 2).err().expect("older").to_string();
    assert!(
        error.contains("client.db is of an older, unreleased version") && error.contains("move it away"),
        "{error}"
    );
    std::fs::write(&path, "no database at all, but long enough to be taken for one").expect("written");
    let error = Database::open(dir.path(), "ann", 3).err().expect("damaged").to_string();
    assert!(error.contains("can't use") && error.contains("client.db"), "{error}");
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_it() {
    use std::os::unix::fs::MetadataExt as _;
    let dir = tempfile::tempdir().expect("a folder");
    let mut database = open(&dir.path().join("deep/er"), "ann", 1);
    database.save(&said(&[post(1, 1)])).expect("kept");
    for file in ["client.db", "client.db-wal"] {
        let mode = std::fs::metadata(dir.path().join("deep/er").join(file)).expect("there").mode();
        assert_eq!(mode & 0o077, 0, "{file}");
    }
}

#[test]
fn many_programs_at_once_lose_nothing_and_double_nothing() {
    let dir = tempfile::tempdir().expect("a folder");
    std::thread::scope(|scope| {
        for program in 1..=8 {
            let dir = dir.path();
            scope.spawn(move || {
                let mut database = open(dir, "ann", program);
                for counter in 1..=20 {
                    let mut save = said(&[post(program, counter)]);
                    save.cursors.push(cursor("#lobby", 1, counter * 10 + program));
                    database.save(&save).expect("kept");
                }
                // Of what it takes over from the others it sends the first, say, and is gone.
                let adopted = database.adopt().expect("read");
                let answered = adopted.iter().take(1).map(|post| post.id).collect();
                database.save(&Save { answered, ..Save::default() }).expect("kept");
            });
        }
    });
    let mut last = open(dir.path(), "ann", 9);
    assert_eq!(last.load().expect("read").cursors, [cursor("#lobby", 1, 208)], "the furthest");
    let left = last.adopt().expect("read");
    let mut ids: Vec<_> = left.iter().map(|post| post.id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), left.len(), "none is twice");
    assert!((160 - 8..=160).contains(&left.len()), "{} are left", left.len());
    let files = std::fs::read_dir(dir.path().join("owners")).expect("there").count();
    assert_eq!(files, 1, "the dead leave no files");
}

#[test]
fn in_memory_and_on_disk_are_the_same() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut rng = Rng::from_number(8);
    let mut memory = Memory::default();
    let mut disk = open(dir.path(), "ann", 0);
    let mut counter = 0;
    for program in 1..40 {
        for _ in 0..rng.below(6) {
            let mut save = Save::default();
            for _ in 0..rng.below(4) {
                counter += 1;
                let references = [Reference::Open, Reference::In(LogId(counter)), Reference::Said(post(1, counter).id)];
                save.said.push(SavedPost { reference: references[rng.below(3) as usize], ..post(program, counter) });
            }
            for _ in 0..rng.below(2) {
                let settled = post(program, rng.below(counter + 1));
                save.settled.push(SavedPost { post: vec![9], reference: Reference::In(LogId(u64::MAX)), ..settled });
            }
            save.answered.extend((0..rng.below(3)).map(|_| post(program, rng.below(counter + 1)).id));
            save.cursors.push(cursor(["#a", "#b"][rng.below(2) as usize], rng.below(2), rng.below(9)));
            save.ignored.push((["eve", "mallory"][rng.below(2) as usize].into(), rng.chance(0.5)));
            save.muted.push((["#a", "#b"][rng.below(2) as usize].into(), rng.chance(0.5)));
            let draft = Draft { text: format!("half a line {counter}"), caret: rng.below(5) as usize };
            save.drafts.push((["#a", "@eve"][rng.below(2) as usize].into(), Some(draft).filter(|_| rng.chance(0.6))));
            let value = Some(counter.to_string()).filter(|_| rng.chance(0.6));
            save.settings.push((["theme", "notify #a"][rng.below(2) as usize].into(), value));
            save.leaving.push((["#a", "#b"][rng.below(2) as usize].into(), rng.chance(0.5)));
            memory.save(&save).expect("kept");
            disk.save(&save).expect("kept");
        }
        drop(disk);
        disk = open(dir.path(), "ann", program);
        assert_eq!(disk.load().expect("read"), memory.load().expect("read"));
        assert_eq!(disk.adopt().expect("read"), memory.adopt().expect("read"));
        assert_eq!(disk.drafts().expect("read"), memory.drafts().expect("read"));
    }
}

#[test]
fn two_programs_side_by_side_do_not_write_over_what_is_typed_in_the_other() {
    let dir = tempfile::tempdir().expect("a folder");
    let drafts = |text: &str| {
        let draft = Draft { text: text.into(), caret: text.len() };
        Save { drafts: vec![("#lobby".into(), Some(draft).filter(|draft| !draft.text.is_empty()))], ..Save::default() }
    };
    let (mut one, mut two) = (open(dir.path(), "ann", 1), open(dir.path(), "ann", 2));
    one.save(&drafts("half a line")).expect("kept");
    two.save(&drafts("another")).expect("kept");
    assert_eq!(open(dir.path(), "ann", 3).drafts().expect("read"), BTreeMap::new(), "both run");
    // What is entered in one of them is not typed any more there, and is in the other.
    two.save(&drafts("")).expect("kept");
    two.save(&drafts("a third one")).expect("kept");
    drop((one, two));
    let mut next = open(dir.path(), "ann", 4);
    let taken = next.drafts().expect("read").remove("#lobby").expect("a draft");
    let mut lines: Vec<_> = taken.text.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["a third one", "half a line"]);
    assert_eq!(taken.caret, taken.text.len());
    next.save(&drafts("")).expect("kept");
    assert_eq!(next.drafts().expect("read"), BTreeMap::new(), "it is one draft from now on");
}

#[test]
fn what_was_sent_is_forgotten_only_with_its_log() {
    let dir = tempfile::tempdir().expect("a folder");
    let (mut database, mut memory) = (open(dir.path(), "ann", 1), Memory::default());
    let keeps: [&mut dyn Keep; 2] = [&mut database, &mut memory];
    for keep in keeps {
        let mut known_after = |log, upto, is_put_back| {
            let marks = Marks::default().seen(Epoch(7), RoomSeq(upto));
            let sent = SavedSent { name: "#lobby".to_owned(), log: LogId(log), marks, is_put_back };
            keep.save(&Save { sent: vec![sent], ..Save::default() }).expect("kept");
            let kept = keep.load().expect("read").sent;
            let [SavedSent { log, marks, .. }] = kept.as_slice() else { panic!("{kept:?}") };
            (log.0, marks.iter().next().map(|mark| mark.upto.0))
        };
        assert_eq!(known_after(1, 20, false), (1, Some(20)));
        assert_eq!(known_after(1, 15, false), (1, Some(20)), "another program was told more");
        assert_eq!(known_after(1, 15, true), (1, Some(15)));
        assert_eq!(known_after(2, 3, false), (2, Some(3)));
    }
}

#[test]
fn a_cursor_goes_back_only_with_its_log() {
    let dir = tempfile::tempdir().expect("a folder");
    let (mut database, mut memory) = (open(dir.path(), "ann", 1), Memory::default());
    let keeps: [&mut dyn Keep; 2] = [&mut database, &mut memory];
    for keep in keeps {
        let mut keeps = |cursor: SavedCursor| {
            keep.save(&Save { cursors: vec![cursor], ..Save::default() }).expect("kept");
            keep.load().expect("there").cursors.remove(0)
        };
        let seen = cursor("#lobby", 7, 150);
        assert_eq!(keeps(seen.clone()), seen);
        assert_eq!(keeps(cursor("#lobby", 7, 100)), seen, "a program that is behind");
        let marks = Marks::default().seen(Epoch(3), RoomSeq(90)).seen(Epoch(u64::MAX), RoomSeq(100));
        let back = SavedCursor { upto: RoomSeq(100), marks, is_put_back: true, ..seen };
        let kept = keeps(back.clone());
        assert_eq!((kept.upto, kept.marks), (back.upto, marks));
    }
}
