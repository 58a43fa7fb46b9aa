CREATE OR REPLACE FUNCTION mark_rates(p_hotel uuid, p_cells jsonb) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_connection uuid;
BEGIN
    INSERT INTO dirty_cells (hotel_id, connection_id, lane, room_type_id, rate_plan_id, night, version)
    SELECT p_hotel, m.connection_id, 'rates', cell.room_type_id, cell.rate_plan_id, cell.night, nextval('cell_versions')
    FROM (
        SELECT DISTINCT room_type_id, rate_plan_id, night
        FROM jsonb_to_recordset(p_cells) AS c (room_type_id uuid, rate_plan_id uuid, night date)
    ) AS cell
    JOIN mappings m ON m.hotel_id = p_hotel AND m.room_type_id = cell.room_type_id
        AND m.rate_plan_id = cell.rate_plan_id
    JOIN connections c ON c.hotel_id = m.hotel_id AND c.id = m.connection_id AND c.enabled
    ORDER BY m.connection_id, cell.room_type_id, cell.rate_plan_id, cell.night
    ON CONFLICT (hotel_id, connection_id, lane, room_type_id, rate_plan_id, night) DO UPDATE
        SET version = excluded.version, reason = NULL;

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

ALTER TABLE dirty_cells DROP COLUMN fields;
