ALTER TABLE reservations DROP COLUMN promo_code_id;
ALTER TABLE holds DROP COLUMN promo_code_id;
DROP TABLE promo_code_room_types;
DROP TABLE promo_codes;
