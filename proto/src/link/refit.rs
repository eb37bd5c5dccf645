//! The path is narrower than was thought: what is under way, and does not fit any more, begins anew.

use super::pieces::Lane;
use super::state::Link;

/// Cuts anew what was cut, or went whole, for longer datagrams. Its lane goes back to the first such message and sends again
/// what was not acknowledged from there on: in order, and no faster than anything new.
pub(super) fn begin_anew(link: &mut Link) {
    for (lane, from) in link.pieces.misfits(link.path_mtu.fragment_len()) {
        link.pieces.withdraw(lane, from);
        match lane {
            Lane::Room { slot, generation } => {
                let room = link.rooms.get_mut(slot);
                if room.generation == generation {
                    room.next = room.next.min(from);
                    room.next_fragment = 0;
                    link.rooms.wake(slot);
                }
            }
            Lane::Control => link.control.rewind(from),
            Lane::Bulk => link.bulk.rewind(from),
        }
    }
}
