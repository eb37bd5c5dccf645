-- Numbers are SQLite's signed 64 bits; those that use all 64 unsigned ones (log ids, starts, counters, times) are stored as
-- the same bits and never compared here.

CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE accounts (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    folded TEXT NOT NULL UNIQUE,
    skeleton TEXT NOT NULL UNIQUE,
    phc TEXT,
    is_owner INTEGER NOT NULL,
    is_gone INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE devices (
    key BLOB PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES accounts,
    label TEXT NOT NULL,
    since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX devices_by_account ON devices (account, key);

-- Hashes only: whoever copies this file has no token and no invitation.
CREATE TABLE tokens (
    hash BLOB PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES accounts,
    label TEXT NOT NULL,
    may_read INTEGER NOT NULL,
    may_write INTEGER NOT NULL,
    rooms TEXT,
    until INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX tokens_by_account ON tokens (account);

CREATE TABLE invites (
    hash BLOB PRIMARY KEY,
    uses INTEGER NOT NULL,
    until INTEGER
) STRICT, WITHOUT ROWID;

-- A room has a name, or the two accounts whose direct messages it holds.
CREATE TABLE rooms (
    id INTEGER PRIMARY KEY,
    name TEXT,
    folded TEXT UNIQUE,
    skeleton TEXT UNIQUE,
    small INTEGER REFERENCES accounts,
    large INTEGER REFERENCES accounts,
    log INTEGER NOT NULL,
    head INTEGER NOT NULL DEFAULT 0,
    -- Bodies up to here are gone, whatever the table of entries still has.
    floor INTEGER NOT NULL DEFAULT 0,
    -- Numbers after the first and up to the second are still to be gone over by pruning.
    sweep_from INTEGER NOT NULL DEFAULT 0,
    sweep_to INTEGER NOT NULL DEFAULT 0,
    -- The time of the last entry.
    latest INTEGER NOT NULL DEFAULT 0,
    access INTEGER NOT NULL,
    phc TEXT,
    topic TEXT NOT NULL DEFAULT '',
    slow_s INTEGER NOT NULL DEFAULT 0,
    retention INTEGER NOT NULL DEFAULT 0,
    retention_of INTEGER NOT NULL DEFAULT 0,
    UNIQUE (small, large),
    CHECK ((name IS NULL) <> (small IS NULL))
) STRICT;

CREATE TABLE members (
    room INTEGER NOT NULL REFERENCES rooms,
    account INTEGER NOT NULL REFERENCES accounts,
    role INTEGER NOT NULL,
    since INTEGER NOT NULL,
    muted_until INTEGER,
    delivered INTEGER NOT NULL DEFAULT 0,
    read INTEGER NOT NULL DEFAULT 0,
    shown_read INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (room, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_by_account ON members (account, room);

CREATE TABLE invited (
    room INTEGER NOT NULL REFERENCES rooms,
    account INTEGER NOT NULL REFERENCES accounts,
    PRIMARY KEY (room, account)
) STRICT, WITHOUT ROWID;

CREATE TABLE bans (
    room INTEGER NOT NULL REFERENCES rooms,
    account INTEGER NOT NULL REFERENCES accounts,
    until INTEGER,
    PRIMARY KEY (room, account)
) STRICT, WITHOUT ROWID;

CREATE TABLE banned_devices (
    room INTEGER NOT NULL,
    account INTEGER NOT NULL,
    device BLOB NOT NULL,
    PRIMARY KEY (room, account, device),
    FOREIGN KEY (room, account) REFERENCES bans ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- A device's start: half of the id of whatever it writes until the next.
CREATE TABLE origins (
    id INTEGER PRIMARY KEY,
    device BLOB NOT NULL,
    start INTEGER NOT NULL,
    UNIQUE (device, start)
) STRICT;

-- A row stays for ever, with its number and the id that makes a repeat harmless; its body may go.
CREATE TABLE entries (
    -- The order in which entries of all rooms were taken: search gives its results by it.
    id INTEGER PRIMARY KEY,
    room INTEGER NOT NULL REFERENCES rooms,
    number INTEGER NOT NULL,
    -- Never before the one before it.
    at INTEGER NOT NULL,
    author INTEGER NOT NULL REFERENCES accounts,
    origin INTEGER NOT NULL REFERENCES origins,
    counter INTEGER NOT NULL,
    hash BLOB NOT NULL,
    -- The entry that it is an edit of.
    edit_of INTEGER,
    -- Its newest edit.
    edited_by INTEGER,
    body BLOB
) STRICT;
CREATE UNIQUE INDEX entries_by_number ON entries (room, number);
CREATE UNIQUE INDEX entries_by_origin ON entries (origin, counter);
CREATE INDEX edits ON entries (room, edit_of, number) WHERE edit_of IS NOT NULL;

-- The words of texts, by the row of the entry; of edited ones the newest edit's. They come folded and separated by spaces
-- (see text.rs), and nothing but letters and digits is in them: this tokenizer only splits. The room is a word too, so that
-- a search in one room does not go through all the others. Entries after `listed` (in meta) are not in it yet.
CREATE VIRTUAL TABLE words USING fts5 (
    room, text, content = '', contentless_delete = 1, tokenize = 'ascii', prefix = '3'
);
INSERT INTO words (words, rank) VALUES ('automerge', 8);
