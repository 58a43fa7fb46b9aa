DROP INDEX booking_events_of_catalogue;
COMMENT ON COLUMN booking_events.kind IS NULL;
COMMENT ON COLUMN booking_events.reservation_id IS NULL;
