-- A channel that merges is told only the fields of a rate that changed, so a mark says which these are.
-- The bits: price, minimum stay on arrival and through, maximum stay, cut-off, closed to arrival and to departure, stop
-- sell. Nothing is known of older marks: they stay about everything.
ALTER TABLE dirty_cells ADD COLUMN fields smallint NOT NULL DEFAULT 255 CHECK (fields BETWEEN 1 AND 255);

-- Marks nights of products [{room_type_id, rate_plan_id, night, fields}]; without `fields`, everything of them.
CREATE OR REPLACE FUNCTION mark_rates(p_hotel uuid, p_cells jsonb) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_connection uuid;
BEGIN
    INSERT INTO dirty_cells (hotel_id, connection_id, lane, room_type_id, rate_plan_id, night, version, fields)
    SELECT p_hotel, m.connection_id, 'rates', cell.room_type_id, cell.rate_plan_id, cell.night, nextval('cell_versions'),
        cell.fields
    FROM (
        SELECT room_type_id, rate_plan_id, night, bit_or(coalesce(fields, 255::smallint)) AS fields
        FROM jsonb_to_recordset(p_cells) AS c (room_type_id uuid, rate_plan_id uuid, night date, fields smallint)
        GROUP BY room_type_id, rate_plan_id, night
    ) AS cell
    JOIN mappings m ON m.hotel_id = p_hotel AND m.room_type_id = cell.room_type_id
        AND m.rate_plan_id = cell.rate_plan_id
    JOIN connections c ON c.hotel_id = m.hotel_id AND c.id = m.connection_id AND c.enabled
    ORDER BY m.connection_id, cell.room_type_id, cell.rate_plan_id, cell.night
    ON CONFLICT (hotel_id, connection_id, lane, room_type_id, rate_plan_id, night) DO UPDATE
        SET version = excluded.version, reason = NULL, fields = dirty_cells.fields | excluded.fields;

    FOR v_connection IN
        SELECT DISTINCT m.connection_id
        FROM mappings m
        JOIN connections c ON c.hotel_id = m.hotel_id AND c.id = m.connection_id AND c.enabled
        WHERE m.hotel_id = p_hotel AND (m.room_type_id, m.rate_plan_id) IN (
            SELECT c.room_type_id, c.rate_plan_id
            FROM jsonb_to_recordset(p_cells) AS c (room_type_id uuid, rate_plan_id uuid))
        ORDER BY m.connection_id
    LOOP
        PERFORM enqueue_push(p_hotel, v_connection);
    END LOOP;
    PERFORM wake_waitlist(p_hotel, p_cells);
END
$$;
