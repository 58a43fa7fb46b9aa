-- Caps of live holds, for each API key and for each guest's session at a key's web site.
--
-- Lock order: idempotency key, the key's cap, the session's cap, and then as 0007 says.
--
-- Why no cap is ever exceeded. Whoever places a hold takes the locks below until its transaction ends, and then counts
-- by a statement of its own, which sees all that committed before the locks were got.
-- A session's lock is exclusive, so its holds are placed one after the other and the count is exact.
-- A key may sell to many at once, so its lock is shared while the cap is far away. Those who share it do not see each
-- other's holds, but each of them is a session of this server and adds one: with room for as many as the server lets
-- connect, all of them fit. Nearer to the cap the lock is exclusive: it waits for everybody who shares it, and the count
-- is exact. Which of the two is needed is found out without a lock; whoever shares the lock and finds the cap near after
-- all tries again.
-- A hold leaves the count when it ends or lapses, by itself. It could only come back by being extended at the moment at
-- which it lapses, so whoever extends one shares both locks, and is in the count or too late.

ALTER TABLE holds
    -- The first of the row of rotated keys that placed it; NULL: placed before there were caps, or to be booked at once.
    ADD COLUMN credential_id uuid,
    -- SHA-256, since what it is made of may identify a guest.
    ADD COLUMN guest_session bytea CHECK (length(guest_session) = 32),
    ADD CONSTRAINT session_of_a_key CHECK (guest_session IS NULL OR credential_id IS NOT NULL);
CREATE INDEX holds_live_of_key ON holds (hotel_id, credential_id) WHERE state = 'held' AND credential_id IS NOT NULL;

-- How many transactions may share a key's lock at once: no server has more sessions than it lets connect.
CREATE FUNCTION hold_cap_margin() RETURNS integer
    LANGUAGE sql STABLE
    AS $$ SELECT current_setting('max_connections')::integer $$;

-- Takes a key's lock and, where a session is given, its own, each until the transaction ends: alone, or shared.
CREATE FUNCTION lock_hold_caps(
    p_hotel uuid, p_credential uuid, p_session bytea, p_key_alone boolean, p_session_alone boolean
) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_key bigint := hashtextextended('holds of key ' || p_hotel || ':' || p_credential, 0);
    v_session bigint := hashtextextended('holds of session ' || p_hotel || ':' || encode(p_session, 'hex'), 0);
BEGIN
    IF p_key_alone THEN
        PERFORM pg_advisory_xact_lock(v_key);
    ELSE
        PERFORM pg_advisory_xact_lock_shared(v_key);
    END IF;
    IF p_session IS NULL THEN
        RETURN;
    ELSIF p_session_alone THEN
        PERFORM pg_advisory_xact_lock(v_session);
    ELSE
        PERFORM pg_advisory_xact_lock_shared(v_session);
    END IF;
END
$$;

-- Shares the locks of the caps in which a hold counts; it comes before the lock of the hold.
CREATE FUNCTION lock_caps_of_hold(p_hotel uuid, p_hold uuid) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_credential uuid;
    v_session bytea;
BEGIN
    SELECT h.credential_id, h.guest_session INTO v_credential, v_session
    FROM holds h WHERE h.hotel_id = p_hotel AND h.id = p_hold;
    IF v_credential IS NOT NULL THEN
        PERFORM lock_hold_caps(p_hotel, v_credential, v_session, false, false);
    END IF;
END
$$;

-- Which cap is reached, 'key' or 'session', and in how many seconds the first of its holds lapses; or NULL.
-- `room` is what the key may have besides. Lapsed holds do not count, whether they were swept or not.
CREATE FUNCTION reached_hold_cap(
    p_hotel uuid, p_credential uuid, p_session bytea, p_most_of_key integer, p_most_of_session integer,
    OUT reached text, OUT wait_seconds integer, OUT room integer
)
    LANGUAGE plpgsql STABLE
    AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
    v_of_key integer;
    v_of_session integer;
    v_key_lapses timestamptz;
    v_session_lapses timestamptz;
BEGIN
    SELECT count(*), min(h.expires_at),
        count(*) FILTER (WHERE h.guest_session = p_session),
        min(h.expires_at) FILTER (WHERE h.guest_session = p_session)
    INTO v_of_key, v_key_lapses, v_of_session, v_session_lapses
    FROM holds h
    WHERE h.hotel_id = p_hotel AND h.credential_id = p_credential AND h.state = 'held' AND h.expires_at > v_now;
    room := p_most_of_key - v_of_key;
    IF v_of_key >= p_most_of_key THEN
        reached := 'key';
        wait_seconds := greatest(1, ceil(extract(epoch FROM v_key_lapses - v_now)));
    ELSIF v_of_session >= p_most_of_session THEN
        reached := 'session';
        wait_seconds := greatest(1, ceil(extract(epoch FROM v_session_lapses - v_now)));
    END IF;
END
$$;

-- The first cell of lines [{room_type_id, check_in, check_out, units}] that is sold out, with no lapsed hold on any that
-- could be ended for it; a look without locks. Extras are not looked at: place_hold does.
CREATE FUNCTION sold_out_cell(p_hotel uuid, p_lines jsonb, OUT short_room_type uuid, OUT short_night date)
    LANGUAGE plpgsql STABLE
    AS $$
DECLARE
    v_demand jsonb;
BEGIN
    SELECT jsonb_agg(jsonb_build_object('room_type_id', d.room_type_id, 'night', d.night, 'held', d.units))
    INTO v_demand
    FROM (
        SELECT l.room_type_id, n::date AS night, sum(l.units) AS units
        FROM jsonb_to_recordset(p_lines) AS l (room_type_id uuid, check_in date, check_out date, units integer),
            generate_series(l.check_in, l.check_out - 1, interval '1 day') AS n
        GROUP BY l.room_type_id, n
    ) AS d;
    SELECT s.room_type_id, s.night INTO short_room_type, short_night FROM short_cells(p_hotel, v_demand) AS s LIMIT 1;
    IF short_night IS NOT NULL AND has_lapsed_holds(p_hotel, v_demand) THEN
        short_room_type := NULL;
        short_night := NULL;
    END IF;
END
$$;

-- Lets another hold of a key and session be placed in this transaction, or says why not. It comes before every lock but
-- that of the idempotency key.
-- Outcomes: 'free', with the locks held until the transaction ends; 'key' or 'session' where its cap is reached, with
-- the seconds until its first hold lapses; 'sold_out' with the cell, so that the many who come too late never wait for a
-- lock that is not shared; 'contended' where the cap came near meanwhile, and the whole is worth another try.
CREATE FUNCTION guard_hold_caps(
    p_hotel uuid, p_credential uuid, p_session bytea, p_most_of_key integer, p_most_of_session integer, p_lines jsonb,
    OUT outcome text, OUT wait_seconds integer, OUT short_room_type uuid, OUT short_night date
)
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_room integer;
    v_near boolean;
BEGIN
    SELECT c.reached, c.wait_seconds, c.room INTO outcome, wait_seconds, v_room
    FROM reached_hold_cap(p_hotel, p_credential, p_session, p_most_of_key, p_most_of_session) AS c;
    IF outcome IS NOT NULL THEN
        RETURN;
    END IF;
    v_near := v_room < hold_cap_margin();
    IF v_near THEN
        SELECT s.short_room_type, s.short_night INTO short_room_type, short_night
        FROM sold_out_cell(p_hotel, p_lines) AS s;
        IF short_night IS NOT NULL THEN
            outcome := 'sold_out';
            RETURN;
        END IF;
    END IF;

    PERFORM lock_hold_caps(p_hotel, p_credential, p_session, v_near, true);

    SELECT c.reached, c.wait_seconds, c.room INTO outcome, wait_seconds, v_room
    FROM reached_hold_cap(p_hotel, p_credential, p_session, p_most_of_key, p_most_of_session) AS c;
    IF outcome IS NULL THEN
        outcome := CASE WHEN NOT v_near AND v_room < hold_cap_margin() THEN 'contended' ELSE 'free' END;
    END IF;
END
$$;
