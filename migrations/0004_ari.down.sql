DROP TABLE rates;
DROP TABLE room_availability;
DELETE FROM partitioned_tables WHERE name = 'room_availability';
