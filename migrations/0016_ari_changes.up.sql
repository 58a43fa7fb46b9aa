-- The audit of the calendar: each bulk edit is one entry, which can be undone.

CREATE TABLE ari_changes (
    hotel_id uuid NOT NULL REFERENCES hotels (id),
    id uuid NOT NULL,
    -- Grows by one with each entry of the hotel; the calendar's version.
    number bigint NOT NULL CHECK (number > 0),
    -- 'derivation': prices were computed anew because a plan's derivation, or what is sold under it, changed.
    kind text NOT NULL CHECK (kind IN ('edit', 'undo', 'derivation')),
    undoes uuid,
    actor text NOT NULL,
    reason text,
    first_night date NOT NULL,
    last_night date NOT NULL CHECK (last_night >= first_night),
    -- How many cells changed, by field.
    counts jsonb NOT NULL,
    -- What the cells were before and are after, as ranges of nights; NULL once that is forgotten.
    cells jsonb,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (hotel_id, id),
    UNIQUE (hotel_id, number),
    FOREIGN KEY (hotel_id, undoes) REFERENCES ari_changes (hotel_id, id)
);
SELECT secure_tenant_table('ari_changes');
-- An entry is only ever added; what its cells were is forgotten some day.
REVOKE UPDATE, DELETE ON ari_changes FROM roomwire_app;
GRANT UPDATE (cells) ON ari_changes TO roomwire_app;

-- One change of a hotel's calendar at a time: prices of derived plans are read from what another edit would write.
-- It comes after holds and before inventory in the one lock order.
CREATE FUNCTION lock_calendar(p_hotel uuid) RETURNS void
    LANGUAGE sql
    AS $$ SELECT pg_advisory_xact_lock(hashtextextended('calendar:' || p_hotel, 0)) $$;

-- The first of these months for which room_availability has no partition, or NULL.
CREATE FUNCTION first_closed_month(p_first date, p_last date) RETURNS date
    LANGUAGE sql STABLE
    AS $$
    SELECT min(m)::date
    FROM generate_series(date_trunc('month', p_first::timestamp), p_last::timestamp, interval '1 month') AS m
    WHERE to_regclass('room_availability_' || to_char(m, 'YYYY_MM')) IS NULL
$$;

-- A product that is no longer sold keeps its prices, and what was booked of it.
ALTER TABLE products ADD COLUMN active boolean NOT NULL DEFAULT true;

-- Marks every night from `p_first` of a room type, of a rate plan, of one product, or (with neither) of the hotel,
-- because it is for sale again, or no longer.
CREATE FUNCTION mark_sold(p_hotel uuid, p_room_type uuid, p_rate_plan uuid, p_first date) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_cells jsonb;
BEGIN
    IF p_rate_plan IS NULL THEN
        SELECT jsonb_agg(jsonb_build_object('room_type_id', a.room_type_id, 'night', a.night)) INTO v_cells
        FROM room_availability a
        WHERE a.hotel_id = p_hotel AND a.night >= p_first AND a.room_type_id = coalesce(p_room_type, a.room_type_id);
        PERFORM mark_availability(p_hotel, coalesce(v_cells, '[]'));
    END IF;
    SELECT jsonb_agg(jsonb_build_object('room_type_id', r.room_type_id, 'rate_plan_id', r.rate_plan_id, 'night', r.night))
    INTO v_cells
    FROM rates r
    WHERE r.hotel_id = p_hotel AND r.night >= p_first AND r.room_type_id = coalesce(p_room_type, r.room_type_id)
        AND r.rate_plan_id = coalesce(p_rate_plan, r.rate_plan_id);
    PERFORM mark_rates(p_hotel, coalesce(v_cells, '[]'));
END
$$;
