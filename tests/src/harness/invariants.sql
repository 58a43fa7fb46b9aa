-- Each row is a violation: which invariant, and where.
--
-- I1  No cell is sold beyond allotment, chosen overbooking, and what a channel forced on it.
-- I2  Counters are the recount: held of live holds (lapsed ones that nobody swept yet are still counted), sold of
--     reservations that take inventory, up to the night from which they gave theirs back.
-- I3  Every night or none: a live hold or reservation has lines, and a price for each night where it has prices.
-- I4  One outcome: a hold is confirmed exactly where one reservation came of it.
-- I7  No idempotency key without its answer: both commit together.
-- I10 Work commits with its cause: a change that waits for a channel, a mail that waits to be sent and a webhook that
--     waits to be worked off each have a job that is not lost.
-- I20 Every version of a reservation has a line in the audit trail; some lines tell of what changes no version.
WITH recount AS (
    SELECT hotel_id, room_type_id, night, sum(sold)::bigint AS sold, sum(held)::bigint AS held
    FROM (
        SELECT l.hotel_id, l.room_type_id, n::date AS night, l.units AS sold, 0 AS held
        FROM reservations r
        JOIN reservation_rooms l ON l.hotel_id = r.hotel_id AND l.reservation_id = r.id,
            generate_series(l.check_in, coalesce(l.freed_from, l.check_out) - 1, interval '1 day') AS n
        WHERE r.status IN ('tentative', 'confirmed', 'checked_in', 'checked_out', 'no_show')
            AND l.room_type_id IS NOT NULL
        UNION ALL
        SELECT l.hotel_id, l.room_type_id, n::date, 0, l.units
        FROM holds h
        JOIN hold_lines l ON l.hotel_id = h.hotel_id AND l.hold_id = h.id,
            generate_series(l.check_in, l.check_out - 1, interval '1 day') AS n
        WHERE h.state = 'held'
    ) AS taken
    GROUP BY hotel_id, room_type_id, night
), live_jobs AS (
    SELECT kind, key, hotel_id, payload FROM jobs
)
SELECT 'I1 never oversold' AS invariant, concat_ws(' ', hotel_id, room_type_id, night, sold, held) AS place
FROM room_availability
WHERE sold < 0 OR held < 0 OR sold + held > allotment + overbooking + overbooked

UNION ALL
SELECT 'I2 counters are the recount', concat_ws(' ', hotel_id, room_type_id, night,
    'sold', a.sold, 'counted', coalesce(c.sold, 0), 'held', a.held, 'counted', coalesce(c.held, 0))
FROM room_availability a
FULL JOIN recount c USING (hotel_id, room_type_id, night)
WHERE coalesce(a.sold, 0) <> coalesce(c.sold, 0) OR coalesce(a.held, 0) <> coalesce(c.held, 0)

UNION ALL
SELECT 'I3 every night or none', concat_ws(' ', 'hold without lines', h.hotel_id, h.id)
FROM holds h
WHERE NOT EXISTS (SELECT FROM hold_lines l WHERE l.hotel_id = h.hotel_id AND l.hold_id = h.id)

UNION ALL
SELECT 'I3 every night or none', concat_ws(' ', 'reservation without rooms', r.hotel_id, r.id)
FROM reservations r
WHERE NOT EXISTS (SELECT FROM reservation_rooms l WHERE l.hotel_id = r.hotel_id AND l.reservation_id = r.id)

UNION ALL
SELECT 'I3 every night or none', concat_ws(' ', 'prices', hotel_id, reservation_id, line)
FROM reservation_rooms
WHERE cardinality(prices) NOT IN (0, check_out - check_in)

UNION ALL
SELECT 'I4 one outcome', concat_ws(' ', 'hold', h.state, h.hotel_id, h.id, 'has reservations:', count(r.id))
FROM holds h
LEFT JOIN reservations r ON r.hotel_id = h.hotel_id AND r.hold_id = h.id
GROUP BY h.hotel_id, h.id, h.state
HAVING count(r.id) <> CASE WHEN h.state = 'confirmed' THEN 1 ELSE 0 END

UNION ALL
SELECT 'I4 one outcome', concat_ws(' ', 'reservation of no hold', r.hotel_id, r.id)
FROM reservations r
WHERE r.hold_id IS NOT NULL
    AND NOT EXISTS (SELECT FROM holds h WHERE h.hotel_id = r.hotel_id AND h.id = r.hold_id)

UNION ALL
SELECT 'I7 a key has its answer', concat_ws(' ', hotel_id, credential_id, key)
FROM idempotency_keys
WHERE status IS NULL

UNION ALL
SELECT 'I10 work commits with its cause', concat_ws(' ', 'dirty cell', d.hotel_id, d.connection_id, d.lane, d.night)
FROM dirty_cells d
JOIN connections c ON c.hotel_id = d.hotel_id AND c.id = d.connection_id AND c.enabled
WHERE d.reason IS NULL
    AND NOT EXISTS (SELECT FROM live_jobs j WHERE j.kind = 'push' AND j.key = 'push:' || d.connection_id)

UNION ALL
SELECT 'I10 work commits with its cause', concat_ws(' ', 'email', e.hotel_id, e.business_key)
FROM emails e
WHERE e.state = 'queued'
    AND NOT EXISTS (SELECT FROM live_jobs j
        WHERE j.kind = 'email' AND j.hotel_id = e.hotel_id AND j.payload ->> 'business_key' = e.business_key)

UNION ALL
SELECT 'I10 work commits with its cause', concat_ws(' ', 'webhook', w.hotel_id, w.connection_id, w.event_id)
FROM webhook_inbox w
WHERE w.processed_at IS NULL
    AND NOT EXISTS (SELECT FROM live_jobs j WHERE j.kind = 'process_webhook' AND j.hotel_id = w.hotel_id)

UNION ALL
SELECT 'I20 every change is in the audit trail', concat_ws(' ', r.hotel_id, r.id, 'version', r.version,
    'versions in events', count(DISTINCT e.after ->> 'version'))
FROM reservations r
LEFT JOIN booking_events e ON e.hotel_id = r.hotel_id AND e.reservation_id = r.id
GROUP BY r.hotel_id, r.id, r.version
HAVING count(DISTINCT e.after ->> 'version') <> r.version

UNION ALL
SELECT 'I20 every event is sealed or waits to be, once', concat_ws(' ', e.hotel_id, e.id)
FROM booking_events e
WHERE (SELECT count(*) FROM audit_chain c WHERE c.hotel_id = e.hotel_id AND c.event_id = e.id)
    + (SELECT count(*) FROM audit_unsealed u WHERE u.hotel_id = e.hotel_id AND u.event_id = e.id) <> 1
