-- The index of words merges its segments when it is told to, in small steps between batches (see listing.rs), and not by itself
-- in the middle of a commit. Only a level with very many segments, to which nobody gave the time, is still merged at once.
INSERT INTO words (words, rank) VALUES ('automerge', 0);
INSERT INTO words (words, rank) VALUES ('usermerge', 8);
INSERT INTO words (words, rank) VALUES ('crisismerge', 128);
