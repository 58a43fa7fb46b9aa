-- What is for sale, planned once a connection and sent without repetition. `market` and `search_market` stay for the
-- release before this one.

-- One product of a hotel with its nights, in order. What all rows would repeat is said once: a list of nights is absent
-- where it is all that were asked for, the stock is in the first row of its room type, the charges are in the first row
-- of their hotel, and only nights with a restriction have one. Arrays are absent where they would be empty.
CREATE TYPE shelf_row AS (
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
    restricted_nights date[],
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
-- Stable and in SQL, so that it is planned as a part of the query that calls it.
CREATE FUNCTION shelves(p_hotel uuid, p_first date, p_last date) RETURNS SETOF shelf_row
    LANGUAGE sql STABLE
    AS $$
    WITH lapsed AS MATERIALIZED (
        SELECT c.room_type_id, c.night, c.units
        FROM (SELECT array_agg(id) AS ids FROM holds
            WHERE hotel_id = p_hotel AND state = 'held' AND expires_at <= clock_timestamp()) AS h,
            hold_cells(p_hotel, h.ids) AS c
        WHERE h.ids IS NOT NULL
    ), stock AS MATERIALIZED (
        SELECT c.room_type_id, CASE WHEN count(*) <= p_last - p_first THEN array_agg(c.night) END AS nights,
            array_agg(c.units) AS units
        FROM (
            SELECT a.room_type_id, a.night,
                a.allotment + a.overbooking - a.sold - a.held + coalesce(l.units, 0) AS units
            FROM room_availability a
            LEFT JOIN lapsed l ON l.room_type_id = a.room_type_id AND l.night = a.night
            WHERE a.hotel_id = p_hotel AND a.night BETWEEN p_first AND p_last
            ORDER BY a.room_type_id, a.night
        ) AS c
        GROUP BY c.room_type_id
    ), occupancy AS MATERIALIZED (
        SELECT o.room_type_id, o.rate_plan_id,
            jsonb_agg(jsonb_build_object('adults', o.adults, 'kind', o.kind, 'value', o.value)) AS prices
        FROM occupancy_prices o
        WHERE o.hotel_id = p_hotel
        GROUP BY o.room_type_id, o.rate_plan_id
    ), children AS MATERIALIZED (
        SELECT c.rate_plan_id, jsonb_agg(jsonb_build_object('min_age', c.min_age, 'max_age', c.max_age, 'kind', c.kind,
                'value', c.value) ORDER BY c.min_age) AS prices
        FROM child_prices c
        WHERE c.hotel_id = p_hotel
        GROUP BY c.rate_plan_id
    )
    SELECT s.hotel_id, t.id, t.code, t.name, t.standard_occupancy, t.max_occupancy, t.accessible, p.id, p.code, p.name,
        p.meal_plan, h.active AND t.active AND p.active,
        CASE WHEN lag(t.id) OVER products IS DISTINCT FROM t.id THEN k.nights END,
        CASE WHEN lag(t.id) OVER products IS DISTINCT FROM t.id THEN k.units END,
        n.nights, n.prices, n.restricted_nights, n.min_stay_arrival, n.min_stay_through, n.max_stay, n.closed_to_arrival,
        n.closed_to_departure, n.stop_sell, n.cut_off_days, n.max_advance_days, o.prices, c.prices,
        CASE WHEN lag(t.id) OVER products IS NULL THEN
            (SELECT jsonb_agg(jsonb_build_object('code', c.code, 'name', c.name, 'basis', c.basis, 'value', c.value,
                    'included', c.included, 'min_age', c.min_age, 'max_nights', c.max_nights) ORDER BY c.code)
                FROM charges c
                WHERE c.hotel_id = p_hotel AND c.active)
        END
    FROM products s
    JOIN hotels h ON h.id = s.hotel_id
    JOIN room_types t ON t.hotel_id = s.hotel_id AND t.id = s.room_type_id
    JOIN rate_plans p ON p.hotel_id = s.hotel_id AND p.id = s.rate_plan_id
    LEFT JOIN stock k ON k.room_type_id = s.room_type_id
    LEFT JOIN occupancy o ON o.room_type_id = s.room_type_id AND o.rate_plan_id = s.rate_plan_id
    LEFT JOIN children c ON c.rate_plan_id = s.rate_plan_id
    CROSS JOIN LATERAL (
        SELECT CASE WHEN count(*) <= p_last - p_first THEN array_agg(r.night) END AS nights,
            array_agg(r.price_minor) AS prices,
            array_agg(r.night) FILTER (WHERE r.restricted) AS restricted_nights,
            array_agg(r.min_stay_arrival) FILTER (WHERE r.restricted) AS min_stay_arrival,
            array_agg(r.min_stay_through) FILTER (WHERE r.restricted) AS min_stay_through,
            array_agg(r.max_stay) FILTER (WHERE r.restricted) AS max_stay,
            array_agg(r.closed_to_arrival) FILTER (WHERE r.restricted) AS closed_to_arrival,
            array_agg(r.closed_to_departure) FILTER (WHERE r.restricted) AS closed_to_departure,
            array_agg(r.stop_sell) FILTER (WHERE r.restricted) AS stop_sell,
            array_agg(r.cut_off_days) FILTER (WHERE r.restricted) AS cut_off_days,
            array_agg(r.max_advance_days) FILTER (WHERE r.restricted) AS max_advance_days
        FROM (
            SELECT a.night, a.price_minor, a.min_stay_arrival, a.min_stay_through, a.max_stay, a.closed_to_arrival,
                a.closed_to_departure, a.stop_sell, a.cut_off_days, a.max_advance_days,
                a.closed_to_arrival OR a.closed_to_departure OR a.stop_sell OR coalesce(a.min_stay_arrival,
                    a.min_stay_through, a.max_stay, a.cut_off_days, a.max_advance_days) IS NOT NULL AS restricted
            FROM rates a
            WHERE a.hotel_id = p_hotel AND a.room_type_id = s.room_type_id AND a.rate_plan_id = s.rate_plan_id
                AND a.night BETWEEN p_first AND p_last
            ORDER BY a.night
        ) AS r
    ) AS n
    WHERE s.hotel_id = p_hotel
    WINDOW products AS (ORDER BY t.code, p.code)
    ORDER BY t.code, p.code
$$;

-- The shelves of hotels, one hotel after the other, in one call. Its plan is generic: with the bounds in sight each call
-- would be planned anew, which takes longer than the reading, while leaves are left out just as well when it begins.
-- Not SECURITY DEFINER: it is the caller who reads, and row-level security shows each hotel's rows only while that hotel
-- is the transaction's. Afterwards the transaction is again of the hotel that it was of, or of none.
CREATE FUNCTION markets(p_hotels uuid[], p_first date, p_last date) RETURNS SETOF shelf_row
    LANGUAGE plpgsql SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
    AS $$
DECLARE
    v_own text := coalesce(current_setting('app.hotel_id', true), '');
    v_hotel uuid;
BEGIN
    FOREACH v_hotel IN ARRAY p_hotels LOOP
        PERFORM set_config('app.hotel_id', v_hotel::text, true);
        RETURN QUERY SELECT * FROM shelves(v_hotel, p_first, p_last);
    END LOOP;
    PERFORM set_config('app.hotel_id', v_own, true);
END
$$;
