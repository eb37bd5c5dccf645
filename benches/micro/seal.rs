//! Sealing and opening a 100-byte message. The aim: at most 1 µs together.

use chinwag_proto::limits::{SEALED_HEADER_LEN, TAG_LEN};
use chinwag_proto::secure::{OpeningKey, SealingKey};
use chinwag_proto::wire::id::PacketNumber;
use divan::{Bencher, counter::ItemsCount};

#[divan::bench(args = [100, 1_170])]
fn seal_and_open(bencher: Bencher<'_, '_>, len: usize) {
    let (sealing, opening) = (SealingKey::new(&[1; 32]), OpeningKey::new(&[1; 32]));
    let mut datagram = vec![0x55; SEALED_HEADER_LEN + len + TAG_LEN];
    let mut number = 0;
    bencher.counter(ItemsCount::new(1_u32)).bench_local(move || {
        number += 1;
        let sealed = sealing.seal(PacketNumber(number), &mut datagram, len);
        opening.open(PacketNumber(number), &mut datagram[..sealed]).map(<[u8]>::len)
    });
}
