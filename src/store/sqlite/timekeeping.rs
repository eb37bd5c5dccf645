//! What is known of the wall clock, among the store's own numbers. A number that is not there is 0: a store of which no server
//! has told anything knows nothing.

use std::time::Duration;

use chinwag_proto::time::{BootId, Instant, Uptime, WallTime};
use rusqlite::{Connection, Result};

use super::meta::{flag, number, set};
use super::value::bits;
use crate::{Reading, Timekeeping};

const BELIEVED: [&str; 4] = ["clock_believed", "clock_believed_wall", "clock_believed_boot", "clock_believed_since"];
const DOUBTED: [&str; 4] = ["clock_doubted", "clock_doubted_wall", "clock_doubted_boot", "clock_doubted_since"];
const SET_BACK: &str = "clock_set_back";
const ENDED: &str = "clock_ended";
const WAITED: &str = "clock_waited";

pub(super) fn load(conn: &Connection) -> Result<Timekeeping> {
    let unsigned = |key| number(conn, key, 0).map(i64::cast_unsigned);
    Ok(Timekeeping {
        believed: reading(conn, BELIEVED)?,
        is_set_back: flag(conn, SET_BACK)?,
        ended: WallTime::from_unix_millis(unsigned(ENDED)?),
        doubted: reading(conn, DOUBTED)?,
        waited: Duration::from_micros(unsigned(WAITED)?),
    })
}

fn reading(conn: &Connection, [is_there, wall, boot, since]: [&str; 4]) -> Result<Option<Reading>> {
    if !flag(conn, is_there)? {
        return Ok(None);
    }
    let unsigned = |key| number(conn, key, 0).map(i64::cast_unsigned);
    let uptime = Uptime { boot: BootId(unsigned(boot)?), since: Instant::from_micros(unsigned(since)?) };
    Ok(Some(Reading { wall: WallTime::from_unix_millis(unsigned(wall)?), uptime }))
}

pub(super) fn save(conn: &Connection, known: &Timekeeping) -> Result<()> {
    let Timekeeping { believed, is_set_back, ended, doubted, waited } = known;
    for (keys, reading) in [(BELIEVED, believed), (DOUBTED, doubted)] {
        let [is_there, wall, boot, since] = keys;
        set(conn, is_there, i64::from(reading.is_some()))?;
        if let Some(Reading { wall: at, uptime }) = reading {
            set(conn, wall, bits(at.as_unix_millis()))?;
            set(conn, boot, bits(uptime.boot.0))?;
            set(conn, since, bits(uptime.since.as_micros()))?;
        }
    }
    set(conn, SET_BACK, i64::from(*is_set_back))?;
    set(conn, ENDED, bits(ended.as_unix_millis()))?;
    set(conn, WAITED, i64::try_from(waited.as_micros()).unwrap_or(i64::MAX))
}
