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
