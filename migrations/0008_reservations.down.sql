DROP TABLE reservation_revisions;
DROP TABLE reservation_refs;
DROP TABLE booking_events;
DROP SEQUENCE booking_event_sequence;
DROP TABLE reservation_rooms;
DROP TABLE reservations;
DELETE FROM partitioned_tables WHERE name IN ('reservations', 'reservation_rooms', 'booking_events');
