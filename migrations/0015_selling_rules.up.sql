-- What a hotel's catalogue says beyond a price a night: where it is, what a plan derives from, who pays what, and which
-- taxes and fees come with it.

ALTER TABLE hotels
    ADD COLUMN latitude double precision CHECK (latitude BETWEEN -90 AND 90),
    ADD COLUMN longitude double precision CHECK (longitude BETWEEN -180 AND 180),
    -- An inactive hotel sells nothing new; what is booked stays.
    ADD COLUMN active boolean NOT NULL DEFAULT true,
    ADD CONSTRAINT a_whole_position CHECK ((latitude IS NULL) = (longitude IS NULL));

ALTER TABLE room_types
    ADD COLUMN description text NOT NULL DEFAULT '',
    ADD COLUMN active boolean NOT NULL DEFAULT true;

ALTER TABLE rooms
    ADD COLUMN active boolean NOT NULL DEFAULT true;

ALTER TABLE rate_plans
    ADD COLUMN description text NOT NULL DEFAULT '',
    ADD COLUMN active boolean NOT NULL DEFAULT true,
    -- A derived plan's prices are its parent's, changed: written with the parent's, in the same transaction.
    ADD COLUMN parent_id uuid,
    ADD COLUMN derivation text CHECK (derivation IN ('amount', 'percent')),
    -- Minor units, or hundredths of a percent; negative is cheaper.
    ADD COLUMN derivation_value bigint,
    ADD FOREIGN KEY (hotel_id, parent_id) REFERENCES rate_plans (hotel_id, id),
    ADD CONSTRAINT a_whole_derivation CHECK (
        (parent_id IS NULL) = (derivation IS NULL) AND (parent_id IS NULL) = (derivation_value IS NULL)
        AND parent_id IS DISTINCT FROM id);

-- What a night costs more or less for another number of adults than the room type's standard.
CREATE TABLE occupancy_prices (
    hotel_id uuid NOT NULL,
    room_type_id uuid NOT NULL,
    rate_plan_id uuid NOT NULL,
    adults smallint NOT NULL CHECK (adults > 0),
    -- Minor units a night, or hundredths of a percent of the night's price.
    kind text NOT NULL CHECK (kind IN ('amount', 'percent')),
    value bigint NOT NULL,
    PRIMARY KEY (hotel_id, room_type_id, rate_plan_id, adults),
    FOREIGN KEY (hotel_id, room_type_id, rate_plan_id) REFERENCES products (hotel_id, room_type_id, rate_plan_id)
);
SELECT secure_tenant_table('occupancy_prices');

-- What a child of an age pays a night; a child of no bracket counts as an adult.
CREATE TABLE child_prices (
    hotel_id uuid NOT NULL,
    rate_plan_id uuid NOT NULL,
    min_age smallint NOT NULL CHECK (min_age >= 0),
    -- The last age of the bracket.
    max_age smallint NOT NULL CHECK (max_age BETWEEN min_age AND 17),
    kind text NOT NULL CHECK (kind IN ('amount', 'percent')),
    value bigint NOT NULL CHECK (value >= 0),
    PRIMARY KEY (hotel_id, rate_plan_id, min_age),
    FOREIGN KEY (hotel_id, rate_plan_id) REFERENCES rate_plans (hotel_id, id)
);
SELECT secure_tenant_table('child_prices');

-- Taxes and fees.
CREATE TABLE charges (
    hotel_id uuid NOT NULL REFERENCES hotels (id),
    id uuid NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('tax', 'fee')),
    -- 'percent' is of the room's price, in hundredths of a percent; the others are minor units.
    basis text NOT NULL CHECK (basis IN ('stay', 'night', 'person', 'person_night', 'percent')),
    value bigint NOT NULL CHECK (value >= 0),
    -- Already in the room's price, or on top of it.
    included boolean NOT NULL,
    -- Who counts as a person: this age and older. Adults always do.
    min_age smallint NOT NULL DEFAULT 0 CHECK (min_age BETWEEN 0 AND 18),
    -- Nights of a stay beyond this are free of it; NULL: none is.
    max_nights smallint CHECK (max_nights > 0),
    active boolean NOT NULL DEFAULT true,
    PRIMARY KEY (hotel_id, id),
    UNIQUE (hotel_id, code)
);
SELECT secure_tenant_table('charges');

ALTER TABLE rates
    -- Booked at least so many days before the arrival, and at most so many.
    ADD COLUMN cut_off_days smallint CHECK (cut_off_days >= 0),
    ADD COLUMN max_advance_days smallint CHECK (max_advance_days >= 0);
