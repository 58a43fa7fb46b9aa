-- Availability, rates and restrictions, per night.

CREATE TABLE room_availability (
    hotel_id uuid NOT NULL,
    room_type_id uuid NOT NULL,
    night date NOT NULL,
    allotment integer NOT NULL CHECK (allotment >= 0),
    -- Units that the hotel chooses to sell beyond its allotment.
    overbooking integer NOT NULL DEFAULT 0 CHECK (overbooking >= 0),
    sold integer NOT NULL DEFAULT 0 CHECK (sold >= 0),
    held integer NOT NULL DEFAULT 0 CHECK (held >= 0),
    -- Units sold beyond both by a channel whose reservation could not be refused.
    overbooked integer NOT NULL DEFAULT 0 CHECK (overbooked >= 0),
    -- Whether the hotel has opened the night. A channel may sell one that it has not: that is counted here all the same.
    opened boolean NOT NULL DEFAULT true,
    PRIMARY KEY (hotel_id, room_type_id, night),
    FOREIGN KEY (hotel_id, room_type_id) REFERENCES room_types (hotel_id, id),
    CONSTRAINT never_oversold CHECK (sold + held <= allotment + overbooking + overbooked)
) PARTITION BY RANGE (night);
COMMENT ON COLUMN room_availability.overbooked IS
    'Grows only by move_inventory with force, for a channel''s reservation, and shrinks first when units come back.';
INSERT INTO partitioned_tables VALUES ('room_availability', 'night', 24);
SELECT ensure_partitions(current_date);
SELECT secure_tenant_table('room_availability');

CREATE TABLE rates (
    hotel_id uuid NOT NULL,
    room_type_id uuid NOT NULL,
    rate_plan_id uuid NOT NULL,
    night date NOT NULL,
    price_minor bigint NOT NULL CHECK (price_minor > 0),
    min_stay_arrival smallint CHECK (min_stay_arrival > 0),
    min_stay_through smallint CHECK (min_stay_through > 0),
    max_stay smallint CHECK (max_stay > 0),
    closed_to_arrival boolean NOT NULL DEFAULT false,
    closed_to_departure boolean NOT NULL DEFAULT false,
    stop_sell boolean NOT NULL DEFAULT false,
    PRIMARY KEY (hotel_id, room_type_id, rate_plan_id, night),
    FOREIGN KEY (hotel_id, room_type_id, rate_plan_id) REFERENCES products (hotel_id, room_type_id, rate_plan_id)
);
SELECT secure_tenant_table('rates');
