-- An outside program vouches for the account, and did so last then (ms since 1970); NULL: a local account.

ALTER TABLE accounts ADD COLUMN vouched_at INTEGER;
