//! Presence converges: once the network is well, every roster names those who are there and nobody else.

use std::collections::BTreeSet;

use chinwag_proto::wire::message::Presence;

use super::{Findings, Promise};

/// Compares a roster with who is there.
pub fn check(
    reader: &str,
    room: &str,
    roster: &[(String, Presence)],
    there: &BTreeSet<String>,
    findings: &mut Findings,
) {
    let online = roster.iter().filter(|(_, presence)| *presence == Presence::Online);
    let shown = online.map(|(name, _)| name.clone()).collect::<BTreeSet<_>>();
    let missing = there.difference(&shown).cloned().collect::<Vec<_>>();
    let ghosts = shown.difference(there).cloned().collect::<Vec<_>>();
    if !missing.is_empty() {
        findings.add(Promise::Presence, format!("{reader} does not see {} in {room}", missing.join(", ")));
    }
    if !ghosts.is_empty() {
        findings.add(Promise::Presence, format!("{reader} sees {} in {room}, who left", ghosts.join(", ")));
    }
    let names = roster.iter().map(|(name, _)| name).collect::<BTreeSet<_>>();
    if names.len() != roster.len() {
        findings.add(Promise::Presence, format!("{reader}'s roster of {room} names someone twice"));
    }
}
