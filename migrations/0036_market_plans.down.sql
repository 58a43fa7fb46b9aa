DROP FUNCTION markets(uuid[], date, date);
DROP FUNCTION shelves(uuid, date, date);
DROP TYPE shelf_row;
