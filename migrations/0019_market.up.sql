-- What offers, quotes and search read, every product with its nights and what its price depends on, in one query; and
-- the taxes and fees of what is booked.

-- The charges of all units of a line as they were quoted, [{code, name, included, amount}]: what a hotel changes later
-- does not change a booking. `place_hold` writes them as of 0021.
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
