//! What is typed after `chinwag bench fanout`, `latency`, `store`, `find`, `flood` and `heavy`.

use chinwag_proto::weather::Spec;
use clap::Args;

/// Many clients in one room, all in this process, against a server of their own.
#[derive(Clone, Debug, Args)]
pub struct FanoutArgs {
    /// Clients in the room
    #[arg(long, default_value_t = 1_000, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=20_000))]
    pub members: u32,
    /// Of them, so many write
    #[arg(long, default_value_t = 1, value_name = "P", value_parser = clap::value_parser!(u32).range(1..=20_000))]
    pub publishers: u32,
    /// Messages a second, of all publishers together
    #[arg(long, default_value_t = 100, value_name = "R", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub rate: u32,
    /// How long they write
    #[arg(long, default_value_t = 10, value_name = "S", value_parser = clap::value_parser!(u32).range(1..=3_600))]
    pub seconds: u32,
    /// Length of a message's text
    #[arg(long, default_value_t = 100, value_name = "B", value_parser = clap::value_parser!(u32).range(32..=65_536))]
    pub bytes: u32,
    /// Members beside these who join and then read no more, as a stopped process does
    #[arg(long, default_value_t = 0, value_name = "N", value_parser = clap::value_parser!(u32).range(..=1_000))]
    pub stopped: u32,
    /// As fast as it goes, instead of at a rate
    #[arg(long, conflicts_with = "rate")]
    pub saturate: bool,
    /// Messages under way when saturating: written, and not yet delivered to all
    #[arg(long, default_value_t = 256, value_name = "W", hide = true, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub window: u32,
    /// Threads that play the clients [default: one less than there are cores, which leaves one to the server]
    #[arg(long, value_name = "T", value_parser = clap::value_parser!(u32).range(1..=64))]
    pub threads: Option<u32>,
    /// Report as one JSON object
    #[arg(long)]
    pub json: bool,
}

/// One sender beside the server, one receiver behind bad weather.
#[derive(Clone, Debug, Args)]
pub struct LatencyArgs {
    /// The weather on the receiver's hop, in both directions: loss=10%,delay=20ms
    #[arg(long, value_name = "SPEC")]
    pub weather: Option<Spec>,
    /// Messages a second
    #[arg(long, default_value_t = 100, value_name = "R", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub rate: u32,
    /// How long
    #[arg(long, default_value_t = 30, value_name = "S", value_parser = clap::value_parser!(u32).range(1..=3_600))]
    pub seconds: u32,
    /// Length of a message's text
    #[arg(long, default_value_t = 100, value_name = "B", value_parser = clap::value_parser!(u32).range(32..=65_536))]
    pub bytes: u32,
    /// Report as one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Senders alone in their rooms against a server that syncs, and a store with a long past.
#[derive(Clone, Debug, Args)]
pub struct StoreArgs {
    /// Senders, each in a room of its own
    #[arg(long, default_value_t = 64, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub senders: u32,
    /// Messages of each that are not stored yet, at most
    #[arg(long, default_value_t = 32, value_name = "W", value_parser = clap::value_parser!(u32).range(1..=128))]
    pub window: u32,
    /// How long they write
    #[arg(long, default_value_t = 5, value_name = "S", value_parser = clap::value_parser!(u32).range(1..=3_600))]
    pub seconds: u32,
    /// Messages in the room with a past
    #[arg(long, default_value_t = 1_000_000, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    pub messages: u64,
    /// Report as one JSON object
    #[arg(long)]
    pub json: bool,
}

/// A server that is announced on the subnet, and seekers on this machine that know nothing.
#[derive(Clone, Debug, Args)]
pub struct FindArgs {
    /// So often it is looked for
    #[arg(long, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub tries: u32,
    /// Report as one JSON object
    #[arg(long)]
    pub json: bool,
}

/// A logged-in pair on this machine, in peace and under a flood of forged queries and beacons.
#[derive(Clone, Debug, Args)]
pub struct FloodArgs {
    /// Forged datagrams a second
    #[arg(long, default_value_t = 100_000, value_name = "F", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub flood: u32,
    /// Aim at the server's chat port instead of its port of discovery
    #[arg(long)]
    pub chat_port: bool,
    /// Messages a second of the pair
    #[arg(long, default_value_t = 100, value_name = "R", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub rate: u32,
    /// How long the pair talks, in peace and again under the flood
    #[arg(long, default_value_t = 10, value_name = "S", value_parser = clap::value_parser!(u32).range(1..=3_600))]
    pub seconds: u32,
    /// Report as one JSON object
    #[arg(long)]
    pub json: bool,
}

/// A logged-in pair on this machine, in peace, and beside members of other rooms who write, or read, as much as they may.
#[derive(Clone, Debug, Args)]
pub struct HeavyArgs {
    /// So many of them, after one alone
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=64))]
    pub heavy: u32,
    /// Length of each of their texts
    #[arg(long, default_value_t = 65_536, value_name = "B", value_parser = clap::value_parser!(u32).range(32..=65_536))]
    pub bytes: u32,
    /// Messages a second of the pair
    #[arg(long, default_value_t = 20, value_name = "R", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub rate: u32,
    /// Messages in the room that one reads
    #[arg(long, default_value_t = 100_000, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    pub messages: u64,
    /// How long the pair talks, each time
    #[arg(long, default_value_t = 20, value_name = "S", value_parser = clap::value_parser!(u32).range(1..=3_600))]
    pub seconds: u32,
    /// Report as one JSON object
    #[arg(long)]
    pub json: bool,
}
