-- Who waits for nights that are sold out, and is offered them when units come free.

ALTER TABLE hotels
    -- How long units are kept for whoever waited for them; NULL: staff are told, and nothing is kept.
    ADD COLUMN waitlist_hold_minutes integer CHECK (waitlist_hold_minutes BETWEEN 1 AND 10080);

CREATE TABLE waitlist_entries (
    hotel_id uuid NOT NULL REFERENCES hotels (id),
    id uuid NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'offered', 'fulfilled', 'withdrawn', 'lapsed')),
    -- NULL: any.
    room_type_id uuid,
    rate_plan_id uuid,
    check_in date NOT NULL,
    check_out date NOT NULL CHECK (check_out > check_in),
    units integer NOT NULL CHECK (units > 0),
    adults smallint NOT NULL CHECK (adults > 0),
    children_ages smallint[] NOT NULL DEFAULT '{}',
    guest jsonb NOT NULL,
    note text,
    -- What was offered; it stays when the offer has ended.
    hold_id uuid,
    reservation_id uuid,
    -- Since when staff know that its nights are for sale, where nothing is kept for it.
    alerted_at timestamptz,
    -- Its turn.
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (hotel_id, id),
    UNIQUE (hotel_id, hold_id),
    FOREIGN KEY (hotel_id, room_type_id) REFERENCES room_types (hotel_id, id),
    FOREIGN KEY (hotel_id, rate_plan_id) REFERENCES rate_plans (hotel_id, id),
    CONSTRAINT an_offer_has_its_hold CHECK (state <> 'offered' OR hold_id IS NOT NULL),
    CONSTRAINT who_was_served_has_a_reservation CHECK ((state = 'fulfilled') = (reservation_id IS NOT NULL))
);
CREATE INDEX waitlist_open ON waitlist_entries (hotel_id, check_out) WHERE state IN ('waiting', 'offered');
CREATE INDEX waitlist_turns ON waitlist_entries (hotel_id, created_at, id);
SELECT secure_tenant_table('waitlist_entries');

-- What happened to an entry, line by line. No guest's name.
CREATE TABLE waitlist_events (
    hotel_id uuid NOT NULL,
    entry_id uuid NOT NULL,
    number integer NOT NULL CHECK (number > 0),
    kind text NOT NULL CHECK (kind IN ('created', 'alerted', 'offered', 'fulfilled', 'withdrawn', 'lapsed')),
    actor text NOT NULL CHECK (actor <> ''),
    reason text,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (hotel_id, entry_id, number),
    FOREIGN KEY (hotel_id, entry_id) REFERENCES waitlist_entries (hotel_id, id)
);
SELECT secure_tenant_table('waitlist_events');
-- A line is only ever added.
REVOKE UPDATE, DELETE ON waitlist_events FROM roomwire_app;

-- One at a time serves a hotel's waitlist, so that who came first is looked at first. It comes before every other lock
-- but an idempotency key's.
CREATE FUNCTION lock_waitlist(p_hotel uuid) RETURNS void
    LANGUAGE sql
    AS $$ SELECT pg_advisory_xact_lock(hashtextextended('waitlist:' || p_hotel, 0)) $$;

-- Locks an entry, and answers whether it still waits: asked by a statement that sees what was committed meanwhile.
CREATE FUNCTION claim_waitlist_entry(p_hotel uuid, p_entry uuid) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM FROM waitlist_entries w WHERE w.hotel_id = p_hotel AND w.id = p_entry FOR UPDATE;
    RETURN EXISTS (
        SELECT FROM waitlist_entries w WHERE w.hotel_id = p_hotel AND w.id = p_entry AND w.state = 'waiting');
END
$$;

-- Wakes the waitlist, where cells may be for sale again that somebody waits for: units came back, or nobody says what
-- changed. A sale wakes nobody. Whoever has an offer counts too, for its end has to be noted.
CREATE FUNCTION wake_waitlist(p_hotel uuid, p_cells jsonb) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_first date;
    v_last date;
BEGIN
    SELECT min(c.night), max(c.night) INTO v_first, v_last
    FROM jsonb_to_recordset(p_cells) AS c (night date, held integer, sold integer)
    WHERE (c.held IS NULL AND c.sold IS NULL) OR coalesce(c.held, 0) + coalesce(c.sold, 0) < 0;
    -- The day of departure counts: it may be open to departures again.
    IF v_first IS NOT NULL AND EXISTS (
        SELECT FROM waitlist_entries w
        WHERE w.hotel_id = p_hotel AND w.state IN ('waiting', 'offered') AND w.check_out >= v_first AND w.check_in <= v_last
    ) THEN
        PERFORM enqueue_job('waitlist', 'waitlist:' || p_hotel, 'waitlist:' || p_hotel, p_hotel, '{}', 0::smallint,
            interval '0');
    END IF;
END
$$;

-- As before, and wakes who waits. Jobs are locked by key: `push:` comes before `waitlist:`.
CREATE OR REPLACE FUNCTION mark_availability(p_hotel uuid, p_cells jsonb) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_connection uuid;
BEGIN
    INSERT INTO dirty_cells (hotel_id, connection_id, lane, room_type_id, rate_plan_id, night, version)
    SELECT p_hotel, sells.connection_id, 'availability', cell.room_type_id,
        '00000000-0000-0000-0000-000000000000', cell.night, nextval('cell_versions')
    FROM (
        SELECT DISTINCT room_type_id, night FROM jsonb_to_recordset(p_cells) AS c (room_type_id uuid, night date)
    ) AS cell
    JOIN (
        SELECT DISTINCT m.connection_id, m.room_type_id
        FROM mappings m
        JOIN connections c ON c.hotel_id = m.hotel_id AND c.id = m.connection_id AND c.enabled
        WHERE m.hotel_id = p_hotel
    ) AS sells USING (room_type_id)
    ORDER BY sells.connection_id, cell.room_type_id, cell.night
    ON CONFLICT (hotel_id, connection_id, lane, room_type_id, rate_plan_id, night) DO UPDATE
        SET version = excluded.version, reason = NULL;

    FOR v_connection IN
        SELECT DISTINCT m.connection_id
        FROM mappings m
        JOIN connections c ON c.hotel_id = m.hotel_id AND c.id = m.connection_id AND c.enabled
        WHERE m.hotel_id = p_hotel
            AND m.room_type_id IN (SELECT c.room_type_id FROM jsonb_to_recordset(p_cells) AS c (room_type_id uuid))
        ORDER BY m.connection_id
    LOOP
        PERFORM enqueue_push(p_hotel, v_connection);
    END LOOP;
    PERFORM wake_waitlist(p_hotel, p_cells);
END
$$;

CREATE OR REPLACE FUNCTION mark_rates(p_hotel uuid, p_cells jsonb) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_connection uuid;
BEGIN
    INSERT INTO dirty_cells (hotel_id, connection_id, lane, room_type_id, rate_plan_id, night, version)
    SELECT p_hotel, m.connection_id, 'rates', cell.room_type_id, cell.rate_plan_id, cell.night, nextval('cell_versions')
    FROM (
        SELECT DISTINCT room_type_id, rate_plan_id, night
        FROM jsonb_to_recordset(p_cells) AS c (room_type_id uuid, rate_plan_id uuid, night date)
    ) AS cell
    JOIN mappings m ON m.hotel_id = p_hotel AND m.room_type_id = cell.room_type_id
        AND m.rate_plan_id = cell.rate_plan_id
    JOIN connections c ON c.hotel_id = m.hotel_id AND c.id = m.connection_id AND c.enabled
    ORDER BY m.connection_id, cell.room_type_id, cell.rate_plan_id, cell.night
    ON CONFLICT (hotel_id, connection_id, lane, room_type_id, rate_plan_id, night) DO UPDATE
        SET version = excluded.version, reason = NULL;

    FOR v_connection IN
        SELECT DISTINCT m.connection_id
        FROM mappings m
        JOIN connections c ON c.hotel_id = m.hotel_id AND c.id = m.connection_id AND c.enabled
        WHERE m.hotel_id = p_hotel AND (m.room_type_id, m.rate_plan_id) IN (
            SELECT c.room_type_id, c.rate_plan_id
            FROM jsonb_to_recordset(p_cells) AS c (room_type_id uuid, rate_plan_id uuid))
        ORDER BY m.connection_id
    LOOP
        PERFORM enqueue_push(p_hotel, v_connection);
    END LOOP;
    PERFORM wake_waitlist(p_hotel, p_cells);
END
$$;

-- A mail is about a reservation or about somebody who waits.
ALTER TABLE emails
    ALTER COLUMN reservation_id DROP NOT NULL,
    ADD COLUMN waitlist_entry_id uuid,
    ADD CONSTRAINT about_one_thing CHECK (num_nonnulls(reservation_id, waitlist_entry_id) = 1);
