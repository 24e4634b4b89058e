ALTER TABLE exchanges ADD COLUMN retries INTEGER; -- before this one, as the agent says
