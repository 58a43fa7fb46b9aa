-- Work in the background, enqueued in the transaction that makes it necessary.
-- Jobs carry ids and no state, so this table has no tenant's data and no row-level security.

CREATE TABLE jobs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    -- Coalesces: at most one waiting job has a key. A running one does not count, so a change made meanwhile gets a successor.
    key text,
    -- Jobs of one ordering run one at a time, the oldest of those that are due first; a failed one is waited for.
    ordering text,
    hotel_id uuid,
    payload jsonb NOT NULL DEFAULT '{}',
    priority smallint NOT NULL DEFAULT 0,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'dead')),
    run_at timestamptz NOT NULL DEFAULT now(),
    -- Set while a failed job waits: a coalesced enqueue must not shorten the pause.
    retry_at timestamptz,
    attempt integer NOT NULL DEFAULT 0,
    -- Grows with every claim, and nothing takes it back: whoever holds an older one has lost the job.
    fence integer NOT NULL DEFAULT 0,
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
-- Two claims at the same moment may both take a job to be the head; this lets only one of them through.
CREATE UNIQUE INDEX jobs_one_running ON jobs (ordering) WHERE state = 'running' AND ordering IS NOT NULL;
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

-- Puts a running job back into the queue, if this fence still holds it, and answers whether it did.
-- A successor that was enqueued meanwhile is merged into it: both would do the same work.
CREATE FUNCTION return_job(p_id bigint, p_fence integer, p_pause interval, p_reason text, p_burns_attempt boolean)
    RETURNS boolean
    LANGUAGE plpgsql
    AS $$
BEGIN
    LOOP
        DELETE FROM jobs successor USING jobs self
        WHERE self.id = p_id AND self.fence = p_fence AND self.state = 'running'
            AND successor.key = self.key AND successor.state = 'waiting';
        BEGIN
            UPDATE jobs
            SET state = 'waiting', worker = NULL, lease_until = NULL, reason = p_reason,
                run_at = clock_timestamp() + p_pause, retry_at = clock_timestamp() + p_pause,
                attempt = attempt - CASE WHEN p_burns_attempt THEN 0 ELSE 1 END
            WHERE id = p_id AND fence = p_fence AND state = 'running';
            RETURN FOUND;
        EXCEPTION
            -- Another successor came between the two statements: the next turn merges it.
            WHEN unique_violation THEN NULL;
        END;
    END LOOP;
END
$$;

-- Frees jobs whose worker stopped prolonging its lease. The attempt is given back, since nothing is known against
-- the job; at the third such death it is set aside, since it may be what kills its workers.
CREATE FUNCTION rescue_jobs() RETURNS TABLE (id bigint, kind text, hotel_id uuid, state text)
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_job jobs;
BEGIN
    -- By key, the order in which enqueuers lock: their waiting rows are merged here.
    FOR v_job IN
        SELECT * FROM jobs j
        WHERE j.state = 'running' AND j.lease_until < clock_timestamp()
        ORDER BY j.key, j.id
        FOR UPDATE SKIP LOCKED
    LOOP
        UPDATE jobs j SET deaths = j.deaths + 1 WHERE j.id = v_job.id;
        id := v_job.id;
        kind := v_job.kind;
        hotel_id := v_job.hotel_id;
        IF v_job.deaths >= 2 THEN
            UPDATE jobs j
            SET state = 'dead', worker = NULL, lease_until = NULL, died_at = clock_timestamp(),
                reason = 'its worker died 3 times while running it'
            WHERE j.id = v_job.id;
            state := 'dead';
        ELSE
            PERFORM return_job(v_job.id, v_job.fence, interval '0', 'its worker died', false);
            state := 'waiting';
        END IF;
        RETURN NEXT;
    END LOOP;
END
$$;
