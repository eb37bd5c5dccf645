//! What the log says of the wall clock.

use crate::cli::admin::date;
use crate::server::ClockTurn;

/// The clock is not believed any more, or again.
pub(super) fn say(turn: ClockTurn) {
    match turn {
        ClockTurn::Doubted { wall, paced } => {
            let held = match paced {
                Some(paced) => format!("it should be {}", date(paced)),
                None => "nothing is known that it could be held against".to_owned(),
            };
            log::warn!(
                "this machine's clock says {}, and {held}: it is not believed, and nothing is removed for its age until it agrees, has \
                 run for a day without a further jump, or `chinwag admin clock confirm` says that it is right",
                date(wall)
            );
        }
        ClockTurn::Believed { wall, agrees: true } => {
            log::info!(
                "this machine's clock says {}, as it should: things are removed for their age again",
                date(wall)
            );
        }
        ClockTurn::Believed { wall, agrees: false } => log::warn!(
            "this machine's clock says {} and has run for a day without a further jump: it is believed, and things are removed for \
             their age again",
            date(wall)
        ),
    }
}
