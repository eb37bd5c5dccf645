//! The power goes: a store is watched while it is written to, over several lives, and at a random place of the record all
//! that was not synced is gone, or torn, or there. In a fifth of the cases it goes once more while the store is opened.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex};

use chinwag::store::sqlite::Durability;
use chinwag_proto::rng::Rng;

use crate::disk::{self, Disk, Image};
use crate::seed;
use crate::shim::{self, Record, What};
use crate::store::{self, Life};
use crate::verdict::{Mark, judge};

/// Where the store is in the folder that is watched. It makes that itself.
const STORE: &str = "data/server";
/// Messages of each life have numbers of their own.
const PER_LIFE: u64 = 100_000;

#[test]
fn a_power_cut_takes_nothing_that_was_acknowledged_or_seen() {
    let images = if seed::is_long() { 1_000 } else { 60 };
    let mut rng = seed::rng("power cut");
    let scratch = store::scratch();
    let run = Run::record(scratch.path(), Durability::Fsync, &mut rng);
    let checked = run.cut(images, &mut rng);
    let wrong: Vec<_> = checked.iter().filter_map(|(_, verdict)| verdict.as_ref().err()).collect();
    let again = checked.iter().filter(|(twice, _)| *twice).count();
    println!(
        "{} images of {} records and {} marks, {again} cut twice",
        checked.len(),
        run.records.len(),
        run.marks.len()
    );
    assert!(wrong.is_empty(), "{} of {images} images are wrong:\n{wrong:#?}", wrong.len());
}

#[test]
fn a_store_that_does_not_sync_is_found_out() {
    let mut rng = seed::rng("no sync");
    let scratch = store::scratch();
    let run = Run::record(scratch.path(), Durability::Os, &mut rng);
    let checked = run.cut(20, &mut rng);
    let lost = |why: &String| why.contains("was acknowledged as") || why.contains("had log");
    let found = checked.iter().filter(|(_, verdict)| verdict.as_ref().is_err_and(lost)).count();
    assert!(found >= 5, "of 20 images, {found} have lost something: {checked:#?}");
}

/// A record, and where it lives.
struct Run {
    folder: PathBuf,
    records: Arc<Vec<Record>>,
    octets: Vec<u8>,
    /// With the places in the record at which they were set.
    marks: Arc<Vec<Mark>>,
    durability: Durability,
}

/// Whether it was cut twice, and what came of it.
type Checked = (bool, Result<(), String>);

impl Run {
    /// Lives of a store one after the other: ended properly, killed between commits, killed in one; and one that goes on
    /// until its log was written back to the database, and is written anew from its beginning.
    fn record(folder: &Path, durability: Durability, rng: &mut Rng) -> Self {
        let (watched, record) = (folder.join("run"), folder.join("record"));
        std::fs::create_dir(&watched).expect("a folder");
        let ends = |at: u64| Some(format!("{at}:end"));
        let lives = [
            (40, true, None),
            (60, false, None),
            (500, false, ends(1 + rng.below(2_000))),
            (40, true, None),
            (500, false, None),
            (500, false, ends(1 + rng.below(200))),
            (30, true, None),
        ];
        for ((batches, closes, fail), first) in lives.into_iter().zip((0..).step_by(PER_LIFE as usize)) {
            let life = Life {
                store: watched.join(STORE),
                watched: watched.clone(),
                record: record.clone(),
                durability,
                first,
                batches,
                batch: 0,
                seed: rng.u64(),
                closes,
                is_read: true,
                fail,
            };
            let output = life.live();
            let is_ended = if life.fail.is_some() { Some(137) } else { Some(0) };
            assert_eq!(output.status.code(), is_ended, "{life:?}: {}", store::said(&output));
        }
        let (records, octets) = shim::records(&record);
        let marks = Arc::new(Mark::among(&records));
        Self { folder: folder.to_owned(), records: Arc::new(records), octets, marks, durability }
    }

    /// So many images, each looked at.
    fn cut(&self, images: usize, rng: &mut Rng) -> Vec<Checked> {
        let mut places: Vec<_> = (0..images).map(|_| place(&self.records, rng)).collect();
        places.sort_unstable();
        let (jobs, queue) = sync_channel(2);
        let (queue, done) = (Mutex::new(queue), Mutex::new(Vec::new()));
        std::thread::scope(|scope| {
            for worker in 0..2 {
                let (queue, done) = (&queue, &done);
                scope.spawn(move || self.look(&self.folder.join(format!("image{worker}")), queue, done));
            }
            let (mut disk, mut at, mut marks) = (Disk::default(), 0, 0);
            for place in places {
                while at < place {
                    disk.take(&self.records[at], &self.octets, rng);
                    marks += usize::from(matches!(self.records[at].what, What::Mark(_)));
                    at += 1;
                }
                let job = Job { image: disk.image(rng), marks, seed: rng.u64(), is_cut_again: rng.chance(0.2) };
                jobs.send(job).expect("somebody looks at it");
            }
            drop(jobs);
        });
        done.into_inner().expect("nobody panicked")
    }

    fn look(&self, folder: &Path, queue: &Mutex<Receiver<Job>>, done: &Mutex<Vec<Checked>>) {
        loop {
            let Ok(job) = queue.lock().expect("nobody panicked").recv() else { return };
            let twice = job.is_cut_again;
            // A panic is a verdict, too; the other worker goes on.
            let judged = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.judge(folder, job)));
            let verdict = judged.unwrap_or_else(|_| Err("it panicked".to_owned()));
            done.lock().expect("nobody panicked").push((twice, verdict));
        }
    }

    fn judge(&self, folder: &Path, job: Job) -> Result<(), String> {
        let mut rng = Rng::from_number(job.seed);
        let mut marks = self.marks[..job.marks].to_vec();
        let mut image = job.image;
        if job.is_cut_again {
            let (again, more) = self.once_more(folder, image, &mut rng)?;
            image = again;
            marks.extend(more);
        }
        clear(folder);
        disk::restore(&image, folder);
        judge(&folder.join(STORE), &marks, rng.bytes())
    }

    /// The store is opened and used for a while, and the power goes again somewhere in that.
    fn once_more(&self, folder: &Path, image: Image, rng: &mut Rng) -> Result<(Image, Vec<Mark>), String> {
        let record = folder.with_extension("record");
        clear(folder);
        drop(std::fs::remove_file(&record));
        disk::restore(&image, folder);
        let life = Life {
            store: folder.join(STORE),
            watched: folder.to_owned(),
            record: record.clone(),
            durability: self.durability,
            first: PER_LIFE * 50,
            batches: 3,
            batch: 0,
            seed: rng.u64(),
            closes: true,
            is_read: false,
            fail: None,
        };
        let output = life.live();
        if !output.status.success() {
            return Err(store::said(&output));
        }
        let (records, octets) = shim::records(&record);
        let upto = place(&records, rng);
        let mut disk = Disk::of(image);
        records[..upto].iter().for_each(|record| disk.take(record, &octets, rng));
        Ok((disk.image(rng), Mark::among(&records[..upto])))
    }
}

struct Job {
    image: Image,
    /// Marks that were set by then.
    marks: usize,
    seed: u64,
    is_cut_again: bool,
}

/// A place in a record: anywhere, or beside one of the few that matter most.
fn place(records: &[Record], rng: &mut Rng) -> usize {
    let len = records.len() as u64;
    let anywhere = rng.below(len + 1) as usize;
    if rng.chance(0.5) {
        return anywhere;
    }
    let matters = |record: &Record| !matches!(record.what, What::Write { .. } | What::Mark(_));
    let near = records[anywhere.min(records.len() - 1)..].iter().position(matters).map_or(anywhere, |at| anywhere + at);
    (near + rng.below(5) as usize).saturating_sub(2).min(records.len())
}

fn clear(folder: &Path) {
    if folder.exists() {
        std::fs::remove_dir_all(folder).expect("it can be removed");
    }
}
