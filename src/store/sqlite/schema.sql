-- What a store is made of. docs/store.md says what each table is for; the index of words is made by words.sql.
--
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
    is_gone INTEGER NOT NULL DEFAULT 0,
    -- Octets that its entries use up: so many for each that ever was, and those of its body as long as it is there (see
    -- `store::uses`). What is counted here is what there is: quotas are of accounts and rooms.
    used INTEGER NOT NULL DEFAULT 0,
    -- An outside program vouches for the account, and did so last then (ms since 1970); NULL: a local account.
    vouched_at INTEGER
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
    rules TEXT NOT NULL DEFAULT '',
    retention INTEGER NOT NULL DEFAULT 0,
    retention_of INTEGER NOT NULL DEFAULT 0,
    -- Octets that its entries use up, as of accounts.
    used INTEGER NOT NULL DEFAULT 0,
    UNIQUE (small, large),
    CHECK ((name IS NULL) <> (small IS NULL))
) STRICT;

CREATE TABLE members (
    room INTEGER NOT NULL REFERENCES rooms,
    account INTEGER NOT NULL REFERENCES accounts,
    role INTEGER NOT NULL,
    since INTEGER NOT NULL,
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

-- What has lost its body is not here.
CREATE TABLE pins (
    room INTEGER NOT NULL REFERENCES rooms,
    number INTEGER NOT NULL,
    PRIMARY KEY (room, number)
) STRICT, WITHOUT ROWID;

-- A mute is the account's, and not the member's: leaving and coming back does not end it.
CREATE TABLE mutes (
    room INTEGER NOT NULL REFERENCES rooms,
    account INTEGER NOT NULL REFERENCES accounts,
    -- It ends then, or when it is lifted.
    until INTEGER,
    PRIMARY KEY (room, account)
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

-- Entries that lay on a damaged page when the store was mended: they are not there, and whoever reads is told.
CREATE TABLE lost (
    room INTEGER NOT NULL REFERENCES rooms,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (room, first)
) STRICT, WITHOUT ROWID;

-- Each run of a server on this store, so that a store that was put back is told from the one that its devices have seen.
CREATE TABLE epochs (
    place INTEGER PRIMARY KEY,
    id INTEGER NOT NULL
) STRICT;

-- The head of a log when the first epoch in which it grew began, and each further one.
CREATE TABLE epoch_heads (
    room INTEGER NOT NULL REFERENCES rooms,
    epoch INTEGER NOT NULL,
    head INTEGER NOT NULL,
    PRIMARY KEY (room, epoch)
) STRICT, WITHOUT ROWID;
