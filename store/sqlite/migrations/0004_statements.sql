-- What vendors state themselves of the same requests, when an agent asks them for
-- it: to be compared with exchanges, and in no total. Units as in exchanges.
CREATE TABLE statements (
    provider    TEXT    NOT NULL,
    at          INTEGER NOT NULL,    -- as the vendor says
    session_id  TEXT    NOT NULL,    -- '' for none
    model       TEXT    NOT NULL,    -- '' for none
    kind        TEXT,                -- how it is charged, in a word
    input       INTEGER,
    cache_read  INTEGER,
    cache_write INTEGER,
    output      INTEGER,
    cost        INTEGER,             -- in nano-dollars
    PRIMARY KEY (provider, at, session_id, model)
) STRICT, WITHOUT ROWID;

-- Each record is looked up in what hooks have told of its session.
CREATE INDEX exchanges_by_hook ON exchanges (session_id) WHERE front = 'hook';
