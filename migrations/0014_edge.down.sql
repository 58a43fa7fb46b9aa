CREATE OR REPLACE FUNCTION prune_idempotency_keys(p_hotel uuid) RETURNS void
    LANGUAGE sql
    AS $$
    UPDATE idempotency_keys SET body = NULL, content_type = NULL
    WHERE hotel_id = p_hotel AND created_at < clock_timestamp() - interval '72 hours' AND body IS NOT NULL;
    DELETE FROM idempotency_keys
    WHERE hotel_id = p_hotel AND created_at < clock_timestamp() - interval '33 days';
$$;
DROP FUNCTION idempotency_answer_kept(timestamptz);
ALTER TABLE idempotency_keys DROP COLUMN headers;
DROP INDEX api_keys_by_name;
ALTER TABLE api_keys DROP COLUMN origins, DROP COLUMN credential_id;
