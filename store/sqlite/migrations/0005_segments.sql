-- What records add up to, made of them so that questions are answered faster. It
-- is made again where it is missing.
CREATE TABLE segments (
    first_row  INTEGER NOT NULL PRIMARY KEY, -- the rowids of exchanges from here
    last_row   INTEGER NOT NULL,             -- to here are added up
    last_id    TEXT    NOT NULL,             -- of the record at last_row: reading in a dump numbers the rows anew
    first_slot INTEGER NOT NULL,             -- quarters of an hour since 1970 UTC
    last_slot  INTEGER NOT NULL,
    lines      INTEGER NOT NULL,
    format     INTEGER NOT NULL              -- of the columns
) STRICT;

CREATE TABLE segment_columns (
    segment INTEGER NOT NULL,                -- its first_row
    name    TEXT    NOT NULL,
    data    BLOB    NOT NULL,
    UNIQUE (segment, name)
) STRICT;

CREATE TABLE edits (                         -- one row
    count INTEGER NOT NULL                   -- of records that were changed or deleted
) STRICT;
INSERT INTO edits VALUES (0);

CREATE TRIGGER exchanges_deleted AFTER DELETE ON exchanges BEGIN
    UPDATE edits SET count = count + 1;
    DELETE FROM segment_columns WHERE segment IN (SELECT first_row FROM segments WHERE first_row <= old.rowid AND last_row >= old.rowid);
    DELETE FROM segments WHERE first_row <= old.rowid AND last_row >= old.rowid;
END;

CREATE TRIGGER exchanges_changed AFTER UPDATE ON exchanges BEGIN
    UPDATE edits SET count = count + 1;
    DELETE FROM segment_columns WHERE segment IN (SELECT first_row FROM segments WHERE first_row <= old.rowid AND last_row >= old.rowid);
    DELETE FROM segments WHERE first_row <= old.rowid AND last_row >= old.rowid;
END;
