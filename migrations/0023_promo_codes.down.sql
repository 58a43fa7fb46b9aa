-- As 0021 left it.
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
        children_ages, prices, charges, extras)
    SELECT p_hotel, p_hold, l.line, l.room_type_id, l.rate_plan_id, l.check_in, l.check_out, l.units, l.adults,
        l.children_ages, l.prices, coalesce(l.charges, '[]'), coalesce(l.extras, '[]')
    FROM jsonb_to_recordset(p_lines) AS l (line smallint, room_type_id uuid, rate_plan_id uuid, check_in date,
        check_out date, units integer, adults smallint, children_ages smallint[], prices bigint[], charges jsonb,
        extras jsonb);

    SELECT m.wanted, m.moved INTO v_wanted, v_moved FROM count_inventory(p_hotel, v_demand, false) AS m;
    -- What was reaped and what is held are marked at once: dirty cells too are locked in one order.
    PERFORM mark_availability(p_hotel, v_demand || v_release);
    IF v_wanted <> v_moved THEN
        RAISE EXCEPTION 'place_hold changed % of % cells', v_moved, v_wanted USING ERRCODE = 'RW001';
    END IF;
    outcome := 'held';
END
$$;

DROP FUNCTION lock_promo_code(uuid, uuid);
ALTER TABLE hold_lines DROP COLUMN discount;
ALTER TABLE reservations DROP COLUMN promo_code_id;
ALTER TABLE holds DROP COLUMN promo_code_id;
DROP TABLE promo_code_rate_plans, promo_code_room_types, promo_codes;
