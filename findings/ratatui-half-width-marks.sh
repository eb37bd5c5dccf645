#!/usr/bin/env bash
# ratatui counts the half-width sound marks of Japanese (U+FF9E, U+FF9F) twice. A syllable like ｶﾞ is one character as a reader
# counts them, and two columns wide in a terminal: unicode-width says so, because it gives each of the marks a column of its own.
# ratatui asks unicode-width and then adds a column for each mark. What is drawn behind such a text, or measured to be put in
# columns, stands one column too far to the right for each mark.
#
#   ratatui 0.30.2 (ratatui-core 0.1.2) with unicode-width 0.2.3: the bar of `ｶﾞ|` stands in column 3, where a terminal that is
#   given the same text has it in column 2; tmux 3 puts it there, too.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

mkdir src
cat >Cargo.toml <<'TOML'
[package]
name = "marks"
version = "0.0.0"
edition = "2021"

[dependencies]
ratatui-core = "=0.1.2"
unicode-width = "=0.2.3"
TOML
cat >src/main.rs <<'RUST'
use ratatui_core::buffer::Buffer;
use ratatui_core::layout::Rect;
use ratatui_core::style::Style;
use unicode_width::UnicodeWidthStr;

fn main() {
    for text in ["ab", "你", "カ", "ｶ", "ｶﾞ", "ﾊﾟ", "ﾊﾟﾊﾟ"] {
        let mut screen = Buffer::empty(Rect::new(0, 0, 16, 1));
        screen.set_string(0, 0, format!("{text}|"), Style::default());
        let bar = (0..16).find(|column| screen[(*column, 0)].symbol() == "|");
        println!("{text}: {} columns by unicode-width, the bar in column {}", text.width(), bar.unwrap());
    }
}
RUST
cargo run --quiet | tee seen

diff - seen <<'EXPECTED'
ab: 2 columns by unicode-width, the bar in column 2
你: 2 columns by unicode-width, the bar in column 2
カ: 2 columns by unicode-width, the bar in column 2
ｶ: 1 columns by unicode-width, the bar in column 1
ｶﾞ: 2 columns by unicode-width, the bar in column 3
ﾊﾟ: 2 columns by unicode-width, the bar in column 3
ﾊﾟﾊﾟ: 4 columns by unicode-width, the bar in column 6
EXPECTED
