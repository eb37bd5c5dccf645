-- A mute is the account's, and not the member's: leaving and coming back does not end it.

CREATE TABLE mutes (
    room INTEGER NOT NULL REFERENCES rooms,
    account INTEGER NOT NULL REFERENCES accounts,
    -- It ends then, or when it is lifted.
    until INTEGER,
    PRIMARY KEY (room, account)
) STRICT, WITHOUT ROWID;

-- What had no end was the last moment that there is.
INSERT INTO mutes (room, account, until)
    SELECT room, account, nullif(muted_until, -1) FROM members WHERE muted_until IS NOT NULL;
ALTER TABLE members DROP COLUMN muted_until;
