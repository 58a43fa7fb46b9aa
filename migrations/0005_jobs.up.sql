-- Work in the background, enqueued in the transaction that makes it necessary.
-- Jobs carry ids and no state, so this table has no tenant's data and no row-level security.

CREATE TABLE jobs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    -- Coalesces: at most one waiting job has a key. A running one does not count, so a change made meanwhile gets a successor.
    key text,
    -- Jobs of one ordering run one at a time, the oldest first; a failed head is waited for.
    ordering text,
    hotel_id uuid,
    payload jsonb NOT NULL DEFAULT '{}',
    priority smallint NOT NULL DEFAULT 0,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'dead')),
    run_at timestamptz NOT NULL DEFAULT now(),
    -- Set while a failed job waits: a coalesced enqueue must not shorten the pause.
    retry_at timestamptz,
    attempt integer NOT NULL DEFAULT 0,
    -- Times that the worker died while running it.
    deaths integer NOT NULL DEFAULT 0,
    worker uuid,
    lease_until timestamptz,
    reason text,
    created_at timestamptz NOT NULL DEFAULT now(),
    died_at timestamptz
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0);

CREATE UNIQUE INDEX jobs_coalesce ON jobs (key) WHERE state = 'waiting' AND key IS NOT NULL;
CREATE INDEX jobs_ready ON jobs (priority, run_at, id) WHERE state = 'waiting';
CREATE INDEX jobs_head_of_line ON jobs (ordering, id) WHERE state IN ('waiting', 'running') AND ordering IS NOT NULL;
CREATE INDEX jobs_leases ON jobs (lease_until) WHERE state = 'running';
CREATE INDEX jobs_dead ON jobs (hotel_id, id) WHERE state = 'dead';
GRANT SELECT, INSERT, UPDATE, DELETE ON jobs TO roomwire_app;

-- Enqueues in the caller's transaction. A waiting job of the same key is locked and kept:
-- a worker's claim skips it until this transaction ends, so that it reads what this transaction changed.
CREATE FUNCTION enqueue_job(
    p_kind text, p_key text, p_ordering text, p_hotel uuid, p_payload jsonb, p_priority smallint, p_delay interval
) RETURNS void
    LANGUAGE sql
    AS $$
    INSERT INTO jobs (kind, key, ordering, hotel_id, payload, priority, run_at)
    VALUES (p_kind, p_key, p_ordering, p_hotel, p_payload, p_priority, clock_timestamp() + p_delay)
    ON CONFLICT (key) WHERE state = 'waiting' AND key IS NOT NULL DO UPDATE
        SET run_at = CASE WHEN jobs.retry_at IS NULL THEN least(jobs.run_at, excluded.run_at) ELSE jobs.run_at END
$$;
