CREATE OR REPLACE FUNCTION hold_cells(p_hotel uuid, p_holds uuid[])
    RETURNS TABLE (room_type_id uuid, night date, units integer)
    LANGUAGE sql STABLE
    AS $$
    SELECT l.room_type_id, n::date, sum(l.units)::integer
    FROM hold_lines l, generate_series(l.check_in, l.check_out - 1, interval '1 day') AS n
    WHERE l.hotel_id = p_hotel AND l.hold_id = ANY (p_holds)
    GROUP BY l.room_type_id, n
$$;

CREATE OR REPLACE FUNCTION place_hold(
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

CREATE OR REPLACE FUNCTION lock_lapsed_holds(p_hotel uuid, p_cells jsonb) RETURNS uuid[]
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

CREATE OR REPLACE FUNCTION has_lapsed_holds(p_hotel uuid, p_cells jsonb) RETURNS boolean
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

CREATE OR REPLACE FUNCTION change_inventory(
    p_hotel uuid, p_cells jsonb, OUT outcome text, OUT short_room_type uuid, OUT short_night date
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
    SELECT coalesce(jsonb_agg(jsonb_build_object('room_type_id', c.room_type_id, 'night', c.night, 'held', c.sold)), '[]')
    INTO v_demand
    FROM jsonb_to_recordset(p_cells) AS c (room_type_id uuid, night date, sold integer)
    WHERE c.sold > 0;

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

    PERFORM lock_inventory(p_hotel, p_cells || coalesce(v_release, '[]'));

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

    SELECT m.wanted, m.moved INTO v_wanted, v_moved FROM count_inventory(p_hotel, p_cells, false) AS m;
    -- Marked at once, as in place_hold: dirty cells too are locked in one order.
    PERFORM mark_availability(p_hotel, p_cells || coalesce(v_release, '[]'));
    IF v_wanted <> v_moved THEN
        RAISE EXCEPTION 'change_inventory changed % of % cells', v_moved, v_wanted USING ERRCODE = 'RW001';
    END IF;
    outcome := 'moved';
END
$$;

DROP FUNCTION make_way(uuid, jsonb, jsonb);
DROP FUNCTION open_extra_days(uuid, jsonb);
DROP FUNCTION extra_cells(jsonb);
ALTER TABLE reservation_rooms DROP COLUMN extras;
ALTER TABLE hold_lines DROP COLUMN extras;
DROP TABLE package_rate_plans, package_room_types, package_extras, packages;

-- The days of extras are counted no more.
DO $$
DECLARE
    v_hotel uuid;
BEGIN
    FOR v_hotel IN SELECT id FROM hotels LOOP
        PERFORM set_config('app.hotel_id', v_hotel::text, true);
        DELETE FROM room_availability WHERE hotel_id = v_hotel AND room_type_id IN (SELECT id FROM extras);
    END LOOP;
    PERFORM set_config('app.hotel_id', '', true);
END
$$;
ALTER TABLE room_availability
    DROP CONSTRAINT room_availability_hotel_id_room_type_id_fkey,
    ADD FOREIGN KEY (hotel_id, room_type_id) REFERENCES room_types (hotel_id, id);
COMMENT ON COLUMN room_availability.room_type_id IS NULL;
COMMENT ON COLUMN room_availability.opened IS NULL;
DROP TABLE extras;
DROP TRIGGER stock_of_room_type ON room_types;
DROP FUNCTION keep_stock();
DROP TABLE stocks;
