-- What a promo code took off the nights of all rooms when a reservation was booked, minor units: their prices are what
-- was left to pay. NULL: there was no code, or it was booked before this was kept.
ALTER TABLE reservations ADD COLUMN discount_minor bigint CHECK (discount_minor >= 0);
