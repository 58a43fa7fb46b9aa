ALTER TABLE reservations DROP COLUMN discount_minor;
