#!/usr/bin/env bash
# A terminal that is called xterm-256color can repeat a character (REP, CSI n b): its entry in terminfo says so, and curses
# makes use of it. pyte, a terminal in memory by which programs with screens are tested and recorded, passes for such a
# terminal and does not know the sequence; most of a repeated run is missing from its screen, without an error:
#
#   pyte 0.8.2 shows 1 dash of 12; tmux shows all.
#
# A test that compares such a screen fails only where the run is long enough for curses to choose REP, or passes on a wrong one.
set -euo pipefail
scratch=$(mktemp -d)
trap 'tmux -L repeat-finding kill-server 2>/dev/null || true; rm -rf "$scratch"' EXIT
cd "$scratch"

python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check pyte==0.8.2

# What the description of the terminal gives for twelve dashes (45 is the dash).
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
  tmux -L repeat-finding -f /dev/null new-session -d -x 20 -y 2 "cat octets; exec sleep 60"
  for _ in $(seq 100); do tmux -L repeat-finding capture-pane -p | grep -q '|' && break; sleep 0.1; done
  printf 'tmux shows  '; tmux -L repeat-finding capture-pane -p | head -1
} | tee seen

diff - seen <<'EXPECTED'
octets      -ESC[11b|
pyte shows  -|
tmux shows  ------------|
EXPECTED
