ALTER TABLE rates DROP COLUMN cut_off_days, DROP COLUMN max_advance_days;
DROP TABLE charges;
DROP TABLE child_prices;
DROP TABLE occupancy_prices;
ALTER TABLE rate_plans
    DROP COLUMN description, DROP COLUMN active,
    DROP COLUMN parent_id, DROP COLUMN derivation, DROP COLUMN derivation_value;
ALTER TABLE rooms DROP COLUMN active;
ALTER TABLE room_types DROP COLUMN description, DROP COLUMN active;
ALTER TABLE hotels DROP COLUMN latitude, DROP COLUMN longitude, DROP COLUMN active;
