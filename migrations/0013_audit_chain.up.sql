-- The audit trail sealed: each hotel's events are links of a chain, so that what is changed, removed or slipped in is found.
-- Events are written plainly; a job seals them afterwards, so that bookings of a busy hotel never wait for one head row.

-- Events that are not sealed yet, written in their transactions.
CREATE TABLE audit_unsealed (
    hotel_id uuid NOT NULL REFERENCES hotels (id),
    event_id uuid NOT NULL,
    sequence bigint NOT NULL,
    PRIMARY KEY (hotel_id, sequence, event_id)
);
SELECT secure_tenant_table('audit_unsealed');
REVOKE UPDATE, DELETE ON audit_unsealed FROM roomwire_app;

-- One link an event: the hash of the link before and of the event's bytes.
CREATE TABLE audit_chain (
    hotel_id uuid NOT NULL REFERENCES hotels (id),
    number bigint NOT NULL CHECK (number > 0),
    event_id uuid NOT NULL,
    hash bytea NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (hotel_id, number),
    UNIQUE (hotel_id, event_id)
);
SELECT secure_tenant_table('audit_chain');
REVOKE UPDATE, DELETE ON audit_chain FROM roomwire_app;

-- Forgets of the unsealed what has become a link. The owner's rights, because the application may delete neither.
CREATE FUNCTION forget_sealed(p_hotel uuid) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    WITH gone AS (
        DELETE FROM audit_unsealed u USING audit_chain c
        WHERE u.hotel_id = p_hotel AND c.hotel_id = p_hotel AND c.event_id = u.event_id
        RETURNING 1
    )
    SELECT count(*) FROM gone
$$;
REVOKE EXECUTE ON FUNCTION forget_sealed(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_sealed(uuid) TO roomwire_app;

-- What was written before there was a chain. Row-level security binds the owner too.
DO $$
DECLARE
    v_hotel uuid;
BEGIN
    FOR v_hotel IN SELECT id FROM hotels LOOP
        PERFORM set_config('app.hotel_id', v_hotel::text, true);
        INSERT INTO audit_unsealed SELECT hotel_id, id, sequence FROM booking_events WHERE hotel_id = v_hotel;
    END LOOP;
    PERFORM set_config('app.hotel_id', '', true);
END
$$;
