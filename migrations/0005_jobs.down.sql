DROP FUNCTION rescue_jobs();
DROP FUNCTION return_job(bigint, integer, interval, text, boolean);
DROP FUNCTION enqueue_job(text, text, text, uuid, jsonb, smallint, interval);
DROP TABLE jobs;
