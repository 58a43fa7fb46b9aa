DROP FUNCTION give_room(uuid, jsonb, uuid, date, date, boolean);
DROP FUNCTION free_rooms(uuid, uuid, date, date);
DROP TABLE room_assignments;
DROP TYPE uuid_range;
