-- Promo codes. Their uses are counted from holds and reservations under the code's row lock: no counter can drift.
--
-- Lock order: idempotency key, promo code, and then as 0007 says.

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

-- The room types that a code is for; none: all.
CREATE TABLE promo_code_room_types (
    hotel_id uuid NOT NULL,
    promo_code_id uuid NOT NULL,
    room_type_id uuid NOT NULL,
    PRIMARY KEY (hotel_id, promo_code_id, room_type_id),
    FOREIGN KEY (hotel_id, promo_code_id) REFERENCES promo_codes (hotel_id, id),
    FOREIGN KEY (hotel_id, room_type_id) REFERENCES room_types (hotel_id, id)
);
SELECT secure_tenant_table('promo_code_room_types');

ALTER TABLE holds ADD COLUMN promo_code_id uuid,
    ADD FOREIGN KEY (hotel_id, promo_code_id) REFERENCES promo_codes (hotel_id, id);
CREATE INDEX holds_by_promo_code ON holds (hotel_id, promo_code_id) WHERE promo_code_id IS NOT NULL AND state = 'held';
ALTER TABLE reservations ADD COLUMN promo_code_id uuid,
    ADD FOREIGN KEY (hotel_id, promo_code_id) REFERENCES promo_codes (hotel_id, id);
CREATE INDEX reservations_by_promo_code ON reservations (hotel_id, promo_code_id) WHERE promo_code_id IS NOT NULL;
