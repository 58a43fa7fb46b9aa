-- The audit trail tells of the catalogue too.
-- Its lines are events like a reservation's and links of the same chain: what was sealed before keeps its hash, and a
-- program that does not know of them yet seals and verifies them all the same.

COMMENT ON COLUMN booking_events.reservation_id IS
    'What the line is about: a reservation, an entry of the catalogue, the room type of a product, or the hotel';
COMMENT ON COLUMN booking_events.kind IS
    'Of a reservation a word, such as confirmed; of the catalogue a noun and a verb, such as room_type.changed';

-- Lines about the catalogue are few among many.
CREATE INDEX booking_events_of_catalogue ON booking_events (hotel_id, sequence) WHERE kind LIKE '%.%';
