//! Tables of which rows can't be read, made whole again by an operator's word: what can be read is copied to new trees, what other
//! tables tell of the rest is put back in its safest form, and what is lost is named.
//!
//! The entries have their own ([`super::mend`]), since a store goes on without them. Without what is here a store does not begin: nobody
//! is to lose a role, or to be let in again, without a word.

use std::collections::BTreeSet;
use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _, Result, Row, params_from_iter};

use super::meta::set;
use super::open::{is_contradiction, is_damage, reader};
use super::rows::all;
use super::tree::{indexes, read_all, take_place, within};

/// Tables that say which rooms and accounts there are: all others refer to them, and nothing makes up for what they say.
const NEEDED: [&str; 2] = ["accounts", "rooms"];

/// So many names are said in one sentence.
const NAMED_MAX: usize = 10;

/// A table that can be made whole again.
struct Table {
    name: &'static str,
    /// The columns of its key.
    key: &'static [&'static str],
    /// An index that has the whole key, too, in another tree.
    index: Option<&'static str>,
}

const TABLES: [Table; 14] = [
    Table { name: "meta", key: &["key"], index: None },
    Table { name: "devices", key: &["key"], index: Some("devices_by_account") },
    Table { name: "tokens", key: &["hash"], index: Some("tokens_by_account") },
    Table { name: "invites", key: &["hash"], index: None },
    Table { name: "members", key: &["room", "account"], index: Some("members_by_account") },
    Table { name: "invited", key: &["room", "account"], index: None },
    Table { name: "bans", key: &["room", "account"], index: None },
    Table { name: "banned_devices", key: &["room", "account", "device"], index: None },
    Table { name: "mutes", key: &["room", "account"], index: None },
    Table { name: "pins", key: &["room", "number"], index: None },
    Table { name: "origins", key: &["id"], index: Some("sqlite_autoindex_origins_1") },
    Table { name: "lost", key: &["room", "first"], index: None },
    Table { name: "epochs", key: &["place"], index: None },
    Table { name: "epoch_heads", key: &["room", "epoch"], index: None },
];

/// What is damaged beside entries and indexes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Damaged {
    /// Tables that can be made whole again, but for what is lost.
    pub tables: Vec<&'static str>,
    /// Tables without which there is nothing to begin with.
    pub needed: Vec<&'static str>,
    /// The names that stand there, as far as other pages have them.
    pub names: Vec<String>,
}

impl Damaged {
    /// Reads all tables but the entries.
    pub(super) fn look(conn: &Connection) -> Result<Self> {
        let is_so = |table: &&str| match read_all(conn, table) {
            Err(error) if is_damage(&error) => Ok(true),
            read => read.map(|()| false),
        };
        let damaged = |tables: &mut dyn Iterator<Item = &'static str>| {
            tables
                .filter_map(|table| is_so(&table).map(|is_so| is_so.then_some(table)).transpose())
                .collect::<Result<_>>()
        };
        let mut found = Self {
            tables: damaged(&mut TABLES.iter().map(|table| table.name))?,
            needed: damaged(&mut NEEDED.into_iter())?,
            names: Vec::new(),
        };
        for &table in &found.needed {
            found.names.extend(names(conn, table)?);
        }
        Ok(found)
    }

    /// Whether nothing is.
    #[must_use]
    pub const fn is_nothing(&self) -> bool {
        self.tables.is_empty() && self.needed.is_empty()
    }

    /// Whether other tables have all that these say, so that nobody has to be asked.
    pub(super) fn is_made_up_for(&self) -> bool {
        !self.is_nothing()
            && self.needed.is_empty()
            && self.tables.iter().all(|table| ["lost", "origins"].contains(table))
    }

    /// What is damaged and what helps, in words.
    #[must_use]
    pub fn said(&self) -> String {
        let Self { tables, needed, names } = self;
        if needed.is_empty() {
            return format!(
                "its tables {} can't be read; `chinwag admin repair` keeps all that can be and names what is lost, or go back to a backup \
                 that is sound, by `chinwag admin restore`",
                tables.join(", ")
            );
        }
        let mut whose = String::new();
        if let Some(named) = names.chunks(NAMED_MAX).next() {
            whose = format!(", in which are {}", named.join(", "));
            if names.len() > NAMED_MAX {
                whose.push_str(&format!(" and {} more", names.len() - NAMED_MAX));
            }
        }
        format!(
            "its tables {} can't be read{whose}; without them nothing can be repaired: go back to a backup that is sound, by `chinwag \
             admin restore`",
            needed.join(", ")
        )
    }
}

/// The names of rows of a table that can't be read, by an index that has them folded.
fn names(conn: &Connection, table: &str) -> Result<Vec<String>> {
    let sql = format!(
        "SELECT id, folded FROM {table} INDEXED BY sqlite_autoindex_{table}_1 WHERE folded IS NOT NULL ORDER BY id"
    );
    let folded = match all(conn, &sql, (), |row| Ok((row.get(0)?, row.get::<_, String>(1)?))) {
        Err(error) if is_damage(&error) => return Ok(Vec::new()),
        folded => folded?,
    };
    let sql = format!("SELECT name FROM {table} NOT INDEXED WHERE id = ?1");
    let mut statement = conn.prepare(&sql)?;
    let mut names = Vec::new();
    for (id, folded) in folded {
        let id: i64 = id;
        match statement.query_row([id], |_| Ok(())) {
            Err(error) if is_damage(&error) => names.push(if table == "rooms" { format!("#{folded}") } else { folded }),
            read => read?,
        }
    }
    Ok(names)
}

/// What of a table can be read, and what can't.
#[derive(Default)]
struct Found {
    rows: Vec<Vec<Value>>,
    /// Rows that are lost, as the index has them: its columns, of which those of the key are.
    lost: Vec<Vec<Value>>,
    /// Rooms of which rows may be lost.
    rooms: BTreeSet<i64>,
    /// Rows may be lost of which nothing is known.
    is_more_lost: bool,
}

/// Makes tables whole again. Gives what is lost, in words; `damaged` is what [`Damaged::look`] found.
pub(super) fn salvage(conn: &Connection, damaged: &Damaged) -> Result<Vec<String>> {
    // Another connection reads: whatever meets damage spoils the transaction that it is in.
    let old = reader(Path::new(conn.path().unwrap_or_default()))?;
    let tables = TABLES.iter().filter(|table| damaged.tables.contains(&table.name));
    let found = tables.map(|table| Ok((table, table.find(&old)?))).collect::<Result<Vec<_>>>()?;
    // Rows that refer to others go before those, and after them.
    conn.pragma_update(None, "foreign_keys", false)?;
    let mut said = Vec::new();
    let done = within(conn, |conn| {
        for (table, found) in &found {
            table.renew(conn, found)?;
        }
        conn.execute_batch("PRAGMA writable_schema = RESET; PRAGMA writable_schema = ON")?;
        for (table, found) in &found {
            said.extend(table.make_up_for(conn, found)?);
        }
        Ok(())
    });
    conn.pragma_update(None, "foreign_keys", true)?;
    done.map(|()| said)
}

impl Table {
    fn find(&self, old: &Connection) -> Result<Found> {
        if let Some(found) = self.find_by_index(old)? {
            return Ok(found);
        }
        let mut found = Found::default();
        if self.key[0] != "room" {
            found.is_more_lost = self.read_from_both_ends(old, None, &mut found.rows)?;
            return Ok(found);
        }
        for room in all(old, "SELECT id FROM rooms NOT INDEXED", (), |row| row.get(0))? {
            if self.read_from_both_ends(old, Some(room), &mut found.rows)? {
                found.rooms.insert(room);
            }
        }
        Ok(found)
    }

    /// Row by row; `None`: the index can't be read either.
    fn find_by_index(&self, old: &Connection) -> Result<Option<Found>> {
        let Some(index) = self.index else { return Ok(None) };
        let Self { name, key, .. } = self;
        let columns = self.indexed();
        let sql = format!("SELECT {columns} FROM {name} INDEXED BY {index}");
        let indexed = match all(old, &sql, (), values) {
            Err(error) if is_damage(&error) => return Ok(None),
            indexed => indexed?,
        };
        let at: Vec<usize> =
            columns.split(", ").enumerate().filter(|(_, c)| key.contains(c)).map(|(at, _)| at).collect();
        let is_it = columns.split(", ").filter(|column| key.contains(column)).map(|column| format!("{column} = ?"));
        let sql = format!("SELECT * FROM {name} NOT INDEXED WHERE {}", is_it.collect::<Vec<_>>().join(" AND "));
        let mut statement = old.prepare(&sql)?;
        let mut found = Found::default();
        for indexed in indexed {
            let row = statement.query_row(params_from_iter(at.iter().map(|&at| &indexed[at])), values).optional();
            match row {
                Err(error) if is_damage(&error) => found.lost.push(indexed),
                row => found.rows.extend(row?),
            }
        }
        Ok(Some(found))
    }

    /// What the index has, in the order that the rest counts on.
    fn indexed(&self) -> &'static str {
        match self.name {
            "members" => "room, account",
            "origins" => "id, device, start",
            "tokens" => "account, hash",
            _ => "account, key",
        }
    }

    /// The rows before the first page that can't be read, and those after the last. Gives whether there is one.
    fn read_from_both_ends(&self, old: &Connection, room: Option<i64>, into: &mut Vec<Vec<Value>>) -> Result<bool> {
        let which = if room.is_some() { "WHERE room = ?1" } else { "WHERE ?1 IS NULL" };
        for order in ["ASC", "DESC"] {
            let by: Vec<_> = self.key.iter().map(|column| format!("{column} {order}")).collect();
            let sql = format!("SELECT * FROM {} NOT INDEXED {which} ORDER BY {}", self.name, by.join(", "));
            let mut statement = old.prepare(&sql)?;
            let mut rows = statement.query([room])?;
            loop {
                match rows.next() {
                    Ok(Some(row)) => into.push(values(row)?),
                    Ok(None) => return Ok(false),
                    Err(error) if is_damage(&error) => break,
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(true)
    }

    /// Writes what was found to a new tree, which takes the old one's place.
    fn renew(&self, conn: &Connection, found: &Found) -> Result<()> {
        let name = self.name;
        let sql = "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?1";
        let made: String = conn.query_row(sql, [name], |row| row.get(0))?;
        let fresh = format!("mended_{name}");
        conn.execute_batch(&made.replacen(&format!("TABLE {name}"), &format!("TABLE {fresh}"), 1))?;
        for row in &found.rows {
            let places = vec!["?"; row.len()].join(", ");
            let mut copy = conn.prepare_cached(&format!("INSERT INTO {fresh} VALUES ({places})"))?;
            match copy.execute(params_from_iter(row)) {
                // What lies at both ends is found twice.
                Err(error) if is_contradiction(&error) => {}
                done => drop(done?),
            }
        }
        for index in indexes(conn)?.iter().filter(|index| index.table == name) {
            // Those of constraints came with the table.
            let by_constraint = index.name.replacen("autoindex_", "autoindex_mended_", 1);
            let fresh = if by_constraint == index.name { index.make(conn, &fresh)? } else { by_constraint };
            take_place(conn, &fresh, &index.name)?;
        }
        take_place(conn, &fresh, name)
    }

    /// Puts back what others know of what is lost. Gives what is lost for good, in words.
    fn make_up_for(&self, conn: &Connection, found: &Found) -> Result<Vec<String>> {
        let Found { lost, rooms, is_more_lost, .. } = found;
        let in_rooms = |what: &str| -> Result<Vec<String>> {
            rooms.iter().map(|&room| Ok(format!("{what} of {} may be lost", called(conn, room)?))).collect()
        };
        let if_more = |what: &str| if *is_more_lost { vec![what.to_owned()] } else { Vec::new() };
        Ok(match self.name {
            "devices" => {
                for device in lost {
                    let sql = "INSERT INTO devices (account, key, label, since) VALUES (?1, ?2, '', 0)";
                    conn.execute(sql, params_from_iter(device))?;
                }
                let mut said = of_accounts(conn, lost, "devices have lost their labels, and are let in as before")?;
                said.extend(if_more("devices may be lost: whoever is not let in any more logs in with a password"));
                said
            }
            "tokens" => {
                let mut said = of_accounts(conn, lost, "tokens are lost: make new ones")?;
                said.extend(if_more("tokens may be lost: make new ones"));
                said
            }
            "invites" => if_more("invitations to this server may be lost: make new ones"),
            "members" => {
                let mut said = lost.iter().map(|member| put_back(conn, member)).collect::<Result<Vec<_>>>()?.concat();
                said.extend(in_rooms("members, with their roles,")?);
                said
            }
            "invited" => in_rooms("invitations")?,
            "mutes" => in_rooms("mutes")?,
            "pins" => in_rooms("pins")?,
            "bans" => {
                let mut said = in_rooms("bans")?;
                said.extend(ban_again(conn)?);
                said
            }
            "banned_devices" => in_rooms("the devices of bans")?,
            "origins" => {
                for origin in lost {
                    let sql = "INSERT INTO origins (id, device, start) VALUES (?1, ?2, ?3)";
                    conn.execute(sql, params_from_iter(origin))?;
                }
                if !is_more_lost {
                    return Ok(Vec::new());
                }
                // Entries refer to them: what stands there now is no device's.
                let sql =
                    "INSERT INTO origins (id, device, start) SELECT DISTINCT origin, zeroblob(32), origin FROM entries
                           WHERE origin NOT IN (SELECT id FROM origins)";
                match conn.execute(sql, ()) {
                    Ok(0) => Vec::new(),
                    done => {
                        done?;
                        vec![
                            "by which device some messages were sent is lost: what it sends again may appear twice"
                                .to_owned(),
                        ]
                    }
                }
            }
            // It is counted anew by whoever has looked after the entries (`mend`).
            "lost" => Vec::new(),
            // These are the store's own: all rooms begin anew for devices, whatever they have seen.
            _ => begin_anew(conn)?,
        })
    }
}

fn values(row: &Row<'_>) -> Result<Vec<Value>> {
    (0..row.as_ref().column_count()).map(|at| row.get(at)).collect()
}

/// A room, as an operator would say it.
pub(super) fn called(conn: &Connection, room: i64) -> Result<String> {
    let sql = "SELECT ifnull('#' || name, 'the direct messages of ' || (SELECT name FROM accounts WHERE id = small) || ' and ' ||
               (SELECT name FROM accounts WHERE id = large)) FROM rooms WHERE id = ?1";
    conn.query_row(sql, [room], |row| row.get(0))
}

/// One line for each account among rows that begin with one.
fn of_accounts(conn: &Connection, rows: &[Vec<Value>], what: &str) -> Result<Vec<String>> {
    let mut accounts: Vec<_> = rows.iter().map(|row| &row[0]).collect();
    accounts.dedup();
    let sql = "SELECT name FROM accounts WHERE id = ?1";
    let said = |account| Ok(format!("{}: {what}", conn.query_row(sql, [account], |row| row.get::<_, String>(0))?));
    accounts.into_iter().map(said).collect()
}

/// A member of whom only that is known: stays in with the least of rights.
fn put_back(conn: &Connection, member: &[Value]) -> Result<Vec<String>> {
    let sql = "INSERT INTO members (room, account, role, since)
               SELECT id, ?2, 0, CASE WHEN access = 0 OR name IS NULL THEN 0 ELSE head END FROM rooms WHERE id = ?1";
    conn.execute(sql, params_from_iter(member))?;
    let sql = "SELECT a.name, r.id, r.name IS NULL FROM accounts a, rooms r WHERE r.id = ?1 AND a.id = ?2";
    let (name, room, is_direct): (String, i64, bool) =
        conn.query_row(sql, params_from_iter(member), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    if is_direct {
        return Ok(Vec::new());
    }
    Ok(vec![format!(
        "{name} is in {} as an ordinary member: which role it was, and from where on it may be read, is lost",
        called(conn, room)?
    )])
}

/// Bans that are lost, and whose devices are not: for ever, since nobody knows until when they were.
fn ban_again(conn: &Connection) -> Result<Vec<String>> {
    let sql = "INSERT INTO bans (room, account) SELECT DISTINCT room, account FROM banned_devices d
               WHERE NOT EXISTS (SELECT 1 FROM bans b WHERE b.room = d.room AND b.account = d.account)
               RETURNING room, (SELECT name FROM accounts WHERE id = account)";
    let banned = all(conn, sql, (), |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
    banned
        .into_iter()
        .map(|(room, name)| Ok(format!("{name} stays banned from {}: until when is lost", called(conn, room)?)))
        .collect()
}

fn begin_anew(conn: &Connection) -> Result<Vec<String>> {
    conn.execute_batch("DELETE FROM epochs; DELETE FROM epoch_heads")?;
    set(conn, "is_copy", 1)?;
    Ok(vec!["what this store knew of itself is lost: devices read all rooms anew".to_owned()])
}
