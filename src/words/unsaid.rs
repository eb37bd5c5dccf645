//! What of a user's messages is not stored, said while the program goes on and when it ends.

use chinwag_desk::Unsaid;

/// What is not stored by a program that ends.
#[must_use]
pub fn unsaid(unsaid: Unsaid) -> String {
    let lost = match unsaid.lost {
        0 => return still_unsaid(unsaid),
        1 => "one message is lost, since it could not be kept on this device".to_owned(),
        more => format!("{more} messages are lost, since they could not be kept on this device"),
    };
    let Unsaid { count, kept, lost: of_those } = unsaid;
    match count.saturating_sub(of_those) {
        0 => lost,
        rest => format!("{lost}; {}", still_unsaid(Unsaid { count: rest, kept, lost: 0 })),
    }
}

/// What is not stored yet while the program goes on.
pub(crate) fn still_unsaid(unsaid: Unsaid) -> String {
    let Unsaid { count, kept, lost } = unsaid;
    let so = match (kept == count, lost) {
        (true, _) => "; kept here, and sent by the next chinwag that connects".to_owned(),
        (false, 0) => String::new(),
        (false, 1) if count == 1 => {
            ", and could not be kept on this device: it is lost if this program ends first".to_owned()
        }
        (false, lost) => format!(
            "; of these, {lost} could not be kept on this device, and what is not kept is lost if this program ends first"
        ),
    };
    match count {
        1 => format!("one message is not stored yet{so}"),
        more => format!("{more} messages are not stored yet{so}"),
    }
}
