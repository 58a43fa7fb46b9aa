-- Extras that are sold with a room (dinner, spa, transfer), and packages of them.
--
-- What a hotel has only so many of a day is one stock, whether a room type or an extra: the same table, the same
-- counters, the same guard, the same order of locks. So a hold, a change or a sweep moves both at once, or neither.

-- Whatever has a row of room_availability for each of its days: every room type, and every extra.
CREATE TABLE stocks (
    hotel_id uuid NOT NULL REFERENCES hotels (id),
    id uuid NOT NULL,
    PRIMARY KEY (hotel_id, id)
);
SELECT secure_tenant_table('stocks');

-- Row-level security binds the owner too, so each hotel's rows are reached as that hotel.
DO $$
DECLARE
    v_hotel uuid;
BEGIN
    FOR v_hotel IN SELECT id FROM hotels LOOP
        PERFORM set_config('app.hotel_id', v_hotel::text, true);
        INSERT INTO stocks SELECT hotel_id, id FROM room_types WHERE hotel_id = v_hotel;
    END LOOP;
    PERFORM set_config('app.hotel_id', '', true);
END
$$;

-- A stock comes and goes with its room type or extra, also where the release before this one adds a room type.
CREATE FUNCTION keep_stock() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO stocks VALUES (NEW.hotel_id, NEW.id);
        RETURN NEW;
    END IF;
    DELETE FROM stocks WHERE hotel_id = OLD.hotel_id AND id = OLD.id;
    RETURN OLD;
END
$$;
CREATE TRIGGER stock_of_room_type AFTER INSERT OR DELETE ON room_types FOR EACH ROW EXECUTE FUNCTION keep_stock();

ALTER TABLE room_availability
    DROP CONSTRAINT room_availability_hotel_id_room_type_id_fkey,
    ADD FOREIGN KEY (hotel_id, room_type_id) REFERENCES stocks (hotel_id, id);
COMMENT ON COLUMN room_availability.room_type_id IS
    'A room type; or an extra, whose days are counted like nights. Channels know room types only.';
COMMENT ON COLUMN room_availability.opened IS
    'False where the allotment is nobody''s decision: a channel sold the night, or the day has its extra''s own capacity.';

CREATE TABLE extras (
    hotel_id uuid NOT NULL REFERENCES hotels (id),
    id uuid NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    description text NOT NULL DEFAULT '',
    -- Minor units, for each unit of the basis.
    price_minor bigint NOT NULL CHECK (price_minor >= 0),
    basis text NOT NULL CHECK (basis IN ('stay', 'night', 'person', 'person_night')),
    -- On which day it is used where that is once a stay.
    used_on text NOT NULL DEFAULT 'arrival' CHECK (used_on IN ('arrival', 'departure')),
    -- Units on a day that has no number of its own; NULL: it is not counted.
    daily_capacity integer CHECK (daily_capacity >= 0),
    active boolean NOT NULL DEFAULT true,
    PRIMARY KEY (hotel_id, id),
    UNIQUE (hotel_id, code)
);
SELECT secure_tenant_table('extras');
CREATE TRIGGER stock_of_extra AFTER INSERT OR DELETE ON extras FOR EACH ROW EXECUTE FUNCTION keep_stock();

CREATE TABLE packages (
    hotel_id uuid NOT NULL REFERENCES hotels (id),
    id uuid NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    description text NOT NULL DEFAULT '',
    -- Instead of its extras' own prices; NULL: their sum.
    price_minor bigint CHECK (price_minor >= 0),
    basis text NOT NULL DEFAULT 'stay' CHECK (basis IN ('stay', 'night', 'person', 'person_night')),
    min_nights smallint NOT NULL DEFAULT 1 CHECK (min_nights > 0),
    active boolean NOT NULL DEFAULT true,
    PRIMARY KEY (hotel_id, id),
    UNIQUE (hotel_id, code)
);
SELECT secure_tenant_table('packages');

CREATE TABLE package_extras (
    hotel_id uuid NOT NULL,
    package_id uuid NOT NULL,
    extra_id uuid NOT NULL,
    -- For each unit of the basis.
    quantity integer NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (hotel_id, package_id, extra_id),
    FOREIGN KEY (hotel_id, package_id) REFERENCES packages (hotel_id, id),
    FOREIGN KEY (hotel_id, extra_id) REFERENCES extras (hotel_id, id)
);
SELECT secure_tenant_table('package_extras');

-- What a package is booked with; none of a kind: all.
CREATE TABLE package_room_types (
    hotel_id uuid NOT NULL,
    package_id uuid NOT NULL,
    room_type_id uuid NOT NULL,
    PRIMARY KEY (hotel_id, package_id, room_type_id),
    FOREIGN KEY (hotel_id, package_id) REFERENCES packages (hotel_id, id),
    FOREIGN KEY (hotel_id, room_type_id) REFERENCES room_types (hotel_id, id)
);
SELECT secure_tenant_table('package_room_types');

CREATE TABLE package_rate_plans (
    hotel_id uuid NOT NULL,
    package_id uuid NOT NULL,
    rate_plan_id uuid NOT NULL,
    PRIMARY KEY (hotel_id, package_id, rate_plan_id),
    FOREIGN KEY (hotel_id, package_id) REFERENCES packages (hotel_id, id),
    FOREIGN KEY (hotel_id, rate_plan_id) REFERENCES rate_plans (hotel_id, id)
);
SELECT secure_tenant_table('package_rate_plans');

-- The extras of all units of a line as they were booked:
-- [{id, code, name, package, basis, used_on, quantity, price, counted, units, days, amount}], `units` on each of `days`.
ALTER TABLE hold_lines ADD COLUMN extras jsonb NOT NULL DEFAULT '[]';
ALTER TABLE reservation_rooms ADD COLUMN extras jsonb NOT NULL DEFAULT '[]';

-- The counted days of a line's extras.
CREATE FUNCTION extra_cells(p_extras jsonb) RETURNS TABLE (extra_id uuid, day date, units integer)
    LANGUAGE sql IMMUTABLE
    AS $$
    SELECT e.id, d, e.units
    FROM jsonb_to_recordset(p_extras) AS e (id uuid, counted boolean, units integer, days date[]), unnest(e.days) AS d
    WHERE e.counted
$$;

-- Gives those of cells [{room_type_id, night}] that are an extra's and have no row yet its own capacity. It comes before
-- any inventory row is locked: who waits here for another's row holds none. The extra is locked against a change of its
-- capacity, which would not see a row that is not committed yet.
CREATE FUNCTION open_extra_days(p_hotel uuid, p_cells jsonb) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_extras uuid[];
BEGIN
    SELECT array_agg(e.id) INTO v_extras FROM (
        SELECT x.id FROM extras x
        WHERE x.hotel_id = p_hotel AND x.daily_capacity IS NOT NULL AND EXISTS (
            SELECT FROM jsonb_to_recordset(p_cells) AS c (room_type_id uuid, night date)
            WHERE c.room_type_id = x.id AND NOT EXISTS (
                SELECT FROM room_availability a
                WHERE a.hotel_id = p_hotel AND a.room_type_id = x.id AND a.night = c.night))
        ORDER BY x.id FOR SHARE
    ) AS e;
    IF v_extras IS NULL THEN
        RETURN;
    END IF;
    INSERT INTO room_availability (hotel_id, room_type_id, night, allotment, opened)
    SELECT p_hotel, x.id, c.night, x.daily_capacity, false
    FROM extras x
    JOIN jsonb_to_recordset(p_cells) AS c (room_type_id uuid, night date) ON c.room_type_id = x.id
    WHERE x.hotel_id = p_hotel AND x.id = ANY (v_extras) AND x.daily_capacity IS NOT NULL
        AND to_regclass('room_availability_' || to_char(c.night, 'YYYY_MM')) IS NOT NULL
    GROUP BY x.id, c.night, x.daily_capacity
    ORDER BY x.id, c.night
    ON CONFLICT DO NOTHING;
END
$$;

-- The cells of holds, summed: of rooms and of counted extras.
CREATE OR REPLACE FUNCTION hold_cells(p_hotel uuid, p_holds uuid[])
    RETURNS TABLE (room_type_id uuid, night date, units integer)
    LANGUAGE sql STABLE
    AS $$
    SELECT c.stock, c.night, sum(c.units)::integer
    FROM (
        SELECT l.room_type_id AS stock, n::date AS night, l.units
        FROM hold_lines l, generate_series(l.check_in, l.check_out - 1, interval '1 day') AS n
        WHERE l.hotel_id = p_hotel AND l.hold_id = ANY (p_holds)
        UNION ALL
        SELECT e.extra_id, e.day, e.units
        FROM hold_lines l, extra_cells(l.extras) AS e
        WHERE l.hotel_id = p_hotel AND l.hold_id = ANY (p_holds) AND l.extras <> '[]'
    ) AS c
    GROUP BY c.stock, c.night
$$;

-- Locks the inventory of cells that are about to change, and makes way for a demand [{room_type_id, night, held}] among
-- them: lapsed holds on what is short are ended here, in the one lock order, and what they gave back is `released`.
-- Outcomes: 'free'; 'sold_out' with the first cell that is short, though every hold that had lapsed is ended;
-- 'contended' where it was free until the locks were got, and the whole is worth another try.
CREATE FUNCTION make_way(
    p_hotel uuid, p_demand jsonb, p_cells jsonb,
    OUT outcome text, OUT short_room_type uuid, OUT short_night date, OUT released jsonb
)
    LANGUAGE plpgsql
    AS $$
DECLARE
    -- NULL: nobody looked for any.
    v_lapsed uuid[];
BEGIN
    released := '[]';
    -- A look without locks refuses the many who come too late, at the price of a read.
    SELECT s.room_type_id, s.night INTO short_room_type, short_night FROM short_cells(p_hotel, p_demand) AS s LIMIT 1;
    IF short_night IS NOT NULL THEN
        v_lapsed := lock_lapsed_holds(p_hotel, p_demand);
        SELECT coalesce(jsonb_agg(jsonb_build_object('room_type_id', c.room_type_id, 'night', c.night, 'held', -c.units)), '[]')
        INTO released FROM hold_cells(p_hotel, v_lapsed) AS c;
        IF v_lapsed = '{}' THEN
            -- Some may have been ended by others meanwhile.
            SELECT s.room_type_id, s.night INTO short_room_type, short_night
            FROM short_cells(p_hotel, p_demand) AS s LIMIT 1;
            IF short_night IS NOT NULL THEN
                outcome := 'sold_out';
                RETURN;
            END IF;
        END IF;
    END IF;

    PERFORM lock_inventory(p_hotel, p_cells || released);

    IF v_lapsed <> '{}' THEN
        UPDATE holds SET state = 'expired', ended_at = clock_timestamp()
        WHERE hotel_id = p_hotel AND id = ANY (v_lapsed);
        PERFORM count_inventory(p_hotel, released, false);
    END IF;

    SELECT s.room_type_id, s.night INTO short_room_type, short_night FROM short_cells(p_hotel, p_demand) AS s LIMIT 1;
    outcome := CASE
        WHEN short_night IS NULL THEN 'free'
        WHEN v_lapsed IS NULL THEN 'contended'
        ELSE 'sold_out'
    END;
    IF outcome = 'sold_out' AND released <> '[]' THEN
        PERFORM mark_availability(p_hotel, released);
    END IF;
END
$$;

-- As before, with the days of counted extras among the cells, and what a line has beside its prices.
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

-- Locks the lapsed holds on any of these cells, by rooms or extras, and answers their ids, in order; '{}' where there are
-- none. Those that another transaction is just ending are waited for, so that what they give back is seen: whoever waits
-- here has no inventory row locked, and the others wait for nothing that it has.
CREATE OR REPLACE FUNCTION lock_lapsed_holds(p_hotel uuid, p_cells jsonb) RETURNS uuid[]
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
BEGIN
    RETURN ARRAY(
        SELECT h.id
        FROM holds h
        WHERE h.hotel_id = p_hotel AND h.state = 'held' AND h.expires_at <= v_now
            AND EXISTS (
                SELECT 1
                FROM hold_lines l
                JOIN jsonb_to_recordset(p_cells) AS c (room_type_id uuid, night date)
                    ON c.room_type_id = l.room_type_id AND c.night >= l.check_in AND c.night < l.check_out
                WHERE l.hotel_id = h.hotel_id AND l.hold_id = h.id
                UNION ALL
                SELECT 1
                FROM hold_lines l, extra_cells(l.extras) AS e
                JOIN jsonb_to_recordset(p_cells) AS c (room_type_id uuid, night date)
                    ON c.room_type_id = e.extra_id AND c.night = e.day
                WHERE l.hotel_id = h.hotel_id AND l.hold_id = h.id AND l.extras <> '[]')
        ORDER BY h.id
        FOR UPDATE);
END
$$;

-- As before; a hold may be in the way by its extras.
CREATE OR REPLACE FUNCTION has_lapsed_holds(p_hotel uuid, p_cells jsonb) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    SELECT EXISTS (
        SELECT 1
        FROM holds h
        JOIN hold_lines l ON l.hotel_id = h.hotel_id AND l.hold_id = h.id
        JOIN jsonb_to_recordset(p_cells) AS c (room_type_id uuid, night date)
            ON c.room_type_id = l.room_type_id AND c.night >= l.check_in AND c.night < l.check_out
        WHERE h.hotel_id = p_hotel AND h.state = 'held' AND h.expires_at <= clock_timestamp()
        UNION ALL
        SELECT 1
        FROM holds h
        JOIN hold_lines l ON l.hotel_id = h.hotel_id AND l.hold_id = h.id AND l.extras <> '[]',
            extra_cells(l.extras) AS e
        JOIN jsonb_to_recordset(p_cells) AS c (room_type_id uuid, night date)
            ON c.room_type_id = e.extra_id AND c.night = e.day
        WHERE h.hotel_id = p_hotel AND h.state = 'held' AND h.expires_at <= clock_timestamp())
$$;

-- As before; a day of an extra that nobody asked for yet is opened first.
CREATE OR REPLACE FUNCTION change_inventory(
    p_hotel uuid, p_cells jsonb, OUT outcome text, OUT short_room_type uuid, OUT short_night date
)
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_demand jsonb;
    v_release jsonb;
    v_wanted integer;
    v_moved integer;
BEGIN
    SELECT coalesce(jsonb_agg(jsonb_build_object('room_type_id', c.room_type_id, 'night', c.night, 'held', c.sold)), '[]')
    INTO v_demand
    FROM jsonb_to_recordset(p_cells) AS c (room_type_id uuid, night date, sold integer)
    WHERE c.sold > 0;
    PERFORM open_extra_days(p_hotel, v_demand);

    SELECT m.outcome, m.short_room_type, m.short_night, m.released INTO outcome, short_room_type, short_night, v_release
    FROM make_way(p_hotel, v_demand, p_cells) AS m;
    IF outcome <> 'free' THEN
        RETURN;
    END IF;

    SELECT m.wanted, m.moved INTO v_wanted, v_moved FROM count_inventory(p_hotel, p_cells, false) AS m;
    -- Marked at once, as in place_hold: dirty cells too are locked in one order.
    PERFORM mark_availability(p_hotel, p_cells || v_release);
    IF v_wanted <> v_moved THEN
        RAISE EXCEPTION 'change_inventory changed % of % cells', v_moved, v_wanted USING ERRCODE = 'RW001';
    END IF;
    outcome := 'moved';
END
$$;
