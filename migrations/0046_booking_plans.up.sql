-- A booking in fewer statements, none of which is planned anew.
--
-- The nights of a stay were looked at, locked and counted by plans made for each call, which took longer than the work:
-- a quarter of what a hold cost. These plans are made once a connection, as those of `markets` are (0036): the leaves of
-- other months and hotels are left out when a plan begins. The plan may be made while tables are empty, so sequential
-- scans are off in it: every table that it reads has an index that begins with the hotel.

ALTER FUNCTION short_cells(uuid, jsonb) SET plan_cache_mode = force_generic_plan;
ALTER FUNCTION short_cells(uuid, jsonb) SET enable_seqscan = off;
ALTER FUNCTION lock_inventory(uuid, jsonb) SET plan_cache_mode = force_generic_plan;
ALTER FUNCTION lock_inventory(uuid, jsonb) SET enable_seqscan = off;

-- Adds to the counters of cells [{room_type_id, night, held, sold}], which the caller has locked in order and marks: who
-- places a hold has locked them before it looked, and need not do so again.
-- Answers how many cells there were and how many were changed: the caller compares.
-- Where units come back, those sold beyond the limit go first; with `p_force` they may also grow.
CREATE OR REPLACE FUNCTION count_inventory(p_hotel uuid, p_cells jsonb, p_force boolean, OUT wanted integer, OUT moved integer)
    LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
    AS $$
DECLARE
    v_first date;
    v_last date;
BEGIN
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

-- Locks the cells in order, counts as count_inventory does, and marks them for the channels.
CREATE OR REPLACE FUNCTION move_inventory(p_hotel uuid, p_cells jsonb, p_force boolean, OUT wanted integer, OUT moved integer)
    LANGUAGE plpgsql
    AS $$
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
    SELECT c.wanted, c.moved INTO wanted, moved FROM count_inventory(p_hotel, p_cells, p_force) AS c;
    PERFORM mark_availability(p_hotel, p_cells);
END
$$;

-- As before, and says at once whose the hold is: the first of the row of rotated keys, and the hash of the guest's
-- session; NULL for what is booked at once or kept for somebody.
CREATE FUNCTION place_hold(
    p_hotel uuid, p_hold uuid, p_lines jsonb, p_ttl interval, p_longest interval, p_credential uuid, p_session bytea,
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

    INSERT INTO holds (hotel_id, id, expires_at, expires_at_most, credential_id, guest_session)
    VALUES (p_hotel, p_hold, clock_timestamp() + p_ttl, clock_timestamp() + p_longest, p_credential, p_session)
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

-- As the release before this one calls it, which writes down afterwards whose the hold is.
CREATE OR REPLACE FUNCTION place_hold(
    p_hotel uuid, p_hold uuid, p_lines jsonb, p_ttl interval, p_longest interval,
    OUT outcome text, OUT short_room_type uuid, OUT short_night date, OUT expires timestamptz
)
    LANGUAGE sql
    AS $$ SELECT * FROM place_hold(p_hotel, p_hold, p_lines, p_ttl, p_longest, NULL::uuid, NULL::bytea) $$;

-- As `shelves` of 0036, of these room types and rate plans only; NULL: of all. A quote is checked with what it is about.
CREATE FUNCTION shelves(
    p_hotel uuid, p_first date, p_last date, p_room_types uuid[], p_rate_plans uuid[]
) RETURNS SETOF shelf_row
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
                AND (p_room_types IS NULL OR a.room_type_id = ANY (p_room_types))
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
    WHERE s.hotel_id = p_hotel AND (p_room_types IS NULL OR s.room_type_id = ANY (p_room_types))
        AND (p_rate_plans IS NULL OR s.rate_plan_id = ANY (p_rate_plans))
    WINDOW products AS (ORDER BY t.code, p.code)
    ORDER BY t.code, p.code
$$;

-- As `markets` of 0036, of these room types and rate plans only; NULL: of all. Both functions of 0036 stay for the release
-- before this one.
CREATE FUNCTION markets(
    p_hotels uuid[], p_first date, p_last date, p_room_types uuid[], p_rate_plans uuid[]
) RETURNS SETOF shelf_row
    LANGUAGE plpgsql SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
    AS $$
DECLARE
    v_own text := coalesce(current_setting('app.hotel_id', true), '');
    v_hotel uuid;
BEGIN
    FOREACH v_hotel IN ARRAY p_hotels LOOP
        PERFORM set_config('app.hotel_id', v_hotel::text, true);
        RETURN QUERY SELECT * FROM shelves(v_hotel, p_first, p_last, p_room_types, p_rate_plans);
    END LOOP;
    PERFORM set_config('app.hotel_id', v_own, true);
END
$$;

-- Claims a key until the caller's transaction ends: 'mine', 'busy' while another request works under it, or 'taken'.
-- As claim_idempotency_key does, but the row is written once, with the answer: nobody else gets the lock before. That one
-- stays for the release before this one; both take the same lock.
CREATE FUNCTION lock_idempotency_key(p_hotel uuid, p_credential uuid, p_key text) RETURNS text
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtextextended(p_hotel || ':' || p_credential || ':' || p_key, 0)) THEN
        RETURN 'busy';
    END IF;
    -- A statement of its own, which sees what was committed before the lock was got.
    RETURN CASE WHEN EXISTS (
        SELECT FROM idempotency_keys k
        WHERE k.hotel_id = p_hotel AND k.credential_id = p_credential AND k.key = p_key
    ) THEN 'taken' ELSE 'mine' END;
END
$$;
