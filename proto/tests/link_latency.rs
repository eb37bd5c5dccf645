//! The latency that the design promises, in virtual time. The release command measures 100,000 messages a row; here fewer,
//! with the same bounds, and a seed that is printed when they do not hold.

use chinwag_simnet::latency::{CASES, Pattern, measure};

/// Bounds in µs for each case of the report: p50, p99, p99.9, and datagrams for each message.
const BOUNDS: [(u64, u64, u64, f64); 6] = [
    (600, 3_000, 5_500, 2.0),
    (600, 8_000, 17_000, 3.0),
    (21_000, 35_000, 70_000, 4.0),
    (21_000, 80_000, 210_000, 5.0),
    (25_000, 90_000, 90_000, 1.15),
    (21_000, 40_000, 60_000, 3.0),
];

#[test]
fn latencies_hold() {
    let seed = 1;
    let messages = if std::env::var_os("CHINWAG_LONG").is_some() { 100_000 } else { 20_000 };
    for (case, (p50, p99, p999, datagrams)) in CASES.into_iter().zip(BOUNDS) {
        let row = measure(case, messages, seed);
        eprintln!("{row:?}");
        assert!(row.p50_us <= p50 && row.p99_us <= p99 && row.p999_us <= p999, "seed {seed}: {row:?}");
        assert!(row.datagrams_per_message <= datagrams, "seed {seed}: {row:?}");
        if case.pattern == Pattern::Isolated && case.rtt_ms == 40 {
            assert!(row.p99_us < row.ideal_p99_us, "copies beat asking: {row:?}");
        }
    }
}
