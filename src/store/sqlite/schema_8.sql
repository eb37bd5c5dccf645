-- Entries that lay on a damaged page when the store was mended: they are not there, and whoever reads is told.
CREATE TABLE lost (
    room INTEGER NOT NULL REFERENCES rooms,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (room, first)
) STRICT, WITHOUT ROWID;
