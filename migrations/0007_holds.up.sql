-- Holds: units taken for a short time while a guest finishes.
--
-- Lock order, everywhere: idempotency key, channel reference, reservation, hold, inventory by (room type, night),
-- dirty cells, jobs. Inventory rows are locked by a statement of their own, in order, before they are changed:
-- a range UPDATE locks in heap order and deadlocks, and a row's new values are only seen by a later statement.

CREATE TABLE holds (
    hotel_id uuid NOT NULL REFERENCES hotels (id),
    id uuid NOT NULL,
    state text NOT NULL DEFAULT 'held' CHECK (state IN ('held', 'confirmed', 'released', 'expired')),
    -- Compared with this database's clock only.
    expires_at timestamptz NOT NULL,
    -- Extensions may not go beyond this.
    expires_at_most timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at timestamptz,
    PRIMARY KEY (hotel_id, id),
    CHECK ((state = 'held') = (ended_at IS NULL))
);
CREATE INDEX holds_live ON holds (hotel_id, expires_at) WHERE state = 'held';
SELECT secure_tenant_table('holds');

CREATE TABLE hold_lines (
    hotel_id uuid NOT NULL,
    hold_id uuid NOT NULL,
    line smallint NOT NULL,
    room_type_id uuid NOT NULL,
    rate_plan_id uuid NOT NULL,
    check_in date NOT NULL,
    check_out date NOT NULL CHECK (check_out > check_in),
    units integer NOT NULL CHECK (units > 0),
    adults smallint NOT NULL CHECK (adults > 0),
    children_ages smallint[] NOT NULL DEFAULT '{}',
    -- One price a night and unit, in order.
    prices bigint[] NOT NULL CHECK (cardinality(prices) = check_out - check_in),
    PRIMARY KEY (hotel_id, hold_id, line),
    FOREIGN KEY (hotel_id, hold_id) REFERENCES holds (hotel_id, id),
    FOREIGN KEY (hotel_id, room_type_id, rate_plan_id) REFERENCES products (hotel_id, room_type_id, rate_plan_id)
);
SELECT secure_tenant_table('hold_lines');

-- The cells of holds, summed: two lines of one cart may share a room type.
CREATE FUNCTION hold_cells(p_hotel uuid, p_holds uuid[])
    RETURNS TABLE (room_type_id uuid, night date, units integer)
    LANGUAGE sql STABLE
    AS $$
    SELECT l.room_type_id, n::date, sum(l.units)::integer
    FROM hold_lines l, generate_series(l.check_in, l.check_out - 1, interval '1 day') AS n
    WHERE l.hotel_id = p_hotel AND l.hold_id = ANY (p_holds)
    GROUP BY l.room_type_id, n
$$;

-- Locks the inventory rows of cells, in the one order. The bounds let the planner leave the other months out.
CREATE FUNCTION lock_inventory(p_hotel uuid, p_cells jsonb) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_first date;
    v_last date;
BEGIN
    SELECT min(c.night), max(c.night) INTO v_first, v_last FROM jsonb_to_recordset(p_cells) AS c (night date);
    PERFORM 1
    FROM room_availability a
    WHERE a.hotel_id = p_hotel AND a.night BETWEEN v_first AND v_last AND (a.room_type_id, a.night) IN (
        SELECT c.room_type_id, c.night FROM jsonb_to_recordset(p_cells) AS c (room_type_id uuid, night date))
    ORDER BY a.room_type_id, a.night
    FOR UPDATE;
END
$$;

-- Adds to the counters of cells [{room_type_id, night, held, sold}], after locking them in order; the caller marks them.
-- Answers how many cells there were and how many were changed: the caller compares.
-- Where units come back, those sold beyond the limit go first; with `p_force` they may also grow.
CREATE FUNCTION count_inventory(p_hotel uuid, p_cells jsonb, p_force boolean, OUT wanted integer, OUT moved integer)
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_first date;
    v_last date;
BEGIN
    -- A channel may sell a night that was never opened: it gets a row with nothing to sell, so that its units are counted
    -- and can come back. A night whose month has no partition stays uncounted, which the caller sees.
    IF p_force THEN
        INSERT INTO room_availability (hotel_id, room_type_id, night, allotment, opened)
        SELECT p_hotel, c.room_type_id, c.night, 0, false
        FROM jsonb_to_recordset(p_cells) AS c (room_type_id uuid, night date, held integer, sold integer)
        WHERE to_regclass('room_availability_' || to_char(c.night, 'YYYY_MM')) IS NOT NULL
        GROUP BY c.room_type_id, c.night
        HAVING sum(coalesce(c.held, 0) + coalesce(c.sold, 0)) > 0
        ORDER BY c.room_type_id, c.night
        ON CONFLICT DO NOTHING;
    END IF;

    PERFORM lock_inventory(p_hotel, p_cells);

    SELECT count(DISTINCT (c.room_type_id, c.night)), min(c.night), max(c.night) INTO wanted, v_first, v_last
    FROM jsonb_to_recordset(p_cells) AS c (room_type_id uuid, night date);

    UPDATE room_availability a
    SET held = a.held + d.held,
        sold = a.sold + d.sold,
        overbooked = CASE
            WHEN p_force THEN greatest(0, a.sold + d.sold + a.held + d.held - a.allotment - a.overbooking)
            ELSE least(a.overbooked, greatest(0, a.sold + d.sold + a.held + d.held - a.allotment - a.overbooking))
        END
    FROM (
        SELECT c.room_type_id, c.night, sum(coalesce(c.held, 0))::integer AS held, sum(coalesce(c.sold, 0))::integer AS sold
        FROM jsonb_to_recordset(p_cells) AS c (room_type_id uuid, night date, held integer, sold integer)
        GROUP BY c.room_type_id, c.night
    ) AS d
    WHERE a.hotel_id = p_hotel AND a.room_type_id = d.room_type_id AND a.night = d.night
        AND a.night BETWEEN v_first AND v_last
        AND (p_force OR d.held + d.sold <= 0
            OR a.held + d.held + a.sold + d.sold <= a.allotment + a.overbooking);
    GET DIAGNOSTICS moved = ROW_COUNT;
END
$$;

-- Counts as count_inventory does, and marks the cells for the channels.
CREATE FUNCTION move_inventory(p_hotel uuid, p_cells jsonb, p_force boolean, OUT wanted integer, OUT moved integer)
    LANGUAGE plpgsql
    AS $$
BEGIN
    SELECT c.wanted, c.moved INTO wanted, moved FROM count_inventory(p_hotel, p_cells, p_force) AS c;
    PERFORM mark_availability(p_hotel, p_cells);
END
$$;

-- Holds [{line, room_type_id, rate_plan_id, check_in, check_out, units, adults, children_ages, prices}].
-- Outcomes: 'held' with the expiry; 'sold_out' with the first cell that is short; 'contended' where another
-- transaction took the last unit between two looks, or is just freeing some, and the whole is worth another try.
-- A lapsed hold counts as free: those on cells that are short are reaped here, in the one lock order.
CREATE FUNCTION place_hold(
    p_hotel uuid, p_hold uuid, p_lines jsonb, p_ttl interval, p_longest interval,
    OUT outcome text, OUT short_room_type uuid, OUT short_night date, OUT expires timestamptz
)
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_demand jsonb;
    v_reaped uuid[];
    v_release jsonb;
    v_wanted integer;
    v_moved integer;
BEGIN
    SELECT jsonb_agg(jsonb_build_object('room_type_id', d.room_type_id, 'night', d.night, 'held', d.units))
    INTO v_demand
    FROM (
        SELECT l.room_type_id, n::date AS night, sum(l.units) AS units
        FROM jsonb_to_recordset(p_lines) AS l (room_type_id uuid, check_in date, check_out date, units integer),
            generate_series(l.check_in, l.check_out - 1, interval '1 day') AS n
        GROUP BY l.room_type_id, n
    ) AS d;

    -- A look without locks refuses the many who come too late, at the price of a read.
    SELECT s.room_type_id, s.night INTO short_room_type, short_night FROM short_cells(p_hotel, v_demand) AS s LIMIT 1;
    IF short_night IS NOT NULL THEN
        v_reaped := lock_lapsed_holds(p_hotel, v_demand);
        IF v_reaped IS NULL THEN
            outcome := CASE WHEN has_lapsed_holds(p_hotel, v_demand) THEN 'contended' ELSE 'sold_out' END;
            RETURN;
        END IF;
        SELECT jsonb_agg(jsonb_build_object('room_type_id', c.room_type_id, 'night', c.night, 'held', -c.units))
        INTO v_release FROM hold_cells(p_hotel, v_reaped) AS c;
    END IF;

    PERFORM lock_inventory(p_hotel, v_demand || coalesce(v_release, '[]'));

    IF v_reaped IS NOT NULL THEN
        UPDATE holds SET state = 'expired', ended_at = clock_timestamp()
        WHERE hotel_id = p_hotel AND id = ANY (v_reaped);
        PERFORM count_inventory(p_hotel, v_release, false);
    END IF;

    SELECT s.room_type_id, s.night INTO short_room_type, short_night FROM short_cells(p_hotel, v_demand) AS s LIMIT 1;
    IF short_night IS NOT NULL THEN
        IF v_reaped IS NULL OR has_lapsed_holds(p_hotel, v_demand) THEN
            outcome := 'contended';
        ELSE
            outcome := 'sold_out';
            PERFORM mark_availability(p_hotel, v_release);
        END IF;
        RETURN;
    END IF;

    INSERT INTO holds (hotel_id, id, expires_at, expires_at_most)
    VALUES (p_hotel, p_hold, clock_timestamp() + p_ttl, clock_timestamp() + p_longest)
    RETURNING expires_at INTO expires;
    INSERT INTO hold_lines (hotel_id, hold_id, line, room_type_id, rate_plan_id, check_in, check_out, units, adults,
        children_ages, prices)
    SELECT p_hotel, p_hold, l.line, l.room_type_id, l.rate_plan_id, l.check_in, l.check_out, l.units, l.adults,
        l.children_ages, l.prices
    FROM jsonb_to_recordset(p_lines) AS l (line smallint, room_type_id uuid, rate_plan_id uuid, check_in date,
        check_out date, units integer, adults smallint, children_ages smallint[], prices bigint[]);

    SELECT m.wanted, m.moved INTO v_wanted, v_moved FROM count_inventory(p_hotel, v_demand, false) AS m;
    -- What was reaped and what is held are marked at once: dirty cells too are locked in one order.
    PERFORM mark_availability(p_hotel, v_demand || coalesce(v_release, '[]'));
    IF v_wanted <> v_moved THEN
        RAISE EXCEPTION 'place_hold changed % of % cells', v_moved, v_wanted USING ERRCODE = 'RW001';
    END IF;
    outcome := 'held';
END
$$;

-- Cells [{room_type_id, night, held}] of which too few units are free, in order. A night without a row has none.
CREATE FUNCTION short_cells(p_hotel uuid, p_demand jsonb) RETURNS TABLE (room_type_id uuid, night date)
    LANGUAGE plpgsql STABLE
    AS $$
DECLARE
    v_first date;
    v_last date;
BEGIN
    SELECT min(c.night), max(c.night) INTO v_first, v_last FROM jsonb_to_recordset(p_demand) AS c (night date);
    RETURN QUERY
    SELECT d.room_type_id, d.night
    FROM jsonb_to_recordset(p_demand) AS d (room_type_id uuid, night date, held integer)
    LEFT JOIN room_availability a
        ON a.hotel_id = p_hotel AND a.room_type_id = d.room_type_id AND a.night = d.night
            AND a.night BETWEEN v_first AND v_last
    WHERE a.night IS NULL OR a.allotment + a.overbooking - a.sold - a.held < d.held
    ORDER BY d.night, d.room_type_id;
END
$$;

-- Locks the lapsed holds on any of these cells and answers their ids, or NULL where there are none.
-- Those that another transaction is just ending are skipped, never waited for.
CREATE FUNCTION lock_lapsed_holds(p_hotel uuid, p_cells jsonb) RETURNS uuid[]
    LANGUAGE sql
    AS $$
    SELECT array_agg(lapsed.id) FROM (
        SELECT h.id
        FROM holds h
        WHERE h.hotel_id = p_hotel AND h.state = 'held' AND h.expires_at <= clock_timestamp()
            AND EXISTS (
                SELECT 1
                FROM hold_lines l
                JOIN jsonb_to_recordset(p_cells) AS c (room_type_id uuid, night date)
                    ON c.room_type_id = l.room_type_id AND c.night >= l.check_in AND c.night < l.check_out
                WHERE l.hotel_id = h.hotel_id AND l.hold_id = h.id)
        ORDER BY h.id
        FOR UPDATE SKIP LOCKED
    ) AS lapsed
$$;

-- Whether a lapsed hold on any of these cells has not ended yet: another transaction may be ending it.
CREATE FUNCTION has_lapsed_holds(p_hotel uuid, p_cells jsonb) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    SELECT EXISTS (
        SELECT 1
        FROM holds h
        JOIN hold_lines l ON l.hotel_id = h.hotel_id AND l.hold_id = h.id
        JOIN jsonb_to_recordset(p_cells) AS c (room_type_id uuid, night date)
            ON c.room_type_id = l.room_type_id AND c.night >= l.check_in AND c.night < l.check_out
        WHERE h.hotel_id = p_hotel AND h.state = 'held' AND h.expires_at <= clock_timestamp())
$$;

-- Ends a held hold and moves its units: back to the free ones, or on to the sold ones.
-- Outcomes: the new state, 'unknown' without such a hold, or the state in which it already ended.
CREATE FUNCTION end_hold(p_hotel uuid, p_hold uuid, p_confirm boolean) RETURNS text
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_state text;
    v_expires timestamptz;
    v_cells jsonb;
    v_wanted integer;
    v_moved integer;
BEGIN
    SELECT state, expires_at INTO v_state, v_expires
    FROM holds WHERE hotel_id = p_hotel AND id = p_hold FOR UPDATE;
    IF v_state IS NULL THEN
        RETURN 'unknown';
    ELSIF v_state <> 'held' THEN
        RETURN 'already_' || v_state;
    END IF;

    -- The clock is read after the lock was got: now() would be as old as the transaction.
    v_state := CASE
        WHEN v_expires <= clock_timestamp() THEN 'expired'
        WHEN p_confirm THEN 'confirmed'
        ELSE 'released'
    END;
    UPDATE holds SET state = v_state, ended_at = clock_timestamp() WHERE hotel_id = p_hotel AND id = p_hold;

    SELECT jsonb_agg(jsonb_build_object('room_type_id', c.room_type_id, 'night', c.night,
        'held', -c.units, 'sold', CASE WHEN v_state = 'confirmed' THEN c.units ELSE 0 END))
    INTO v_cells FROM hold_cells(p_hotel, ARRAY[p_hold]) AS c;
    SELECT m.wanted, m.moved INTO v_wanted, v_moved FROM move_inventory(p_hotel, v_cells, false) AS m;
    IF v_wanted <> v_moved THEN
        RAISE EXCEPTION 'end_hold changed % of % cells', v_moved, v_wanted USING ERRCODE = 'RW001';
    END IF;
    RETURN v_state;
END
$$;

CREATE FUNCTION confirm_hold(p_hotel uuid, p_hold uuid) RETURNS text
    LANGUAGE sql AS $$ SELECT end_hold(p_hotel, p_hold, true) $$;

CREATE FUNCTION release_hold(p_hotel uuid, p_hold uuid) RETURNS text
    LANGUAGE sql AS $$ SELECT end_hold(p_hotel, p_hold, false) $$;

-- Gives a live hold `p_ttl` from now, within its limit.
CREATE FUNCTION extend_hold(p_hotel uuid, p_hold uuid, p_ttl interval, OUT outcome text, OUT expires timestamptz)
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_hold holds;
BEGIN
    SELECT * INTO v_hold FROM holds WHERE hotel_id = p_hotel AND id = p_hold FOR UPDATE;
    IF v_hold.id IS NULL THEN
        outcome := 'unknown';
    ELSIF v_hold.state <> 'held' THEN
        outcome := 'already_' || v_hold.state;
    ELSIF v_hold.expires_at <= clock_timestamp() THEN
        outcome := 'already_expired';
    ELSIF v_hold.expires_at >= v_hold.expires_at_most THEN
        outcome := 'limit';
    ELSE
        UPDATE holds
        SET expires_at = least(greatest(v_hold.expires_at, clock_timestamp() + p_ttl), v_hold.expires_at_most)
        WHERE hotel_id = p_hotel AND id = p_hold
        RETURNING expires_at INTO expires;
        outcome := 'held';
    END IF;
END
$$;

-- Ends up to `p_limit` lapsed holds of a hotel and answers how many there were.
CREATE FUNCTION expire_holds(p_hotel uuid, p_limit integer) RETURNS integer
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_holds uuid[];
    v_cells jsonb;
BEGIN
    SELECT array_agg(lapsed.id) INTO v_holds FROM (
        SELECT id FROM holds
        WHERE hotel_id = p_hotel AND state = 'held' AND expires_at <= clock_timestamp()
        ORDER BY id LIMIT p_limit
        FOR UPDATE SKIP LOCKED
    ) AS lapsed;
    IF v_holds IS NULL THEN
        RETURN 0;
    END IF;
    UPDATE holds SET state = 'expired', ended_at = clock_timestamp() WHERE hotel_id = p_hotel AND id = ANY (v_holds);
    SELECT jsonb_agg(jsonb_build_object('room_type_id', c.room_type_id, 'night', c.night, 'held', -c.units))
    INTO v_cells FROM hold_cells(p_hotel, v_holds) AS c;
    PERFORM move_inventory(p_hotel, v_cells, false);
    RETURN cardinality(v_holds);
END
$$;
