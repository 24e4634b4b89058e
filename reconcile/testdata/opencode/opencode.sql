PRAGMA journal_mode = WAL;
CREATE TABLE session (id text PRIMARY KEY, directory text NOT NULL, tokens_input integer DEFAULT 0 NOT NULL);
CREATE TABLE message (id text PRIMARY KEY, session_id text NOT NULL, time_created integer NOT NULL, time_updated integer NOT NULL, data text NOT NULL);
CREATE TABLE part (id text PRIMARY KEY, message_id text NOT NULL, session_id text NOT NULL, time_created integer NOT NULL, time_updated integer NOT NULL, data text NOT NULL);
INSERT INTO message VALUES
  ('m1', 's1', 1795514400000, 1795514400000, '{"role":"user","model":{"providerID":"anthropic","modelID":"claude-sonnet-4-5"}}'),
  ('m2', 's1', 1795514400500, 1795514402000, '{"role":"assistant","modelID":"claude-sonnet-4-5","providerID":"anthropic","tokens":{"total":1218,"input":102,"output":35,"reasoning":7,"cache":{"write":54,"read":1020}},"finish":"stop"}'),
  ('m3', 's1', 1795514403000, 1795514404000, '{"role":"assistant","modelID":"gpt-5.4","tokens":{"input":9,"output":8,"reasoning":0,"cache":{"write":0,"read":0}}}'),
  ('m4', 's1', 1795514405000, 1795514405000, '{"role":"assistant","modelID":"gpt-5.4","tokens":{"input":0,"output":0,"reasoning":0,"cache":{"write":0,"read":0}}}'),
  ('m5', 's1', 1795514406000, 1795514406000, '{"role":"assistant","modelID":"gpt-5.4"}');
INSERT INTO part VALUES
  ('p1', 'm2', 's1', 1795514400600, 1795514400600, '{"type":"text","text":"canary"}'),
  ('p2', 'm2', 's1', 1795514401000, 1795514401000, '{"type":"step-finish","tokens":{"input":100,"output":30,"reasoning":5,"cache":{"write":50,"read":1000}}}'),
  ('p3', 'm2', 's1', 1795514402000, 1795514402000, '{"type":"step-finish","tokens":{"input":2,"output":5,"reasoning":2,"cache":{"write":4,"read":20}}}');
