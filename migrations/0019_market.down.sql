DROP FUNCTION search_market(uuid[], date, date);
DROP FUNCTION market(uuid, date, date);
DROP TYPE market_row;
