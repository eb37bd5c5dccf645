//! What people give themselves and others: names, labels, passwords; whether they may.

use std::borrow::Cow;

use chinwag_proto::limits::{DEVICE_LABEL_MAX_LEN, PASSWORD_MIN_LEN, SECRET_MAX_LEN};
use chinwag_proto::wire::message::{Refusal, Secret, name, visible};

/// Whether something may be a password.
pub(super) fn check_new(password: Secret) -> Result<Secret, Refusal> {
    match password.reveal().len() {
        PASSWORD_MIN_LEN..=SECRET_MAX_LEN => Ok(password),
        _ => Err(Refusal::PasswordUnfit),
    }
}

/// Whether something may be a room's password: people tell it to each other, so it may be short.
pub(super) fn check_room_password(password: Secret) -> Result<Secret, Refusal> {
    match password.reveal().len() {
        1..=SECRET_MAX_LEN => Ok(password),
        _ => Err(Refusal::PasswordUnfit),
    }
}

/// What a device calls itself: a line that its account's other devices are shown.
pub(super) fn label_of(said: &str) -> Result<String, Refusal> {
    if said.len() > DEVICE_LABEL_MAX_LEN {
        return Err(Refusal::TooLarge);
    }
    visible::check_line(said).map(|()| said.to_owned()).map_err(|_| Refusal::TextUnfit)
}

/// The name of something new, composed.
pub(super) fn new_name(wanted: &str) -> Result<String, Refusal> {
    name::composed(wanted).map(Cow::into_owned).map_err(|_| Refusal::NameInvalid)
}
