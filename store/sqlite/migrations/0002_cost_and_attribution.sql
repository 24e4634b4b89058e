-- What it cost, who asked and where from. Costs are in nano-dollars (1e-9 USD).
ALTER TABLE exchanges ADD COLUMN reported_cost     INTEGER; -- as the provider says, in nano-dollars
ALTER TABLE exchanges ADD COLUMN speed             TEXT;
ALTER TABLE exchanges ADD COLUMN geo               TEXT;
ALTER TABLE exchanges ADD COLUMN web_searches      INTEGER;
ALTER TABLE exchanges ADD COLUMN hop               TEXT;
ALTER TABLE exchanges ADD COLUMN purpose           TEXT;
ALTER TABLE exchanges ADD COLUMN parent_session_id TEXT;
ALTER TABLE exchanges ADD COLUMN subagent_id       TEXT;
ALTER TABLE exchanges ADD COLUMN turn_id           TEXT;
ALTER TABLE exchanges ADD COLUMN user              TEXT;
ALTER TABLE exchanges ADD COLUMN team              TEXT;
ALTER TABLE exchanges ADD COLUMN project           TEXT;
ALTER TABLE exchanges ADD COLUMN repository        TEXT;
ALTER TABLE exchanges ADD COLUMN branch            TEXT;
ALTER TABLE exchanges ADD COLUMN commit_hash       TEXT;
ALTER TABLE exchanges ADD COLUMN dir               TEXT;
ALTER TABLE exchanges ADD COLUMN machine           TEXT;
ALTER TABLE exchanges ADD COLUMN plan              TEXT;
ALTER TABLE exchanges ADD COLUMN sources           TEXT; -- JSON: {"agent": "wire", …}
ALTER TABLE exchanges ADD COLUMN conflicts         TEXT; -- JSON: ["session", …]
ALTER TABLE exchanges ADD COLUMN retries           INTEGER; -- before this one, as the agent says
