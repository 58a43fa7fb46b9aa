-- What the edge keeps: keys that are rotated and bound to web pages, and the whole of a stored answer.

ALTER TABLE api_keys
    -- The first key of a row of rotated ones; NULL: itself. Idempotency keys belong to it, so a request that is repeated
    -- with the new key is not done twice.
    ADD COLUMN credential_id uuid,
    -- The web pages that may use a publishable key; empty: all that the configuration allows.
    ADD COLUMN origins text[] NOT NULL DEFAULT '{}';
CREATE INDEX api_keys_by_name ON api_keys (name);

-- Headers that belong to the answer, such as ETag and Location: an object of names and values.
ALTER TABLE idempotency_keys ADD COLUMN headers jsonb;

-- A key that belongs to a request older than this is not answered with it any more, whether it was pruned or not.
CREATE FUNCTION idempotency_answer_kept(p_created_at timestamptz) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$ SELECT p_created_at > clock_timestamp() - interval '72 hours' $$;

-- Bodies are personal data: after 72 hours only a tombstone stays, after 30 days more nothing.
CREATE OR REPLACE FUNCTION prune_idempotency_keys(p_hotel uuid) RETURNS void
    LANGUAGE sql
    AS $$
    UPDATE idempotency_keys SET body = NULL, content_type = NULL, headers = NULL
    WHERE hotel_id = p_hotel AND created_at < clock_timestamp() - interval '72 hours' AND body IS NOT NULL;
    DELETE FROM idempotency_keys
    WHERE hotel_id = p_hotel AND created_at < clock_timestamp() - interval '33 days';
$$;
