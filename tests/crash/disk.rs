//! What is left of a folder when the power goes, given the record of what was done to it.
//!
//! A file keeps what it had when it was synced last. Of what was done to it since, any part may be there, in sectors of 512
//! octets and whatever came before or after it: writes kept, dropped or torn, truncations done or not, a file grown with
//! nothing but zeros in it. A name (of a file that was made, renamed or removed, or of a folder) is where it was when its
//! folder was synced last, or where it came to be since, each name by its own chance. That is less than any file system
//! keeps: ext4, for one, keeps the names of files that were synced, and the order of names.
//!
//! After a sync that failed, processes go on seeing what they wrote, and the system takes it for written: what of it is on
//! the disk was decided then, and no later sync will write the rest.

use std::collections::BTreeMap;
use std::path::Path;

use chinwag_proto::rng::Rng;

use crate::shim::{Record, What};

const SECTOR: usize = 512;

/// A folder on a disk whose power may go.
#[derive(Default)]
pub(crate) struct Disk {
    files: Vec<File>,
    /// What each name is, as processes see it,
    now: BTreeMap<String, Thing>,
    /// and as it is kept.
    kept: BTreeMap<String, Thing>,
    /// What has become of names since.
    names: Vec<Name>,
}

#[derive(Clone, Copy)]
enum Thing {
    Folder,
    File(usize),
}

struct Name {
    name: String,
    what: Becomes,
}

enum Becomes {
    There(Thing),
    Gone,
    Renamed(String, Thing),
}

#[derive(Default)]
struct File {
    kept: Vec<u8>,
    /// What was done to it since it was synced.
    since: Vec<Done>,
}

enum Done {
    Write(usize, Vec<u8>),
    Truncate(usize),
}

/// What is in a folder: octets of files, and folders.
pub(crate) type Image = BTreeMap<String, Option<Vec<u8>>>;

impl Disk {
    /// With this in it, all of it kept.
    pub(crate) fn of(image: Image) -> Self {
        let mut disk = Self::default();
        for (name, octets) in image {
            let thing = match octets {
                Some(kept) => {
                    disk.files.push(File { kept, since: Vec::new() });
                    Thing::File(disk.files.len() - 1)
                }
                None => Thing::Folder,
            };
            disk.kept.insert(name, thing);
        }
        disk.now = disk.kept.clone();
        disk
    }

    /// Something is done.
    pub(crate) fn take(&mut self, record: &Record, octets: &[u8], rng: &mut Rng) {
        let name = record.name.clone();
        match &record.what {
            What::Create => {
                self.files.push(File::default());
                self.made(name, Thing::File(self.files.len() - 1));
            }
            What::Folder => self.made(name, Thing::Folder),
            What::Write { offset, data } => {
                self.file(&name).since.push(Done::Write(*offset, octets[data.clone()].to_vec()));
            }
            What::Truncate { len } => self.file(&name).since.push(Done::Truncate(*len)),
            What::Sync => self.file(&name).sync(),
            What::SyncFolder => self.sync_folder(&name),
            What::SyncFailed => self.sync_failed(&name, rng),
            What::Unlink => {
                self.now.remove(&name);
                self.names.push(Name { name, what: Becomes::Gone });
            }
            What::Rename { to } => {
                let thing = self.now.remove(&name).expect("what is renamed is there");
                self.now.insert(to.clone(), thing);
                self.names.push(Name { name, what: Becomes::Renamed(to.clone(), thing) });
            }
            What::Mark(_) => {}
        }
    }

    fn made(&mut self, name: String, thing: Thing) {
        self.now.insert(name.clone(), thing);
        self.names.push(Name { name, what: Becomes::There(thing) });
    }

    fn file(&mut self, name: &str) -> &mut File {
        match self.now.get(name) {
            Some(Thing::File(at)) => &mut self.files[*at],
            _ => panic!("{name} is no file"),
        }
    }

    fn sync_failed(&mut self, name: &str, rng: &mut Rng) {
        // Of a folder, nothing is known: its names stay where they are.
        if let Some(Thing::File(at)) = self.now.get(name).copied() {
            let file = &mut self.files[at];
            file.kept = file.left(Luck::draw(rng), rng);
            file.since.clear();
        }
    }

    fn sync_folder(&mut self, folder: &str) {
        let (here, elsewhere) =
            std::mem::take(&mut self.names).into_iter().partition(|name: &Name| parent(&name.name) == folder);
        self.names = elsewhere;
        for name in here {
            name.comes_true(&mut self.kept);
        }
    }

    /// What is there when the power comes back.
    pub(crate) fn image(&self, rng: &mut Rng) -> Image {
        let luck = Luck::draw(rng);
        let mut names = self.kept.clone();
        for name in &self.names {
            if luck.keeps(rng) {
                name.comes_true(&mut names);
            }
        }
        let has_place = |name: &str| {
            let mut above = parent(name);
            while !above.is_empty() {
                if !matches!(names.get(above), Some(Thing::Folder)) {
                    return false;
                }
                above = parent(above);
            }
            true
        };
        names
            .iter()
            .filter(|(name, _)| has_place(name))
            .map(|(name, thing)| {
                let octets = match thing {
                    Thing::Folder => None,
                    Thing::File(at) => Some(self.files[*at].left(luck, rng)),
                };
                (name.clone(), octets)
            })
            .collect()
    }
}

impl Name {
    fn comes_true(&self, names: &mut BTreeMap<String, Thing>) {
        match &self.what {
            Becomes::There(thing) => {
                names.insert(self.name.clone(), *thing);
            }
            Becomes::Gone => {
                names.remove(&self.name);
            }
            Becomes::Renamed(to, thing) => {
                names.remove(&self.name);
                names.insert(to.clone(), *thing);
            }
        }
    }
}

impl File {
    fn sync(&mut self) {
        for done in std::mem::take(&mut self.since) {
            match done {
                Done::Write(offset, data) => put(&mut self.kept, offset, &data),
                Done::Truncate(len) => self.kept.resize(len, 0),
            }
        }
    }

    fn left(&self, luck: Luck, rng: &mut Rng) -> Vec<u8> {
        let mut left = self.kept.clone();
        for done in &self.since {
            match done {
                Done::Write(offset, data) if luck.tears => {
                    let end = offset + data.len();
                    let mut at = *offset;
                    while at < end {
                        let next = end.min((at / SECTOR + 1) * SECTOR);
                        if luck.keeps(rng) {
                            put(&mut left, at, &data[at - offset..next - offset]);
                        } else if next > left.len() && rng.chance(0.3) {
                            left.resize(next, 0);
                        }
                        at = next;
                    }
                }
                Done::Write(offset, data) => {
                    if luck.keeps(rng) {
                        put(&mut left, *offset, data);
                    }
                }
                Done::Truncate(len) => {
                    if luck.keeps(rng) {
                        left.resize(*len, 0);
                    }
                }
            }
        }
        left
    }
}

/// How much of what was not synced is there all the same.
#[derive(Clone, Copy)]
struct Luck {
    chance: f64,
    /// By the sector, and not by the write.
    tears: bool,
}

impl Luck {
    fn draw(rng: &mut Rng) -> Self {
        let chance = match rng.below(4) {
            0 => 0.0,
            1 => 1.0,
            2 => rng.unit(),
            _ => 1.0 - rng.unit() * 0.05,
        };
        Self { chance, tears: rng.chance(0.5) }
    }

    fn keeps(self, rng: &mut Rng) -> bool {
        rng.chance(self.chance)
    }
}

fn put(octets: &mut Vec<u8>, offset: usize, data: &[u8]) {
    let end = offset + data.len();
    if octets.len() < end {
        octets.resize(end, 0);
    }
    octets[offset..end].copy_from_slice(data);
}

/// The folder that a name is in; empty: the one that is watched.
fn parent(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// Makes a folder of that.
pub(crate) fn restore(image: &Image, folder: &Path) {
    std::fs::create_dir_all(folder).expect("a folder");
    for (name, octets) in image {
        let path = folder.join(name);
        match octets {
            None => std::fs::create_dir_all(path).expect("a folder"),
            Some(octets) => std::fs::write(path, octets).expect("a file"),
        }
    }
}

#[test]
fn what_is_synced_is_kept_and_of_the_rest_any_part() {
    let record = |name: &str, what| Record { name: name.to_owned(), what };
    let write = |offset| What::Write { offset, data: 0..1024 };
    let octets = [7; 1024];
    let (mut disk, mut rng) = (Disk::default(), Rng::from_number(1));
    for record in [record("a", What::Create), record("a", write(0)), record("a", What::Sync)] {
        disk.take(&record, &octets, &mut rng);
    }
    let images: Vec<_> = (0..100).map(|_| disk.image(&mut rng)).collect();
    assert!(images.iter().any(|image| image.is_empty()), "its name is not synced");
    assert!(images.iter().any(|image| image.get("a") == Some(&Some(octets.to_vec()))), "it may be there");
    disk.take(&record("", What::SyncFolder), &octets, &mut rng);
    disk.take(&record("a", write(1024)), &octets, &mut rng);
    let images: Vec<_> = (0..300).map(|_| disk.image(&mut rng)["a"].clone().expect("a file")).collect();
    assert!(images.iter().all(|a| a[..1024] == octets), "what is synced is there");
    let lens: std::collections::BTreeSet<_> = images.iter().map(Vec::len).collect();
    assert_eq!(lens.into_iter().collect::<Vec<_>>(), [1024, 1536, 2048], "torn at sectors");
    assert!(
        images.iter().any(|a| a.len() == 2048 && a[1024..1536] == [0; 512]),
        "the later sector without the earlier"
    );
    disk.take(&record("a", What::Truncate { len: 0 }), &octets, &mut rng);
    let images: Vec<_> = (0..100).map(|_| disk.image(&mut rng)["a"].clone().expect("a file")).collect();
    assert!(images.iter().any(Vec::is_empty) && images.iter().any(|a| a.len() == 2048), "done or not");
}
