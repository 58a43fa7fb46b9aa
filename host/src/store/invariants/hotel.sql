-- What holds of one hotel's rows at any moment, also while the system works: one statement sees one moment.
-- $1 is the hotel. Each row is a violation: which invariant, and where. The list in mod.rs says what each promises.
-- Places are ids and dates; no guest, no key of a caller.
WITH taken AS (
    -- What reservations and holds add up to. A lapsed hold that nobody swept yet is still counted as held.
    SELECT room_type_id, night, sum(sold)::bigint AS sold, sum(held)::bigint AS held
    FROM (
        SELECT l.room_type_id, n::date AS night, l.units AS sold, 0 AS held
        FROM reservations r
        JOIN reservation_rooms l ON l.hotel_id = r.hotel_id AND l.reservation_id = r.id,
            generate_series(l.check_in, coalesce(l.freed_from, l.check_out) - 1, interval '1 day') AS n
        WHERE r.hotel_id = $1 AND l.hotel_id = $1 AND l.room_type_id IS NOT NULL
            AND r.status IN ('tentative', 'confirmed', 'checked_in', 'checked_out', 'no_show')
        UNION ALL
        -- Extras are counted by day as rooms are by night.
        SELECT e.extra_id, e.day, e.units, 0
        FROM reservations r
        JOIN reservation_rooms l ON l.hotel_id = r.hotel_id AND l.reservation_id = r.id AND l.extras <> '[]',
            extra_cells(l.extras) AS e
        WHERE r.hotel_id = $1 AND l.hotel_id = $1 AND (l.freed_from IS NULL OR e.day < l.freed_from)
            AND r.status IN ('tentative', 'confirmed', 'checked_in', 'checked_out', 'no_show')
        UNION ALL
        SELECT e.extra_id, e.day, 0, e.units
        FROM holds h
        JOIN hold_lines l ON l.hotel_id = h.hotel_id AND l.hold_id = h.id AND l.extras <> '[]',
            extra_cells(l.extras) AS e
        WHERE h.hotel_id = $1 AND h.state = 'held'
        UNION ALL
        SELECT l.room_type_id, n::date, 0, l.units
        FROM holds h
        JOIN hold_lines l ON l.hotel_id = h.hotel_id AND l.hold_id = h.id,
            generate_series(l.check_in, l.check_out - 1, interval '1 day') AS n
        WHERE h.hotel_id = $1 AND h.state = 'held'
    ) AS units
    GROUP BY room_type_id, night
), counted AS (
    SELECT room_type_id, night, sold, held, allotment, overbooking, overbooked
    FROM room_availability WHERE hotel_id = $1
), sweep AS (
    -- When lapsed holds are looked for next. No row: nobody works in the background, so nothing can be late.
    SELECT run_at FROM jobs WHERE kind = 'expire_holds' AND state = 'waiting'
), answered AS (
    SELECT created_at, fingerprint, convert_from(body, 'UTF8')::jsonb AS answer
    FROM idempotency_keys
    WHERE hotel_id = $1 AND status BETWEEN 200 AND 299 AND body IS NOT NULL AND content_type = 'application/json'
), trail AS (
    -- Some lines tell of what changes no version, such as how long a request waits.
    SELECT r.id, r.version, r.connection_id, count(DISTINCT e.after ->> 'version') AS lines,
        count(e.id) FILTER (WHERE e.kind = 'created' AND e.before IS NULL) AS births,
        count(e.id) FILTER (WHERE e.actor = '') AS nobodies
    FROM reservations r
    LEFT JOIN booking_events e ON e.hotel_id = r.hotel_id AND e.reservation_id = r.id AND e.hotel_id = $1
    WHERE r.hotel_id = $1
    GROUP BY r.id, r.version, r.connection_id
)
SELECT 'I1' AS "invariant!", concat_ws(' ', 'room type or extra', room_type_id, 'night', night, 'sold', sold, 'held', held,
    'of', allotment + overbooking + overbooked) AS "place!"
FROM counted
WHERE sold < 0 OR held < 0 OR sold + held > allotment + overbooking + overbooked

UNION ALL
-- A night whose month has no partition is not counted, and a month that was given up is no longer.
SELECT 'I2', concat_ws(' ', 'room type or extra', room_type_id, 'night', night, 'sold', c.sold, 'counted', coalesce(t.sold, 0),
    'held', c.held, 'counted', coalesce(t.held, 0))
FROM counted c
FULL JOIN taken t USING (room_type_id, night)
WHERE (coalesce(c.sold, 0) <> coalesce(t.sold, 0) OR coalesce(c.held, 0) <> coalesce(t.held, 0))
    AND (c.sold IS NOT NULL OR to_regclass('room_availability_' || to_char(night, 'YYYY_MM')) IS NOT NULL)

UNION ALL
SELECT 'I3', concat_ws(' ', 'hold', h.id, 'has no lines')
FROM holds h
WHERE h.hotel_id = $1 AND NOT EXISTS (SELECT FROM hold_lines l WHERE l.hotel_id = $1 AND l.hold_id = h.id)

UNION ALL
SELECT 'I3', concat_ws(' ', 'reservation', r.id, 'has no rooms')
FROM reservations r
WHERE r.hotel_id = $1
    AND NOT EXISTS (SELECT FROM reservation_rooms l WHERE l.hotel_id = $1 AND l.reservation_id = r.id)

UNION ALL
SELECT 'I3', concat_ws(' ', 'reservation', reservation_id, 'line', line, 'has', cardinality(prices), 'prices for',
    check_out - check_in, 'nights')
FROM reservation_rooms
WHERE hotel_id = $1 AND cardinality(prices) NOT IN (0, check_out - check_in)

UNION ALL
SELECT 'I4', concat_ws(' ', h.state, 'hold', h.id, 'has', count(r.id), 'reservations')
FROM holds h
LEFT JOIN reservations r ON r.hotel_id = h.hotel_id AND r.hold_id = h.id AND r.hotel_id = $1
WHERE h.hotel_id = $1
GROUP BY h.id, h.state
HAVING count(r.id) <> CASE WHEN h.state = 'confirmed' THEN 1 ELSE 0 END

UNION ALL
SELECT 'I4', concat_ws(' ', 'reservation', r.id, 'came of a hold that is not there')
FROM reservations r
WHERE r.hotel_id = $1 AND r.hold_id IS NOT NULL
    AND NOT EXISTS (SELECT FROM holds h WHERE h.hotel_id = $1 AND h.id = r.hold_id)

UNION ALL
SELECT 'I5', concat_ws(' ', 'reservation', a.answer ->> 'id', 'version', a.answer ->> 'version',
    'was acknowledged at', a.created_at, 'and is not there')
FROM answered a
WHERE a.answer ? 'booker' AND a.answer ? 'version'
    AND NOT EXISTS (SELECT FROM reservations r
        WHERE r.hotel_id = $1 AND r.id = (a.answer ->> 'id')::uuid AND r.version >= (a.answer ->> 'version')::integer)

UNION ALL
SELECT 'I5', concat_ws(' ', 'hold', a.answer ->> 'id', 'was acknowledged at', a.created_at, 'and is not there')
FROM answered a
WHERE a.answer ? 'lines' AND a.answer ? 'state' AND a.answer ? 'expires_at'
    AND NOT EXISTS (SELECT FROM holds h WHERE h.hotel_id = $1 AND h.id = (a.answer ->> 'id')::uuid)

UNION ALL
SELECT 'I6', concat_ws(' ', 'reservation', id, 'was made', births, 'times by its audit trail')
FROM trail WHERE births <> 1

UNION ALL
SELECT 'I6', concat_ws(' ', 'channel reservation', t.id, 'has', count(f.external_id), 'references')
FROM trail t
LEFT JOIN reservation_refs f ON f.hotel_id = $1 AND f.reservation_id = t.id
WHERE t.connection_id IS NOT NULL
GROUP BY t.id
HAVING count(f.external_id) <> 1

UNION ALL
SELECT 'I7', concat_ws(' ', 'the key of', created_at, left(encode(fingerprint, 'hex'), 16), 'has no answer')
FROM idempotency_keys
WHERE hotel_id = $1 AND (status IS NULL OR (body IS NULL AND created_at > clock_timestamp() - interval '72 hours'))

UNION ALL
-- A second for the statements between the look at the clock and the row.
SELECT 'I8', concat_ws(' ', 'hold', id, state, 'at', ended_at, 'and lived until', expires_at)
FROM holds
WHERE hotel_id = $1 AND ((state = 'confirmed' AND ended_at > expires_at + interval '1 second')
    OR (state = 'expired' AND ended_at < expires_at - interval '1 second'))

UNION ALL
SELECT 'I9', concat_ws(' ', 'hold', h.id, 'lapsed at', h.expires_at, 'and was not swept')
FROM holds h
JOIN sweep s ON h.expires_at < s.run_at - interval '15 seconds'
WHERE h.hotel_id = $1 AND h.state = 'held'

UNION ALL
SELECT 'I10', concat_ws(' ', 'no push is planned for', d.lane, d.night, 'of connection', d.connection_id)
FROM dirty_cells d
JOIN connections c ON c.hotel_id = d.hotel_id AND c.id = d.connection_id AND c.enabled
WHERE d.hotel_id = $1 AND d.reason IS NULL
    -- What lies beyond the channel's horizon waits for the day on which the horizon reaches it.
    AND (c.shown_until IS NULL OR d.night < c.shown_until)
    AND NOT EXISTS (SELECT FROM jobs j WHERE j.kind = 'push' AND j.key = 'push:' || d.connection_id)

UNION ALL
SELECT 'I10', concat_ws(' ', 'no job sends the mail', e.business_key)
FROM emails e
WHERE e.hotel_id = $1 AND e.state = 'queued'
    AND NOT EXISTS (SELECT FROM jobs j
        WHERE j.hotel_id = $1 AND (
            (j.kind = 'email' AND j.payload ->> 'business_key' = e.business_key)
            OR (j.kind = 'email_batch' AND j.payload -> 'business_keys' @> to_jsonb(e.business_key))))

UNION ALL
SELECT 'I10', concat_ws(' ', 'no job sends the reply', m.id)
FROM messages m
WHERE m.hotel_id = $1 AND m.state = 'queued'
    AND NOT EXISTS (SELECT FROM jobs j
        WHERE j.kind = 'reply' AND j.hotel_id = $1 AND j.payload ->> 'message_id' = m.id::text)

UNION ALL
SELECT 'I10', concat_ws(' ', 'no job works off the webhook', w.id, 'of connection', w.connection_id)
FROM webhook_inbox w
WHERE w.hotel_id = $1 AND w.processed_at IS NULL
    AND NOT EXISTS (SELECT FROM jobs j WHERE j.kind = 'process_webhook' AND j.hotel_id = $1)

UNION ALL
-- Asked of each table as the application sees it, with this hotel's eyes.
SELECT 'I16', concat_ws(' ', 'table', c.relname, 'shows rows of another hotel')
FROM pg_class c
WHERE CASE WHEN c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition
        AND c.relname NOT IN ('jobs', 'api_keys', 'webhook_endpoints') AND has_table_privilege(c.oid, 'SELECT')
        AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'hotel_id' AND NOT a.attisdropped)
        AND NOT (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user)
    THEN (xpath('/row/seen/text()', query_to_xml(format(
        'SELECT count(*) AS seen FROM (SELECT FROM %s WHERE hotel_id <> %L LIMIT 1) AS one', c.oid::regclass, $1),
        false, true, '')))[1]::text <> '0'
    ELSE false END

UNION ALL
SELECT 'I19', concat_ws(' ', 'reservation', r.id, 'costs', r.total_minor, 'and its nights with taxes and fees', sum(c.cost))
FROM reservations r
JOIN reservation_rooms l ON l.hotel_id = r.hotel_id AND l.reservation_id = r.id AND l.hotel_id = $1
CROSS JOIN LATERAL (
    SELECT l.units * (SELECT coalesce(sum(n.price), 0) FROM unnest(l.prices) AS n (price))
        + (SELECT coalesce(sum(t.amount), 0) FROM jsonb_to_recordset(l.charges) AS t (included boolean, amount bigint)
            WHERE NOT t.included)
        + (SELECT coalesce(sum(e.amount), 0) FROM jsonb_to_recordset(l.extras) AS e (amount bigint)) AS cost
) AS c
WHERE r.hotel_id = $1 AND r.connection_id IS NULL
GROUP BY r.id, r.total_minor
HAVING r.total_minor <> sum(c.cost)

UNION ALL
-- Nights are what is left to pay, so what a promo code took off is in the sum above. Besides, it is told of, and counted.
SELECT 'I19', concat_ws(' ', 'hold', h.id, 'line', l.line, 'has', l.discount, 'taken off and no promo code')
FROM holds h
JOIN hold_lines l ON l.hotel_id = h.hotel_id AND l.hold_id = h.id AND l.hotel_id = $1
WHERE h.hotel_id = $1 AND h.promo_code_id IS NULL AND l.discount <> 0

UNION ALL
SELECT 'I19', concat_ws(' ', 'reservation', r.id, 'has promo code', r.promo_code_id, 'and its hold', h.promo_code_id)
FROM reservations r
JOIN holds h ON h.hotel_id = r.hotel_id AND h.id = r.hold_id AND h.hotel_id = $1
WHERE r.hotel_id = $1 AND r.promo_code_id IS DISTINCT FROM h.promo_code_id

UNION ALL
SELECT 'I19', concat_ws(' ', 'reservation', r.id, 'says', r.discount_minor, 'taken off, and its hold', h.discount)
FROM reservations r
CROSS JOIN LATERAL (
    SELECT sum(l.discount) AS discount FROM hold_lines l WHERE l.hotel_id = $1 AND l.hold_id = r.hold_id
) AS h
WHERE r.hotel_id = $1 AND r.discount_minor IS NOT NULL
    AND (r.promo_code_id IS NULL OR r.discount_minor <> h.discount)

UNION ALL
SELECT 'I19', concat_ws(' ', 'reservation', r.id, 'is in', r.currency, 'at a hotel that sells in', h.currency)
FROM reservations r
JOIN hotels h ON h.id = r.hotel_id
WHERE r.hotel_id = $1 AND r.connection_id IS NULL AND r.currency <> h.currency

UNION ALL
SELECT 'I19', concat_ws(' ', 'reservation', r.id, 'is for', r.check_in, r.check_out, 'and its rooms for',
    min(l.check_in), max(l.check_out))
FROM reservations r
JOIN reservation_rooms l ON l.hotel_id = r.hotel_id AND l.reservation_id = r.id AND l.hotel_id = $1
WHERE r.hotel_id = $1
GROUP BY r.id, r.check_in, r.check_out
HAVING r.check_in <> min(l.check_in) OR r.check_out <> max(l.check_out)

UNION ALL
SELECT 'I20', concat_ws(' ', 'reservation', id, 'is at version', version, 'and has', lines, 'lines in its audit trail')
FROM trail WHERE lines <> version

UNION ALL
SELECT 'I20', concat_ws(' ', 'reservation', id, 'has', nobodies, 'lines by nobody')
FROM trail WHERE nobodies > 0

UNION ALL
SELECT 'I22', concat_ws(' ', 'hold', id, 'made', created_at, 'ended', ended_at, 'lives until', expires_at,
    'and at most until', expires_at_most)
FROM holds
WHERE hotel_id = $1 AND (expires_at > expires_at_most OR ended_at < created_at
    OR created_at > clock_timestamp() + interval '1 minute')

UNION ALL
SELECT 'I20', concat_ws(' ', 'event', e.id, 'is sealed or waiting to be', count(c.number) + count(u.event_id), 'times')
FROM booking_events e
LEFT JOIN audit_chain c ON c.hotel_id = $1 AND c.event_id = e.id
LEFT JOIN audit_unsealed u ON u.hotel_id = $1 AND u.event_id = e.id
WHERE e.hotel_id = $1
GROUP BY e.id
HAVING count(c.number) + count(u.event_id) <> 1

UNION ALL
SELECT 'I25', concat_ws(' ', 'room', a.room_id, 'is given twice for', greatest(a.from_night, b.from_night), 'by', a.id, b.id)
FROM room_assignments a
JOIN room_assignments b ON b.hotel_id = $1 AND b.room_id = a.room_id AND b.id > a.id
    AND b.from_night < a.until_night AND b.until_night > a.from_night
WHERE a.hotel_id = $1

UNION ALL
SELECT 'I25', concat_ws(' ', 'reservation', a.reservation_id, 'line', a.line, 'unit', a.unit, 'has two rooms for',
    greatest(a.from_night, b.from_night))
FROM room_assignments a
JOIN room_assignments b ON b.hotel_id = $1 AND b.reservation_id = a.reservation_id AND b.line = a.line
    AND b.unit = a.unit AND b.id > a.id AND b.from_night < a.until_night AND b.until_night > a.from_night
WHERE a.hotel_id = $1

UNION ALL
SELECT 'I25', concat_ws(' ', 'reservation', a.reservation_id, 'line', a.line, 'unit', a.unit, 'has a room from',
    a.from_night, 'until', a.until_night, 'and does not take these nights')
FROM room_assignments a
LEFT JOIN reservations r ON r.hotel_id = $1 AND r.id = a.reservation_id
    AND r.status IN ('tentative', 'confirmed', 'checked_in', 'checked_out', 'no_show')
LEFT JOIN reservation_rooms l ON l.hotel_id = $1 AND l.reservation_id = r.id AND l.line = a.line
WHERE a.hotel_id = $1 AND NOT coalesce(
    a.unit < l.units AND a.from_night >= l.check_in AND a.until_night <= coalesce(l.freed_from, l.check_out), false)

UNION ALL
SELECT 'I26', concat_ws(' ', 'waitlist entry', w.id, 'was offered', count(e.number), 'times')
FROM waitlist_entries w
JOIN waitlist_events e ON e.hotel_id = $1 AND e.entry_id = w.id AND e.kind = 'offered'
WHERE w.hotel_id = $1
GROUP BY w.id
HAVING count(e.number) > 1

UNION ALL
SELECT 'I26', concat_ws(' ', 'waitlist entry', w.id, 'is', w.state, 'and its history says', e.kind)
FROM waitlist_entries w
LEFT JOIN LATERAL (
    SELECT kind FROM waitlist_events
    WHERE hotel_id = $1 AND entry_id = w.id AND kind <> 'alerted' ORDER BY number DESC LIMIT 1
) AS e ON true
WHERE w.hotel_id = $1 AND e.kind IS DISTINCT FROM CASE w.state WHEN 'waiting' THEN 'created' ELSE w.state END

UNION ALL
SELECT 'I26', concat_ws(' ', 'waitlist entry', w.id, 'is fulfilled by a reservation that is not there')
FROM waitlist_entries w
WHERE w.hotel_id = $1 AND w.state = 'fulfilled'
    AND NOT EXISTS (SELECT FROM reservations r WHERE r.hotel_id = $1 AND r.id = w.reservation_id)

UNION ALL
-- Somebody works, or the next sweep would not be planned ahead, and yet an offer that ended long ago is still one.
SELECT 'I26', concat_ws(' ', 'waitlist entry', w.id, 'is offered by hold', w.hold_id, 'that ended at', h.ended_at)
FROM waitlist_entries w
LEFT JOIN holds h ON h.hotel_id = $1 AND h.id = w.hold_id
WHERE w.hotel_id = $1 AND w.state = 'offered' AND (h.id IS NULL OR EXISTS (
    SELECT FROM jobs j
    WHERE j.kind = 'waitlist_sweep' AND j.state = 'waiting' AND h.ended_at < j.run_at - interval '3 minutes'))
