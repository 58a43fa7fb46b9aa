DROP FUNCTION prune_idempotency_keys(uuid);
DROP FUNCTION claim_idempotency_key(uuid, uuid, text, bytea);
DROP TABLE idempotency_keys;
DROP TABLE api_keys;
