-- Times are in milliseconds: started_at and hour since 1970 UTC, *_ms as spans.
-- Counts are in tokens. NULL means unknown.
PRAGMA application_id = 0x776d7472; -- "wmtr"

CREATE TABLE exchanges (
    id                TEXT    NOT NULL PRIMARY KEY,
    started_at        INTEGER NOT NULL,
    outcome           TEXT    NOT NULL,
    reason            TEXT,
    front             TEXT,
    provider          TEXT,
    dialect           TEXT,
    host              TEXT,
    path              TEXT,
    status            INTEGER,
    streamed          INTEGER NOT NULL,
    transport         TEXT,
    kind              TEXT,
    run               TEXT,
    agent             TEXT,
    agent_version     TEXT,
    user_agent        TEXT,
    session_id        TEXT,
    model_requested   TEXT,
    model             TEXT,
    response_id       TEXT,
    request_id        TEXT,
    input             INTEGER,
    cache_read        INTEGER,
    cache_write_5m    INTEGER,
    cache_write_1h    INTEGER,
    cache_write_other INTEGER,
    output            INTEGER,
    reasoning         INTEGER,
    service_tier      TEXT,
    stop_reason       TEXT,
    ttft_ms           INTEGER,
    duration_ms       INTEGER NOT NULL,
    request_bytes     INTEGER NOT NULL,
    response_bytes    INTEGER NOT NULL,
    usage_raw         TEXT,             -- the provider's JSON, verbatim
    parts             TEXT,             -- JSON: [{"role", "model", "tokens": {"input", …}}]
    is_doubtful       INTEGER NOT NULL,
    parser_version    INTEGER,
    group_id          TEXT,
    rule              TEXT
) STRICT;

CREATE INDEX exchanges_by_time     ON exchanges (started_at, id);
CREATE INDEX exchanges_by_session  ON exchanges (session_id, started_at)    WHERE session_id IS NOT NULL;
CREATE INDEX exchanges_by_run      ON exchanges (run, started_at)           WHERE run IS NOT NULL;
CREATE INDEX exchanges_by_response ON exchanges (response_id, provider)     WHERE response_id IS NOT NULL;

CREATE TABLE tallies (
    hour           INTEGER NOT NULL,    -- its begin
    outcome        TEXT    NOT NULL,
    provider       TEXT    NOT NULL,    -- '' for a host that is no provider's
    host           TEXT    NOT NULL,
    reason         TEXT    NOT NULL,
    run            TEXT    NOT NULL,    -- '' for none
    count          INTEGER NOT NULL,
    request_bytes  INTEGER NOT NULL,
    response_bytes INTEGER NOT NULL,
    PRIMARY KEY (hour, outcome, provider, host, reason, run)
) STRICT, WITHOUT ROWID;

CREATE INDEX tallies_by_run ON tallies (run, hour);
