-- Reservations, their rooms, and the audit trail. Partitioned by the month in their UUIDv7.

CREATE TABLE reservations (
    hotel_id uuid NOT NULL REFERENCES hotels (id),
    id uuid NOT NULL,
    number text NOT NULL,
    status text NOT NULL CHECK (status IN
        ('tentative', 'confirmed', 'checked_in', 'checked_out', 'declined', 'expired', 'cancelled', 'no_show')),
    -- Grows by one with every change; the ETag.
    version integer NOT NULL DEFAULT 1,
    hold_id uuid,
    connection_id uuid,
    source text NOT NULL,
    booker jsonb NOT NULL,
    total_minor bigint NOT NULL,
    currency char(3) NOT NULL,
    notes text,
    check_in date NOT NULL,
    check_out date NOT NULL CHECK (check_out > check_in),
    -- A channel sold what we did not have, or what we cannot name.
    overbooked boolean NOT NULL DEFAULT false,
    unmapped boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (hotel_id, id)
) PARTITION BY RANGE (id);
CREATE INDEX reservations_by_arrival ON reservations (hotel_id, check_in, id);
CREATE INDEX reservations_by_number ON reservations (hotel_id, number);

CREATE TABLE reservation_rooms (
    hotel_id uuid NOT NULL,
    reservation_id uuid NOT NULL,
    line smallint NOT NULL,
    -- Absent where a channel's code is not mapped; then no inventory is taken.
    room_type_id uuid,
    rate_plan_id uuid,
    external_room text,
    external_rate text,
    check_in date NOT NULL,
    check_out date NOT NULL CHECK (check_out > check_in),
    units integer NOT NULL CHECK (units > 0),
    adults smallint NOT NULL,
    children_ages smallint[] NOT NULL DEFAULT '{}',
    -- One price a night and unit, in order; empty where a channel gives only a total.
    prices bigint[] NOT NULL,
    guests jsonb NOT NULL DEFAULT '[]',
    PRIMARY KEY (hotel_id, reservation_id, line),
    FOREIGN KEY (hotel_id, room_type_id) REFERENCES room_types (hotel_id, id)
) PARTITION BY RANGE (reservation_id);

-- Who changed what, and why. Rows are only ever added.
-- The sequence is their order: changes of a reservation wait for each other's lock, while clocks of machines disagree.
CREATE SEQUENCE booking_event_sequence;
GRANT USAGE ON SEQUENCE booking_event_sequence TO roomwire_app;
CREATE TABLE booking_events (
    hotel_id uuid NOT NULL,
    id uuid NOT NULL,
    sequence bigint NOT NULL DEFAULT nextval('booking_event_sequence'),
    reservation_id uuid NOT NULL,
    kind text NOT NULL,
    actor text NOT NULL,
    reason text,
    before jsonb,
    after jsonb,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (hotel_id, id)
) PARTITION BY RANGE (id);
CREATE INDEX booking_events_of_reservation ON booking_events (hotel_id, reservation_id, id);

INSERT INTO partitioned_tables VALUES
    ('reservations', 'uuid', 6), ('reservation_rooms', 'uuid', 6), ('booking_events', 'uuid', 6);
SELECT ensure_partitions(current_date);
SELECT secure_tenant_table('reservations'), secure_tenant_table('reservation_rooms'), secure_tenant_table('booking_events');
REVOKE UPDATE, DELETE ON booking_events FROM roomwire_app;

-- A channel reservation's key to ours, unique for ever, and the newest revision that was seen of it.
-- Without a reservation it is a tombstone: a cancellation that came before its booking.
CREATE TABLE reservation_refs (
    hotel_id uuid NOT NULL,
    connection_id uuid NOT NULL,
    external_id text NOT NULL,
    reservation_id uuid,
    revision text NOT NULL,
    revision_order bigint NOT NULL,
    PRIMARY KEY (hotel_id, connection_id, external_id),
    FOREIGN KEY (hotel_id, connection_id) REFERENCES connections (hotel_id, id)
);
SELECT secure_tenant_table('reservation_refs');

-- Every revision that arrived and what became of it.
CREATE TABLE reservation_revisions (
    hotel_id uuid NOT NULL,
    connection_id uuid NOT NULL,
    external_id text NOT NULL,
    revision text NOT NULL,
    revision_order bigint NOT NULL,
    -- 'kept': ours stayed as it was, because staff or its guests had ended it before.
    outcome text NOT NULL CHECK (outcome IN ('created', 'changed', 'cancelled', 'tombstone', 'superseded', 'kept')),
    acknowledgement text,
    acknowledged_at timestamptz,
    seen_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (hotel_id, connection_id, external_id, revision),
    FOREIGN KEY (hotel_id, connection_id) REFERENCES connections (hotel_id, id)
);
CREATE INDEX reservation_revisions_unacknowledged ON reservation_revisions (hotel_id, connection_id, seen_at)
    WHERE acknowledgement IS NOT NULL AND acknowledged_at IS NULL;
SELECT secure_tenant_table('reservation_revisions');
