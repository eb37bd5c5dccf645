CREATE TABLE cursor (
    account TEXT NOT NULL,
    room TEXT NOT NULL,
    log INTEGER NOT NULL,
    upto INTEGER NOT NULL,
    -- In which epochs of the server the log was seen: pairs of an epoch and an entry, 8 octets each, the lowest first.
    marks BLOB NOT NULL DEFAULT x'',
    PRIMARY KEY (account, room)
) STRICT, WITHOUT ROWID;

CREATE TABLE outbox (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    owner TEXT NOT NULL,
    account TEXT NOT NULL,
    room TEXT NOT NULL,
    start INTEGER NOT NULL,
    counter INTEGER NOT NULL,
    post BLOB NOT NULL,
    -- What the message refers to: a log, or a message that is not answered yet.
    log INTEGER,
    about_start INTEGER,
    about_counter INTEGER,
    -- Where there is no such room, one is made.
    makes_room INTEGER NOT NULL,
    UNIQUE (start, counter)
) STRICT;

-- How far the server had logs by what it said was stored for this device: also where the device has read nothing.
CREATE TABLE sent (
    account TEXT NOT NULL,
    room TEXT NOT NULL,
    log INTEGER NOT NULL,
    marks BLOB NOT NULL,
    PRIMARY KEY (account, room)
) STRICT, WITHOUT ROWID;

-- What was left without a connection.
CREATE TABLE leaving (
    account TEXT NOT NULL,
    room TEXT NOT NULL,
    PRIMARY KEY (account, room)
) STRICT, WITHOUT ROWID;

CREATE TABLE ignored (
    account TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (account, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE muted (
    account TEXT NOT NULL,
    room TEXT NOT NULL,
    PRIMARY KEY (account, room)
) STRICT, WITHOUT ROWID;

-- What is being typed, and in which program.
CREATE TABLE draft (
    account TEXT NOT NULL,
    room TEXT NOT NULL,
    owner TEXT NOT NULL,
    text TEXT NOT NULL,
    caret INTEGER NOT NULL,
    PRIMARY KEY (account, room, owner)
) STRICT, WITHOUT ROWID;

-- What the user has set.
CREATE TABLE setting (
    account TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (account, name)
) STRICT, WITHOUT ROWID;
