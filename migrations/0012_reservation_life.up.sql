-- What happens to a reservation after it is made: how long it may wait for staff, what its cancellation costs,
-- which of its nights were given back early, and the words by which it is found.

ALTER TABLE hotels
    -- Hours that a tentative reservation waits before staff are told, told again, and its units are free; NULL: never.
    ADD COLUMN tentative_alert_hours integer DEFAULT 24 CHECK (tentative_alert_hours > 0),
    ADD COLUMN tentative_escalate_hours integer DEFAULT 48 CHECK (tentative_escalate_hours > 0),
    ADD COLUMN tentative_release_hours integer CHECK (tentative_release_hours > 0),
    -- Which nights stay taken when the guest does not come.
    ADD COLUMN no_show_keeps text NOT NULL DEFAULT 'first_night' CHECK (no_show_keeps IN ('first_night', 'whole_stay')),
    -- Whether guests are written to where staff don't say otherwise.
    ADD COLUMN notify_guests boolean NOT NULL DEFAULT true,
    ADD CONSTRAINT tentative_stages_in_order CHECK (
        tentative_alert_hours <= tentative_escalate_hours
        AND tentative_escalate_hours <= tentative_release_hours
        AND tentative_alert_hours <= tentative_release_hours);

-- The terms that a rate plan is sold under; what is booked keeps them as they were.
CREATE TABLE cancellation_policies (
    hotel_id uuid NOT NULL REFERENCES hotels (id),
    id uuid NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    -- Hours before the arrival day begins at the hotel until which cancelling is free; NULL: it never is.
    free_until_hours integer CHECK (free_until_hours >= 0),
    -- What is owed after that.
    penalty text NOT NULL CHECK (penalty IN ('none', 'first_night', 'percent', 'whole_stay')),
    penalty_percent smallint CHECK (penalty_percent BETWEEN 1 AND 100),
    PRIMARY KEY (hotel_id, id),
    UNIQUE (hotel_id, code),
    CHECK ((penalty = 'percent') = (penalty_percent IS NOT NULL))
);
SELECT secure_tenant_table('cancellation_policies');

ALTER TABLE rate_plans
    ADD COLUMN cancellation_policy_id uuid,
    ADD FOREIGN KEY (hotel_id, cancellation_policy_id) REFERENCES cancellation_policies (hotel_id, id);

ALTER TABLE reservations
    -- Since when it waits for staff, by this database's clock; NULL when it does not.
    ADD COLUMN tentative_since timestamptz,
    ADD COLUMN tentative_alerted_at timestamptz,
    ADD COLUMN tentative_escalated_at timestamptz,
    -- What staff noted when they confirmed: {notes, files: [{name, url}], guest_notified}.
    ADD COLUMN checklist jsonb,
    -- What its end costs the guest by the terms that it was booked under; NULL without such terms.
    ADD COLUMN owed_minor bigint CHECK (owed_minor >= 0);

-- Row-level security binds the owner too, so each hotel's rows are reached as that hotel.
DO $$
DECLARE
    v_hotel uuid;
BEGIN
    FOR v_hotel IN SELECT id FROM hotels LOOP
        PERFORM set_config('app.hotel_id', v_hotel::text, true);
        UPDATE reservations SET tentative_since = created_at WHERE hotel_id = v_hotel AND status = 'tentative';
    END LOOP;
    PERFORM set_config('app.hotel_id', '', true);
END
$$;

ALTER TABLE reservation_rooms
    -- The terms of cancellation as they were when it was booked.
    ADD COLUMN cancellation jsonb,
    -- From this night on its units were given back, because the guest left early or never came.
    ADD COLUMN freed_from date,
    ADD CONSTRAINT freed_within_the_stay CHECK (freed_from BETWEEN check_in AND check_out);

CREATE INDEX reservations_by_departure ON reservations (hotel_id, check_out, id);
CREATE INDEX reservations_waiting ON reservations (hotel_id, tentative_since) WHERE status = 'tentative';

-- Words by which a reservation is found, folded: of its guests' names, its number, and telephone numbers backwards
-- behind a `~`, so that their last digits are a beginning. Looked up by beginnings: comparing text is leakproof, so an
-- index can be used behind row-level security, which a trigram index cannot. COLLATE "C", so that a range is a beginning.
CREATE TABLE reservation_words (
    hotel_id uuid NOT NULL REFERENCES hotels (id),
    word text COLLATE "C" NOT NULL CHECK (length(word) BETWEEN 1 AND 64),
    reservation_id uuid NOT NULL,
    PRIMARY KEY (hotel_id, word, reservation_id)
);
CREATE INDEX reservation_words_of_reservation ON reservation_words (hotel_id, reservation_id);
SELECT secure_tenant_table('reservation_words');

-- Without accents and other marks, whatever the database's locale.
CREATE FUNCTION folded(p_word text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT left(regexp_replace(normalize(p_word, NFKD), '[\u0300-\u036f]', '', 'g'), 64) $$;

-- Words of what was booked before, split at what no letter is; the application splits what is booked from now on.
DO $$
DECLARE
    v_hotel uuid;
BEGIN
    FOR v_hotel IN SELECT id FROM hotels LOOP
        PERFORM set_config('app.hotel_id', v_hotel::text, true);
        INSERT INTO reservation_words (hotel_id, word, reservation_id)
        SELECT DISTINCT v_hotel, folded(w.word), r.id
        FROM reservations r,
            LATERAL (
                SELECT r.booker AS guest
                UNION ALL
                SELECT g FROM reservation_rooms l, jsonb_array_elements(l.guests) AS g
                WHERE l.hotel_id = v_hotel AND l.reservation_id = r.id
            ) AS people,
            LATERAL (
                SELECT lower(r.number) AS word
                UNION ALL
                SELECT regexp_split_to_table(
                    lower(concat_ws(' ', guest ->> 'first_name', guest ->> 'last_name')), '[\x01-/:-@\[-`{-\x7f]+')
                UNION ALL
                SELECT '~' || left(reverse(digits), 60)
                FROM regexp_replace(guest ->> 'phone', '[^0-9]', '', 'g') AS digits WHERE length(digits) >= 4
            ) AS w
        WHERE r.hotel_id = v_hotel AND folded(w.word) <> '';
    END LOOP;
    PERFORM set_config('app.hotel_id', '', true);
END
$$;

-- Moves the sold counters of cells [{room_type_id, night, sold}], each cell once: all of them, or none.
-- One move, so that a reservation which changes never has its own units taken by another in between.
-- Outcomes: 'moved'; 'sold_out' with the first cell that is short; 'contended' where it is worth another try.
-- As in place_hold, a lapsed hold counts as free.
CREATE FUNCTION change_inventory(
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
