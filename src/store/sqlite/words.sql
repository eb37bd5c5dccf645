-- The words of texts, by the row of the entry; of edited ones the newest edit's. They come folded and separated by spaces
-- (see text.rs), and nothing but letters, digits and pictures is in them: this tokenizer only splits. The room is a word too, so
-- that a search in one room does not go through all the others. Entries after `listed` (in meta) are not in it yet.
-- Beginnings of words have no index of their own: it would make a search for three letters twice as fast, and take half of the time
-- in which a long text is listed, while everybody's messages wait.
CREATE VIRTUAL TABLE words USING fts5 (
    room, text, content = '', contentless_delete = 1, tokenize = 'ascii'
);
-- It merges its segments when it is told to, in small steps between batches (see listing.rs), and not by itself in the middle of
-- a commit. Only a level with very many segments, to which nobody gave the time, is still merged at once.
INSERT INTO words (words, rank) VALUES ('automerge', 0);
INSERT INTO words (words, rank) VALUES ('usermerge', 8);
INSERT INTO words (words, rank) VALUES ('crisismerge', 128);
