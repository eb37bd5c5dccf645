//! One deadline per session, in a binary heap that knows where each session stands in it, so that a deadline is moved in
//! place and nothing stale is left behind.

use alloc::vec::Vec;

use crate::time::Instant;

/// Deadlines by session index.
#[derive(Default)]
pub(super) struct Timers {
    heap: Vec<(Instant, u32)>,
    /// Where each index stands in the heap.
    places: Vec<Option<u32>>,
}

impl Timers {
    /// The earliest deadline and whose it is.
    pub(super) fn first(&self) -> Option<(Instant, u32)> {
        self.heap.first().copied()
    }

    /// Sets, moves or removes the deadline of `index`.
    pub(super) fn set(&mut self, index: u32, deadline: Option<Instant>) {
        let at = index as usize;
        if at >= self.places.len() {
            self.places.resize(at + 1, None);
        }
        match (self.places[at], deadline) {
            (Some(place), Some(deadline)) => {
                self.heap[place as usize].0 = deadline;
                self.sift(place as usize);
            }
            (None, Some(deadline)) => {
                self.heap.push((deadline, index));
                self.sift(self.heap.len() - 1);
            }
            (Some(place), None) => {
                self.heap.swap_remove(place as usize);
                self.places[at] = None;
                if (place as usize) < self.heap.len() {
                    self.sift(place as usize);
                }
            }
            (None, None) => {}
        }
    }

    /// Moves the entry at `place` up or down to where it belongs, and writes down every new place.
    fn sift(&mut self, mut place: usize) {
        let entry = self.heap[place];
        while place > 0 && entry < self.heap[(place - 1) / 2] {
            self.put((place - 1) / 2, place);
            place = (place - 1) / 2;
        }
        loop {
            let left = 2 * place + 1;
            let Some(smaller) = (left..self.heap.len().min(left + 2)).min_by_key(|&child| self.heap[child]) else {
                break;
            };
            if entry <= self.heap[smaller] {
                break;
            }
            self.put(smaller, place);
            place = smaller;
        }
        self.heap[place] = entry;
        self.places[entry.1 as usize] = Some(u32::try_from(place).expect("indices are 32 bits"));
    }

    fn put(&mut self, from: usize, to: usize) {
        self.heap[to] = self.heap[from];
        self.places[self.heap[to].1 as usize] = Some(u32::try_from(to).expect("indices are 32 bits"));
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeMap;

    use super::*;
    use crate::rng::Rng;

    #[test]
    fn it_agrees_with_a_sorted_map() {
        let mut rng = Rng::from_number(1);
        let mut timers = Timers::default();
        let mut model = BTreeMap::new();
        for _ in 0..20_000 {
            let index = u32::try_from(rng.below(50)).expect("small");
            if rng.chance(0.3) {
                timers.set(index, None);
                model.remove(&index);
            } else {
                let at = Instant::from_micros(rng.below(1000));
                timers.set(index, Some(at));
                model.insert(index, at);
            }
            let first = model.iter().map(|(&index, &at)| (at, index)).min();
            assert_eq!(timers.first(), first);
            assert_eq!(timers.heap.len(), model.len());
        }
    }
}
