-- Who sleeps in which room: a physical room is given to one unit of a reservation a night.

-- Two ranges of one id each overlap exactly where the ids are equal, so that an exclusion constraint can compare ids
-- with what every Postgres has. `btree_gist` would need a package that not every installation carries (ADR 0017).
CREATE TYPE uuid_range AS RANGE (subtype = uuid);

CREATE TABLE room_assignments (
    hotel_id uuid NOT NULL REFERENCES hotels (id),
    id uuid NOT NULL,
    reservation_id uuid NOT NULL,
    line smallint NOT NULL CHECK (line >= 0),
    -- Which of the line's units, from zero.
    unit integer NOT NULL CHECK (unit >= 0),
    room_id uuid NOT NULL,
    -- The nights `[from_night, until_night)`.
    from_night date NOT NULL,
    until_night date NOT NULL CHECK (until_night > from_night),
    -- Nothing but staff's own word moves it.
    locked boolean NOT NULL DEFAULT false,
    PRIMARY KEY (hotel_id, id),
    FOREIGN KEY (hotel_id, room_id) REFERENCES rooms (hotel_id, id),
    CONSTRAINT one_unit_a_room EXCLUDE USING gist (
        uuid_range(hotel_id, hotel_id, '[]') WITH &&,
        uuid_range(room_id, room_id, '[]') WITH &&,
        daterange(from_night, until_night) WITH &&),
    CONSTRAINT one_room_a_unit EXCLUDE USING gist (
        uuid_range(hotel_id, hotel_id, '[]') WITH &&,
        uuid_range(reservation_id, reservation_id, '[]') WITH &&,
        int8range((line::bigint << 32) + unit, (line::bigint << 32) + unit, '[]') WITH &&,
        daterange(from_night, until_night) WITH &&)
);
CREATE INDEX room_assignments_of_room ON room_assignments (hotel_id, room_id, from_night);
CREATE INDEX room_assignments_of_reservation ON room_assignments (hotel_id, reservation_id);
SELECT secure_tenant_table('room_assignments');

-- Rooms of a type that are free on the night `p_from`: until which night, `p_until` at most, and how many nights would
-- lie empty beside such a stay. An open side counts as thirty.
CREATE FUNCTION free_rooms(p_hotel uuid, p_room_type uuid, p_from date, p_until date)
    RETURNS TABLE (room_id uuid, until_night date, gap integer)
    LANGUAGE sql STABLE
    AS $$
    SELECT r.id, least(p_until, following.night),
        coalesce(least(p_from - preceding.night, 30), 30) + coalesce(least(following.night - p_until, 30), 30)
    FROM rooms r
    LEFT JOIN LATERAL (
        SELECT max(a.until_night) AS night FROM room_assignments a
        WHERE a.hotel_id = p_hotel AND a.room_id = r.id AND a.until_night <= p_from
    ) AS preceding ON true
    LEFT JOIN LATERAL (
        SELECT min(a.from_night) AS night FROM room_assignments a
        WHERE a.hotel_id = p_hotel AND a.room_id = r.id AND a.from_night > p_from
    ) AS following ON true
    WHERE r.hotel_id = p_hotel AND r.room_type_id = p_room_type AND r.active
        AND NOT EXISTS (
            SELECT FROM room_assignments a
            WHERE a.hotel_id = p_hotel AND a.room_id = r.id AND a.from_night <= p_from AND a.until_night > p_from)
$$;

-- Gives a unit the room of its type that leaves the fewest nights empty, and answers until which night; NULL where
-- none is free. With `p_split` a room that is free for the longest part will do where none is for all nights.
-- Whoever gives a room away has its row locked, so givers never wait at the constraint.
CREATE FUNCTION give_room(
    p_hotel uuid, p_assignment jsonb, p_room_type uuid, p_from date, p_until date, p_split boolean
) RETURNS date
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_room uuid;
    v_until date;
BEGIN
    LOOP
        -- A room that somebody gives away at this moment is passed over while there is another.
        SELECT f.room_id, f.until_night INTO v_room, v_until
        FROM free_rooms(p_hotel, p_room_type, p_from, p_until) AS f
        JOIN rooms r ON r.hotel_id = p_hotel AND r.id = f.room_id
        WHERE p_split OR f.until_night = p_until
        ORDER BY f.until_night DESC, f.gap, r.number, r.id
        LIMIT 1
        FOR NO KEY UPDATE OF r SKIP LOCKED;
        IF v_room IS NULL THEN
            -- It may not be given away after all: "none" is only said of rooms that were waited for.
            SELECT f.room_id, f.until_night INTO v_room, v_until
            FROM free_rooms(p_hotel, p_room_type, p_from, p_until) AS f
            JOIN rooms r ON r.hotel_id = p_hotel AND r.id = f.room_id
            WHERE p_split OR f.until_night = p_until
            ORDER BY f.until_night DESC, f.gap, r.number, r.id
            LIMIT 1
            FOR NO KEY UPDATE OF r;
        END IF;
        IF v_room IS NULL THEN
            RETURN NULL;
        END IF;
        -- It was free when it was looked for, and may have been given away until it was locked: asked again, by a
        -- statement that sees what was committed meanwhile.
        INSERT INTO room_assignments (hotel_id, id, reservation_id, line, unit, room_id, from_night, until_night)
        SELECT p_hotel, n.id, n.reservation_id, n.line, n.unit, v_room, p_from, v_until
        FROM jsonb_to_record(p_assignment) AS n (id uuid, reservation_id uuid, line smallint, unit integer)
        WHERE NOT EXISTS (
            SELECT FROM room_assignments a
            WHERE a.hotel_id = p_hotel AND a.room_id = v_room AND a.from_night < v_until AND a.until_night > p_from);
        IF FOUND THEN
            RETURN v_until;
        END IF;
    END LOOP;
END
$$;
