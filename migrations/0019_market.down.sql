DROP FUNCTION search_market(uuid[], date, date);
DROP FUNCTION market(uuid, date, date);
DROP TYPE market_row;
ALTER TABLE reservation_rooms DROP COLUMN charges;
ALTER TABLE hold_lines DROP COLUMN charges;
