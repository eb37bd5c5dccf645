-- Octets that entries use up: so many for each that ever was, and those of its body as long as it is there (see `store::uses`).
-- What is counted here is what there is: quotas are of accounts and rooms.
ALTER TABLE accounts ADD COLUMN used INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rooms ADD COLUMN used INTEGER NOT NULL DEFAULT 0;
UPDATE accounts SET used = sums.used FROM (
    SELECT author, sum(128 + ifnull(length(body), 0)) AS used FROM entries GROUP BY author
) AS sums WHERE sums.author = accounts.id;
UPDATE rooms SET used = sums.used FROM (
    SELECT room, sum(128 + ifnull(length(body), 0)) AS used FROM entries GROUP BY room
) AS sums WHERE sums.room = rooms.id;
