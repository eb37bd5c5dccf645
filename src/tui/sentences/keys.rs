//! What the keys are for, as the help shows it.

/// Keys, and what they do. A second row of the same keys names none.
pub(in crate::tui) const KEYS: &[(&str, &str)] = &[
    ("Enter", "send; Alt-Enter or Ctrl-J begins a new line"),
    ("Tab", "complete a name, room, command or :emoji:"),
    ("Up, Down", "lines, then what you typed before"),
    ("PgUp, PgDn", "scroll; Esc goes to the end"),
    ("Shift-Up", "choose a message: r reply, e edit, d delete, p pin,"),
    ("", "+ react, o open its link, y copy its link or text"),
    ("Ctrl-K", "go to a room or person by a few letters"),
    ("Alt-A", "go to the next room with something new"),
    ("Alt-Up, Alt-Down", "the room above, below; Alt-1 … Alt-9 by place"),
    ("Ctrl-F", "search"),
    ("F2, F3", "hide or show rooms, people"),
    ("Ctrl-T", "another theme"),
    ("Alt-M", "leave the mouse to the terminal, to select text"),
    ("Ctrl-Z", "suspend; Ctrl-L draws anew"),
    ("Ctrl-C", "empty the line; on an empty one, go"),
];
