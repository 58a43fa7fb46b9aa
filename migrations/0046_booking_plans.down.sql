DROP FUNCTION lock_idempotency_key(uuid, uuid, text);
DROP FUNCTION markets(uuid[], date, date, uuid[], uuid[]);
DROP FUNCTION shelves(uuid, date, date, uuid[], uuid[]);

CREATE OR REPLACE FUNCTION place_hold(
    p_hotel uuid, p_hold uuid, p_lines jsonb, p_ttl interval, p_longest interval,
    OUT outcome text, OUT short_room_type uuid, OUT short_night date, OUT expires timestamptz
)
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_demand jsonb;
    v_release jsonb;
    v_wanted integer;
    v_moved integer;
BEGIN
    SELECT jsonb_agg(jsonb_build_object('room_type_id', d.room_type_id, 'night', d.night, 'held', d.units))
    INTO v_demand
    FROM (
        SELECT c.room_type_id, c.night, sum(c.units) AS units
        FROM (
            SELECT l.room_type_id, n::date AS night, l.units
            FROM jsonb_to_recordset(p_lines) AS l (room_type_id uuid, check_in date, check_out date, units integer),
                generate_series(l.check_in, l.check_out - 1, interval '1 day') AS n
            UNION ALL
            SELECT e.extra_id, e.day, e.units
            FROM jsonb_to_recordset(p_lines) AS l (extras jsonb), extra_cells(l.extras) AS e
        ) AS c
        GROUP BY c.room_type_id, c.night
    ) AS d;
    IF jsonb_path_exists(p_lines, '$[*].extras[*]') THEN
        PERFORM open_extra_days(p_hotel, v_demand);
    END IF;

    SELECT m.outcome, m.short_room_type, m.short_night, m.released INTO outcome, short_room_type, short_night, v_release
    FROM make_way(p_hotel, v_demand, v_demand) AS m;
    IF outcome <> 'free' THEN
        RETURN;
    END IF;

    INSERT INTO holds (hotel_id, id, expires_at, expires_at_most)
    VALUES (p_hotel, p_hold, clock_timestamp() + p_ttl, clock_timestamp() + p_longest)
    RETURNING expires_at INTO expires;
    INSERT INTO hold_lines (hotel_id, hold_id, line, room_type_id, rate_plan_id, check_in, check_out, units, adults,
        children_ages, prices, charges, extras, discount)
    SELECT p_hotel, p_hold, l.line, l.room_type_id, l.rate_plan_id, l.check_in, l.check_out, l.units, l.adults,
        l.children_ages, l.prices, coalesce(l.charges, '[]'), coalesce(l.extras, '[]'), coalesce(l.discount, 0)
    FROM jsonb_to_recordset(p_lines) AS l (line smallint, room_type_id uuid, rate_plan_id uuid, check_in date,
        check_out date, units integer, adults smallint, children_ages smallint[], prices bigint[], charges jsonb,
        extras jsonb, discount bigint);

    SELECT m.wanted, m.moved INTO v_wanted, v_moved FROM count_inventory(p_hotel, v_demand, false) AS m;
    -- What was reaped and what is held are marked at once: dirty cells too are locked in one order.
    PERFORM mark_availability(p_hotel, v_demand || v_release);
    IF v_wanted <> v_moved THEN
        RAISE EXCEPTION 'place_hold changed % of % cells', v_moved, v_wanted USING ERRCODE = 'RW001';
    END IF;
    outcome := 'held';
END
$$;

DROP FUNCTION place_hold(uuid, uuid, jsonb, interval, interval, uuid, bytea);

CREATE OR REPLACE FUNCTION move_inventory(p_hotel uuid, p_cells jsonb, p_force boolean, OUT wanted integer, OUT moved integer)
    LANGUAGE plpgsql
    AS $$
BEGIN
    SELECT c.wanted, c.moved INTO wanted, moved FROM count_inventory(p_hotel, p_cells, p_force) AS c;
    PERFORM mark_availability(p_hotel, p_cells);
END
$$;

CREATE OR REPLACE FUNCTION count_inventory(p_hotel uuid, p_cells jsonb, p_force boolean, OUT wanted integer, OUT moved integer)
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

ALTER FUNCTION lock_inventory(uuid, jsonb) RESET plan_cache_mode;
ALTER FUNCTION lock_inventory(uuid, jsonb) RESET enable_seqscan;
ALTER FUNCTION short_cells(uuid, jsonb) RESET plan_cache_mode;
ALTER FUNCTION short_cells(uuid, jsonb) RESET enable_seqscan;
