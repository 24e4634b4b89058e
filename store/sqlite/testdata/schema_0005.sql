BEGIN TRANSACTION;
CREATE TABLE edits (                         -- one row
    count INTEGER NOT NULL                   -- of records that were changed or deleted
) STRICT;
INSERT INTO "edits" VALUES(0);
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
, reported_cost     INTEGER, speed             TEXT, geo               TEXT, web_searches      INTEGER, hop               TEXT, purpose           TEXT, parent_session_id TEXT, subagent_id       TEXT, turn_id           TEXT, user              TEXT, team              TEXT, project           TEXT, repository        TEXT, branch            TEXT, commit_hash       TEXT, dir               TEXT, machine           TEXT, plan              TEXT, sources           TEXT, conflicts         TEXT, retries           INTEGER) STRICT;
INSERT INTO "exchanges" VALUES('01K0',1795523400123,'metered','total_contradicts_counts','forward','anthropic','messages','api.anthropic.com','/v1/messages',200,1,'h2','model','run-1','claude-code','2.1','claude-cli/2.1','s1','opus','claude-opus-5','msg_1','req_1',1,2,3,4,0,6,7,'standard','end_turn',300,2000,10,20,'{"input_tokens": 1.0e0}','[{"role":"advisor","model":"haiku","tokens":{"input":10,"cache_read":null,"cache_write_5m":null,"cache_write_1h":null,"cache_write_other":null,"output":0,"reasoning":null}}]',1,3,'group_1','inclusive',9,'fast','us',8,'gateway','subagent','s0','a1','t1','ada','payments','engine','git.example/ada/engine','main','c0ffee','/src/engine','m1','subscription','{"team":"rule"}','["session"]',10);
INSERT INTO "exchanges" VALUES('01K1',1795523401123,'failed',NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,0,0,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE segment_columns (
    segment INTEGER NOT NULL,                -- its first_row
    name    TEXT    NOT NULL,
    data    BLOB    NOT NULL,
    UNIQUE (segment, name)
) STRICT;
CREATE TABLE segments (
    first_row  INTEGER NOT NULL PRIMARY KEY, -- the rowids of exchanges from here
    last_row   INTEGER NOT NULL,             -- to here are added up
    last_id    TEXT    NOT NULL,             -- of the record at last_row: reading in a dump numbers the rows anew
    first_slot INTEGER NOT NULL,             -- quarters of an hour since 1970 UTC
    last_slot  INTEGER NOT NULL,
    lines      INTEGER NOT NULL,
    format     INTEGER NOT NULL              -- of the columns
) STRICT;
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
INSERT INTO "tallies" VALUES(1795521600000,'tunnelled','','example.com','no_provider','run-1',2,3,4);
CREATE INDEX exchanges_by_time     ON exchanges (started_at, id);
CREATE INDEX exchanges_by_session  ON exchanges (session_id, started_at)    WHERE session_id IS NOT NULL;
CREATE INDEX exchanges_by_run      ON exchanges (run, started_at)           WHERE run IS NOT NULL;
CREATE INDEX exchanges_by_response ON exchanges (response_id, provider)     WHERE response_id IS NOT NULL;
CREATE INDEX tallies_by_run ON tallies (run, hour);
CREATE VIEW usage_v1 AS
SELECT
    id,
    strftime('%Y-%m-%dT%H:%M:%fZ', started_at / 1000.0, 'unixepoch') AS started_at,
    outcome,
    reason,
    front,
    provider,
    dialect,
    host,
    path,
    status,
    streamed,
    transport,
    agent,
    agent_version,
    user_agent,
    session_id,
    model_requested,
    model,
    response_id,
    request_id,
    input,
    cache_read,
    cache_write_5m,
    cache_write_1h,
    cache_write_other,
    output,
    reasoning,
    service_tier,
    stop_reason,
    ttft_ms,
    duration_ms,
    request_bytes,
    response_bytes,
    kind,
    usage_raw,
    run,
    parts,
    is_doubtful,
    parser_version,
    group_id,
    rule,
    reported_cost,
    speed,
    geo,
    web_searches,
    hop,
    purpose,
    parent_session_id,
    subagent_id,
    turn_id,
    user,
    team,
    project,
    repository,
    branch,
    commit_hash AS "commit",
    dir,
    machine,
    plan,
    sources,
    conflicts,
    retries,
    started_at AS started_at_ms,
    kind IS NOT 'prewarm' AND hop IS NOT 'gateway' AS is_counted
FROM exchanges;
CREATE INDEX exchanges_by_hook ON exchanges (session_id) WHERE front = 'hook';
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
COMMIT;
PRAGMA application_id = 0x776d7472;
PRAGMA user_version = 5;
