//! SQLite keeps the contract, and agrees with the model on whatever is done to both.

mod damage;
mod ends;
mod every_table;
mod loss;
mod mend;
mod paper;
mod residue;
mod tend;

use std::cell::Cell;

use tempfile::TempDir;

use super::{Durability, Reader, Sqlite};
use crate::conformance;
use crate::memory::Memory;
use crate::{Page, Query, Range, Read, Results, Snapshot, Store, StoreError, Write};

/// A store in a directory that goes with it.
struct Placed {
    store: Sqlite,
    reader: Reader,
    home: TempDir,
}

thread_local! {
    static SEED: Cell<u8> = const { Cell::new(1) };
}

/// Every process has another.
fn seed() -> [u8; 32] {
    SEED.set(SEED.get().wrapping_add(1));
    [SEED.get(); 32]
}

fn open(home: &TempDir) -> Sqlite {
    Sqlite::open(home.path(), Durability::Fsync, seed()).expect("a store")
}

fn make() -> Placed {
    place(tempfile::tempdir().expect("a directory"))
}

fn place(home: TempDir) -> Placed {
    let store = open(&home);
    Placed { reader: store.reader().expect("a reader"), store, home }
}

fn reopen(placed: Placed) -> Placed {
    let Placed { store, reader, home } = placed;
    drop(reader);
    store.close().expect("a proper end");
    place(home)
}

fn crash_and_reopen(placed: Placed) -> Placed {
    let Placed { store, reader, home } = placed;
    drop(reader);
    store.crash();
    place(home)
}

impl Read for Placed {
    fn load(&mut self, range: Range) -> Result<Page, StoreError> {
        let page = self.store.load(range);
        assert_eq!(self.reader.load(range), page, "a reader sees what is committed");
        page
    }

    fn query(&mut self, query: &Query) -> Result<Results, StoreError> {
        let results = self.store.query(query);
        assert_eq!(self.reader.query(query), results);
        results
    }
}

impl Store for Placed {
    fn snapshot(&mut self) -> Result<Snapshot, StoreError> {
        self.store.snapshot()
    }

    fn commit(&mut self, batch: &[Write]) -> Result<Vec<crate::Outcome>, StoreError> {
        self.store.commit(batch)
    }
}

#[test]
fn it_keeps_the_contract() {
    conformance::check(&make, &reopen);
}

#[test]
fn it_keeps_the_contract_without_a_proper_end() {
    conformance::check(&make, &crash_and_reopen);
}

#[test]
fn it_does_what_the_model_does() {
    for seed in 0..12 {
        conformance::alike(seed, 400, (Memory::new([1; 32]), &|memory| memory.restarted([2; 32])), (make(), &reopen));
    }
}
