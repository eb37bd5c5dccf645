#!/usr/bin/env bash
# A terminal that is called xterm-256color can repeat a character (REP, CSI n b): its entry in terminfo says so, and curses
# makes use of it. Two terminals in memory, by which programs with screens are tested, pass for xterm-256color and do not know
# the sequence; most of a repeated run is missing from their screens, without an error:
#
#   pyte 0.8.2 (Python) and vt100 0.16.2 (Rust) show 1 character of 12; tmux shows all.
#
# A test that compares such a screen fails only where the run is long enough for curses to choose REP, or passes on a wrong one.
set -euo pipefail
scratch=$(mktemp -d)
trap 'tmux -L chinwag-finding kill-server 2>/dev/null || true; rm -rf "$scratch"' EXIT
cd "$scratch"

python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check pyte==0.8.2
mkdir -p vt/src
cat >vt/Cargo.toml <<'TOML'
[package]
name = "vt"
version = "0.0.0"
edition = "2021"

[dependencies]
vt100 = "=0.16.2"
TOML
cat >vt/src/main.rs <<'RUST'
use std::io::Read as _;

fn main() {
    let (mut octets, mut parser) = (Vec::new(), vt100::Parser::new(2, 20, 0));
    std::io::stdin().read_to_end(&mut octets).unwrap();
    parser.process(&octets);
    println!("vt100 shows {}", parser.screen().contents());
}
RUST
cargo build --quiet --manifest-path vt/Cargo.toml

# What the description of the terminal gives for twelve dashes.
tput -T xterm-256color rep 45 12 >octets
printf '|' >>octets
{
  printf 'octets      '; sed 's/\x1b/ESC/' octets; echo
  python/bin/python - <<'PY'
import pyte
screen = pyte.Screen(20, 2)
pyte.ByteStream(screen).feed(open("octets", "rb").read())
print("pyte shows ", screen.display[0].rstrip())
PY
  vt/target/debug/vt <octets
  tmux -L chinwag-finding -f /dev/null new-session -d -x 20 -y 2 "cat octets; touch shown; exec sleep 60"
  until [ -e shown ] && tmux -L chinwag-finding capture-pane -p | grep -q '|'; do sleep 0.1; done
  printf 'tmux shows  '; tmux -L chinwag-finding capture-pane -p | head -1
} | tee seen

diff - seen <<'EXPECTED'
octets      -ESC[11b|
pyte shows  -|
vt100 shows -|
tmux shows  ------------|
EXPECTED
