-- Who may call, and what was answered.

-- Looked up before any hotel is known, so it has no row-level security; the secret is stored hashed.
CREATE TABLE api_keys (
    id uuid PRIMARY KEY,
    prefix text NOT NULL UNIQUE,
    secret_hash bytea NOT NULL CHECK (length(secret_hash) = 32),
    name text NOT NULL,
    -- NULL: the operator's, for every hotel.
    hotel_id uuid REFERENCES hotels (id),
    publishable boolean NOT NULL,
    scopes text[] NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, UPDATE ON api_keys TO roomwire_app;

-- Plain, never partitioned by time: uniqueness would otherwise end with the month.
CREATE TABLE idempotency_keys (
    hotel_id uuid NOT NULL REFERENCES hotels (id),
    credential_id uuid NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    status smallint,
    body bytea,
    content_type text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (hotel_id, credential_id, key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (hotel_id, created_at);
SELECT secure_tenant_table('idempotency_keys');

-- Claims a key in the caller's transaction: 'mine', 'busy' while another request works under it, or 'taken'.
-- Trying the lock instead of waiting for the row answers a second request at once.
CREATE FUNCTION claim_idempotency_key(p_hotel uuid, p_credential uuid, p_key text, p_fingerprint bytea) RETURNS text
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtextextended(p_hotel || ':' || p_credential || ':' || p_key, 0)) THEN
        RETURN 'busy';
    END IF;
    INSERT INTO idempotency_keys (hotel_id, credential_id, key, fingerprint)
    VALUES (p_hotel, p_credential, p_key, p_fingerprint)
    ON CONFLICT DO NOTHING;
    RETURN CASE WHEN FOUND THEN 'mine' ELSE 'taken' END;
END
$$;

-- Bodies are personal data: after 72 hours only a tombstone stays, after 30 days more nothing.
CREATE FUNCTION prune_idempotency_keys(p_hotel uuid) RETURNS void
    LANGUAGE sql
    AS $$
    UPDATE idempotency_keys SET body = NULL, content_type = NULL
    WHERE hotel_id = p_hotel AND created_at < clock_timestamp() - interval '72 hours' AND body IS NOT NULL;
    DELETE FROM idempotency_keys
    WHERE hotel_id = p_hotel AND created_at < clock_timestamp() - interval '33 days';
$$;
