DROP FUNCTION enqueue_job(text, text, text, uuid, jsonb, smallint, interval);
DROP TABLE jobs;
