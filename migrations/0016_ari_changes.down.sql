DROP FUNCTION mark_sold(uuid, uuid, uuid, date);
ALTER TABLE products DROP COLUMN active;
DROP FUNCTION first_closed_month(date, date);
DROP FUNCTION lock_calendar(uuid);
DROP TABLE ari_changes;
