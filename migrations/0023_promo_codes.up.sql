-- Promo codes. Their uses are counted from holds and reservations under the code's row lock: no counter can drift.
--
-- Lock order: idempotency key, promo code, and then as before: channel reference, reservation, rooms, hold, inventory.

CREATE TABLE promo_codes (
    hotel_id uuid NOT NULL REFERENCES hotels (id),
    id uuid NOT NULL,
    -- In capitals, so that guests may write it as they like.
    code text NOT NULL CHECK (code = upper(code)),
    name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('percent', 'amount', 'free_nights')),
    -- Hundredths of a percent, minor units off one unit's stay, or how many of every `stay_nights` nights are free.
    value bigint NOT NULL CHECK (value > 0 AND (kind <> 'percent' OR value <= 10000)),
    stay_nights smallint CHECK (stay_nights >= value),
    stay_from date,
    stay_until date CHECK (stay_until >= stay_from),
    book_from date,
    book_until date CHECK (book_until >= book_from),
    min_nights smallint NOT NULL CHECK (min_nights > 0),
    uses_at_most integer CHECK (uses_at_most > 0),
    uses_per_guest integer CHECK (uses_per_guest > 0),
    active boolean NOT NULL DEFAULT true,
    PRIMARY KEY (hotel_id, id),
    UNIQUE (hotel_id, code),
    CHECK ((kind = 'free_nights') = (stay_nights IS NOT NULL))
);
SELECT secure_tenant_table('promo_codes');

-- What a code is for; none of a kind: all.
CREATE TABLE promo_code_room_types (
    hotel_id uuid NOT NULL,
    promo_code_id uuid NOT NULL,
    room_type_id uuid NOT NULL,
    PRIMARY KEY (hotel_id, promo_code_id, room_type_id),
    FOREIGN KEY (hotel_id, promo_code_id) REFERENCES promo_codes (hotel_id, id),
    FOREIGN KEY (hotel_id, room_type_id) REFERENCES room_types (hotel_id, id)
);
SELECT secure_tenant_table('promo_code_room_types');

CREATE TABLE promo_code_rate_plans (
    hotel_id uuid NOT NULL,
    promo_code_id uuid NOT NULL,
    rate_plan_id uuid NOT NULL,
    PRIMARY KEY (hotel_id, promo_code_id, rate_plan_id),
    FOREIGN KEY (hotel_id, promo_code_id) REFERENCES promo_codes (hotel_id, id),
    FOREIGN KEY (hotel_id, rate_plan_id) REFERENCES rate_plans (hotel_id, id)
);
SELECT secure_tenant_table('promo_code_rate_plans');

ALTER TABLE holds ADD COLUMN promo_code_id uuid,
    ADD FOREIGN KEY (hotel_id, promo_code_id) REFERENCES promo_codes (hotel_id, id);
CREATE INDEX holds_by_promo_code ON holds (hotel_id, promo_code_id) WHERE promo_code_id IS NOT NULL AND state = 'held';
ALTER TABLE reservations ADD COLUMN promo_code_id uuid,
    ADD FOREIGN KEY (hotel_id, promo_code_id) REFERENCES promo_codes (hotel_id, id);
CREATE INDEX reservations_by_promo_code ON reservations (hotel_id, promo_code_id) WHERE promo_code_id IS NOT NULL;

-- What the code took off the nights of all units of a line, minor units: its prices are what is left to pay, so every
-- total is the sum of its parts as before.
ALTER TABLE hold_lines ADD COLUMN discount bigint NOT NULL DEFAULT 0 CHECK (discount >= 0);

-- Lets nobody else take a use of a code, nor lengthen or book a hold that has one, until the transaction ends. The uses
-- are counted by later statements, which see what those before committed.
CREATE FUNCTION lock_promo_code(p_hotel uuid, p_promo_code uuid) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM 1 FROM promo_codes WHERE hotel_id = p_hotel AND id = p_promo_code FOR UPDATE;
END
$$;

-- As before, with what was taken off.
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
