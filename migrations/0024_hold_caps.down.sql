DROP FUNCTION guard_hold_caps(uuid, uuid, bytea, integer, integer, jsonb);
DROP FUNCTION sold_out_cell(uuid, jsonb);
DROP FUNCTION reached_hold_cap(uuid, uuid, bytea, integer, integer);
DROP FUNCTION lock_caps_of_hold(uuid, uuid);
DROP FUNCTION lock_hold_caps(uuid, uuid, bytea, boolean, boolean);
DROP FUNCTION hold_cap_margin();
DROP INDEX holds_live_of_key;
ALTER TABLE holds DROP CONSTRAINT session_of_a_key, DROP COLUMN guest_session, DROP COLUMN credential_id;
