-- What offers, quotes and search read, and the taxes and fees of what is booked.

-- The charges of a line when it was quoted, [{code, name, included, amount}] for all its units: what a hotel changes
-- later does not change a booking.
ALTER TABLE hold_lines ADD COLUMN charges jsonb NOT NULL DEFAULT '[]';
ALTER TABLE reservation_rooms ADD COLUMN charges jsonb NOT NULL DEFAULT '[]';

-- One product of a hotel with its nights, in order: arrays of one length, apart from the room type's stock, which has
-- nights of its own.
CREATE TYPE market_row AS (
    hotel_id uuid,
    room_type_id uuid,
    room_type_code text,
    room_type_name text,
    standard_occupancy smallint,
    max_occupancy smallint,
    accessible boolean,
    rate_plan_id uuid,
    rate_plan_code text,
    rate_plan_name text,
    meal_plan text,
    active boolean,
    stock_nights date[],
    stock integer[],
    nights date[],
    prices bigint[],
    min_stay_arrival smallint[],
    min_stay_through smallint[],
    max_stay smallint[],
    closed_to_arrival boolean[],
    closed_to_departure boolean[],
    stop_sell boolean[],
    cut_off_days smallint[],
    max_advance_days smallint[],
    occupancy jsonb,
    children jsonb,
    charges jsonb
);

-- Every product of one hotel on the nights of [p_first, p_last], as they are for sale now. A lapsed hold counts as free.
-- Stable and in SQL, so that it is planned as a part of the query that calls it, with the bounds in sight.
CREATE FUNCTION market(p_hotel uuid, p_first date, p_last date) RETURNS SETOF market_row
    LANGUAGE sql STABLE
    AS $$
    WITH lapsed AS MATERIALIZED (
        SELECT c.room_type_id, c.night, c.units
        FROM (SELECT array_agg(id) AS ids FROM holds
            WHERE hotel_id = p_hotel AND state = 'held' AND expires_at <= clock_timestamp()) AS h,
            hold_cells(p_hotel, h.ids) AS c
        WHERE h.ids IS NOT NULL
    ), stock AS MATERIALIZED (
        SELECT c.room_type_id, array_agg(c.night) AS nights, array_agg(c.units) AS units
        FROM (
            SELECT a.room_type_id, a.night,
                a.allotment + a.overbooking - a.sold - a.held + coalesce(l.units, 0) AS units
            FROM room_availability a
            LEFT JOIN lapsed l ON l.room_type_id = a.room_type_id AND l.night = a.night
            WHERE a.hotel_id = p_hotel AND a.night BETWEEN p_first AND p_last
            ORDER BY a.room_type_id, a.night
        ) AS c
        GROUP BY c.room_type_id
    )
    SELECT s.hotel_id, t.id, t.code, t.name, t.standard_occupancy, t.max_occupancy, t.accessible, p.id, p.code, p.name,
        p.meal_plan, h.active AND t.active AND p.active, coalesce(k.nights, '{}'), coalesce(k.units, '{}'),
        n.nights, n.prices, n.min_stay_arrival, n.min_stay_through, n.max_stay, n.closed_to_arrival,
        n.closed_to_departure, n.stop_sell, n.cut_off_days, n.max_advance_days,
        (SELECT jsonb_agg(jsonb_build_object('adults', o.adults, 'kind', o.kind, 'value', o.value))
            FROM occupancy_prices o
            WHERE o.hotel_id = p_hotel AND o.room_type_id = t.id AND o.rate_plan_id = p.id),
        (SELECT jsonb_agg(jsonb_build_object('min_age', c.min_age, 'max_age', c.max_age, 'kind', c.kind, 'value', c.value)
                ORDER BY c.min_age)
            FROM child_prices c
            WHERE c.hotel_id = p_hotel AND c.rate_plan_id = p.id),
        (SELECT jsonb_agg(jsonb_build_object('code', c.code, 'name', c.name, 'basis', c.basis, 'value', c.value,
                'included', c.included, 'min_age', c.min_age, 'max_nights', c.max_nights) ORDER BY c.code)
            FROM charges c
            WHERE c.hotel_id = p_hotel AND c.active)
    FROM products s
    JOIN hotels h ON h.id = s.hotel_id
    JOIN room_types t ON t.hotel_id = s.hotel_id AND t.id = s.room_type_id
    JOIN rate_plans p ON p.hotel_id = s.hotel_id AND p.id = s.rate_plan_id
    LEFT JOIN stock k ON k.room_type_id = s.room_type_id
    CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(r.night), '{}') AS nights, coalesce(array_agg(r.price_minor), '{}') AS prices,
            coalesce(array_agg(r.min_stay_arrival), '{}') AS min_stay_arrival,
            coalesce(array_agg(r.min_stay_through), '{}') AS min_stay_through,
            coalesce(array_agg(r.max_stay), '{}') AS max_stay,
            coalesce(array_agg(r.closed_to_arrival), '{}') AS closed_to_arrival,
            coalesce(array_agg(r.closed_to_departure), '{}') AS closed_to_departure,
            coalesce(array_agg(r.stop_sell), '{}') AS stop_sell,
            coalesce(array_agg(r.cut_off_days), '{}') AS cut_off_days,
            coalesce(array_agg(r.max_advance_days), '{}') AS max_advance_days
        FROM (
            SELECT * FROM rates o
            WHERE o.hotel_id = p_hotel AND o.room_type_id = s.room_type_id AND o.rate_plan_id = s.rate_plan_id
                AND o.night BETWEEN p_first AND p_last
            ORDER BY o.night
        ) AS r
    ) AS n
    WHERE s.hotel_id = p_hotel
    ORDER BY t.code, p.code
$$;

-- The markets of several hotels, one after the other, in one call. Not SECURITY DEFINER: it is the caller who reads, and
-- row-level security shows each hotel's rows only while that hotel is the transaction's. Afterwards the transaction is
-- again of the hotel that it was of, or of none.
CREATE FUNCTION search_market(p_hotels uuid[], p_first date, p_last date) RETURNS SETOF market_row
    LANGUAGE plpgsql SET search_path = public, pg_temp
    AS $$
DECLARE
    v_own text := coalesce(current_setting('app.hotel_id', true), '');
    v_hotel uuid;
BEGIN
    FOREACH v_hotel IN ARRAY p_hotels LOOP
        PERFORM set_config('app.hotel_id', v_hotel::text, true);
        RETURN QUERY SELECT * FROM market(v_hotel, p_first, p_last);
    END LOOP;
    PERFORM set_config('app.hotel_id', v_own, true);
END
$$;

-- As before, with the charges of each line.
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
            outcome := 'sold_out';
            RETURN;
        END IF;
        SELECT jsonb_agg(jsonb_build_object('room_type_id', c.room_type_id, 'night', c.night, 'held', -c.units))
        INTO v_release FROM hold_cells(p_hotel, v_reaped) AS c;
    END IF;

    PERFORM lock_inventory(p_hotel, v_demand || coalesce(v_release, '[]'));

    IF v_reaped IS NOT NULL THEN
        UPDATE holds SET state = 'expired', ended_at = clock_timestamp()
        WHERE hotel_id = p_hotel AND id = ANY (v_reaped);
        PERFORM move_inventory(p_hotel, v_release, false);
    END IF;

    SELECT s.room_type_id, s.night INTO short_room_type, short_night FROM short_cells(p_hotel, v_demand) AS s LIMIT 1;
    IF short_night IS NOT NULL THEN
        outcome := CASE WHEN v_reaped IS NULL THEN 'contended' ELSE 'sold_out' END;
        RETURN;
    END IF;

    INSERT INTO holds (hotel_id, id, expires_at, expires_at_most)
    VALUES (p_hotel, p_hold, clock_timestamp() + p_ttl, clock_timestamp() + p_longest)
    RETURNING expires_at INTO expires;
    INSERT INTO hold_lines (hotel_id, hold_id, line, room_type_id, rate_plan_id, check_in, check_out, units, adults,
        children_ages, prices, charges)
    SELECT p_hotel, p_hold, l.line, l.room_type_id, l.rate_plan_id, l.check_in, l.check_out, l.units, l.adults,
        l.children_ages, l.prices, coalesce(l.charges, '[]')
    FROM jsonb_to_recordset(p_lines) AS l (line smallint, room_type_id uuid, rate_plan_id uuid, check_in date,
        check_out date, units integer, adults smallint, children_ages smallint[], prices bigint[], charges jsonb);

    SELECT m.wanted, m.moved INTO v_wanted, v_moved FROM move_inventory(p_hotel, v_demand, false) AS m;
    IF v_wanted <> v_moved THEN
        RAISE EXCEPTION 'place_hold changed % of % cells', v_moved, v_wanted USING ERRCODE = 'RW001';
    END IF;
    outcome := 'held';
END
$$;
