-- What a hotel sells.

CREATE TABLE room_types (
    hotel_id uuid NOT NULL REFERENCES hotels (id),
    id uuid NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    standard_occupancy smallint NOT NULL CHECK (standard_occupancy > 0),
    max_occupancy smallint NOT NULL CHECK (max_occupancy >= standard_occupancy),
    accessible boolean NOT NULL DEFAULT false,
    PRIMARY KEY (hotel_id, id),
    UNIQUE (hotel_id, code)
);
SELECT secure_tenant_table('room_types');

CREATE TABLE rooms (
    hotel_id uuid NOT NULL,
    id uuid NOT NULL,
    room_type_id uuid NOT NULL,
    number text NOT NULL,
    PRIMARY KEY (hotel_id, id),
    UNIQUE (hotel_id, number),
    FOREIGN KEY (hotel_id, room_type_id) REFERENCES room_types (hotel_id, id)
);
SELECT secure_tenant_table('rooms');

CREATE TABLE rate_plans (
    hotel_id uuid NOT NULL REFERENCES hotels (id),
    id uuid NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    meal_plan text NOT NULL DEFAULT 'room_only',
    PRIMARY KEY (hotel_id, id),
    UNIQUE (hotel_id, code)
);
SELECT secure_tenant_table('rate_plans');

-- A product is a room type sold under a rate plan.
CREATE TABLE products (
    hotel_id uuid NOT NULL,
    room_type_id uuid NOT NULL,
    rate_plan_id uuid NOT NULL,
    PRIMARY KEY (hotel_id, room_type_id, rate_plan_id),
    FOREIGN KEY (hotel_id, room_type_id) REFERENCES room_types (hotel_id, id),
    FOREIGN KEY (hotel_id, rate_plan_id) REFERENCES rate_plans (hotel_id, id)
);
SELECT secure_tenant_table('products');
