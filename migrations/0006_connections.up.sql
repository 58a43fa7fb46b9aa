-- Channels of a hotel: connections, mappings, what must be pushed, what came in, what was called.

-- Made and changed by applying the operator's configuration. Secrets are never stored here.
CREATE TABLE connections (
    hotel_id uuid NOT NULL REFERENCES hotels (id),
    id uuid NOT NULL,
    name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('channel', 'email')),
    connector text NOT NULL,
    enabled boolean NOT NULL DEFAULT true,
    repair_drift boolean NOT NULL DEFAULT false,
    -- Where the next pull starts.
    pulled_until timestamptz,
    -- The first night that the channel has not been told of: its horizon moves on every day.
    shown_until date,
    PRIMARY KEY (hotel_id, id),
    UNIQUE (hotel_id, name)
);
SELECT secure_tenant_table('connections');

-- Finds the connection of an inbound webhook before any hotel is known, so it has no row-level security;
-- the token itself is not stored.
CREATE TABLE webhook_endpoints (
    token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    hotel_id uuid NOT NULL,
    connection_id uuid NOT NULL,
    FOREIGN KEY (hotel_id, connection_id) REFERENCES connections (hotel_id, id)
);
GRANT SELECT, INSERT, DELETE ON webhook_endpoints TO roomwire_app;

-- Our product and the channel's codes for it.
CREATE TABLE mappings (
    hotel_id uuid NOT NULL,
    connection_id uuid NOT NULL,
    room_type_id uuid NOT NULL,
    rate_plan_id uuid NOT NULL,
    external_room text NOT NULL,
    external_rate text,
    PRIMARY KEY (hotel_id, connection_id, room_type_id, rate_plan_id),
    UNIQUE NULLS NOT DISTINCT (hotel_id, connection_id, external_room, external_rate),
    FOREIGN KEY (hotel_id, connection_id) REFERENCES connections (hotel_id, id),
    FOREIGN KEY (hotel_id, room_type_id, rate_plan_id) REFERENCES products (hotel_id, room_type_id, rate_plan_id)
);
SELECT secure_tenant_table('mappings');

-- A cell that a channel may not show yet. It goes when the channel has acknowledged this very version.
CREATE SEQUENCE cell_versions;
GRANT USAGE ON SEQUENCE cell_versions TO roomwire_app;
CREATE TABLE dirty_cells (
    hotel_id uuid NOT NULL,
    connection_id uuid NOT NULL,
    lane text NOT NULL CHECK (lane IN ('availability', 'rates')),
    room_type_id uuid NOT NULL,
    -- The nil UUID in the availability lane.
    rate_plan_id uuid NOT NULL,
    night date NOT NULL,
    version bigint NOT NULL,
    -- Since when the channel may show something else; a cell that is marked again waits as long as before.
    dirty_since timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- Why the channel refused it: such a cell is not sent again until it changes.
    reason text,
    PRIMARY KEY (hotel_id, connection_id, lane, room_type_id, rate_plan_id, night),
    FOREIGN KEY (hotel_id, connection_id) REFERENCES connections (hotel_id, id)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01);
SELECT secure_tenant_table('dirty_cells');

-- Marks nights of room types for every channel that sells them, and wakes one push a connection.
-- The delay gathers the changes of a second into one message.
CREATE FUNCTION mark_availability(p_hotel uuid, p_cells jsonb) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_connection uuid;
BEGIN
    INSERT INTO dirty_cells (hotel_id, connection_id, lane, room_type_id, rate_plan_id, night, version)
    SELECT p_hotel, sells.connection_id, 'availability', cell.room_type_id,
        '00000000-0000-0000-0000-000000000000', cell.night, nextval('cell_versions')
    FROM (
        SELECT DISTINCT room_type_id, night FROM jsonb_to_recordset(p_cells) AS c (room_type_id uuid, night date)
    ) AS cell
    JOIN (
        SELECT DISTINCT m.connection_id, m.room_type_id
        FROM mappings m
        JOIN connections c ON c.hotel_id = m.hotel_id AND c.id = m.connection_id AND c.enabled
        WHERE m.hotel_id = p_hotel
    ) AS sells USING (room_type_id)
    ORDER BY sells.connection_id, cell.room_type_id, cell.night
    ON CONFLICT (hotel_id, connection_id, lane, room_type_id, rate_plan_id, night) DO UPDATE
        SET version = excluded.version, reason = NULL;

    FOR v_connection IN
        SELECT DISTINCT m.connection_id
        FROM mappings m
        JOIN connections c ON c.hotel_id = m.hotel_id AND c.id = m.connection_id AND c.enabled
        WHERE m.hotel_id = p_hotel
            AND m.room_type_id IN (SELECT c.room_type_id FROM jsonb_to_recordset(p_cells) AS c (room_type_id uuid))
        ORDER BY m.connection_id
    LOOP
        PERFORM enqueue_push(p_hotel, v_connection);
    END LOOP;
END
$$;

CREATE FUNCTION enqueue_push(p_hotel uuid, p_connection uuid) RETURNS void
    LANGUAGE sql
    AS $$
    SELECT enqueue_job('push', 'push:' || p_connection, 'push:' || p_connection, p_hotel,
        jsonb_build_object('connection_id', p_connection), 0::smallint, interval '1 second')
$$;

-- Marks nights of products [{room_type_id, rate_plan_id, night}] whose price or restrictions changed,
-- for every channel that sells them, and wakes one push a connection.
CREATE FUNCTION mark_rates(p_hotel uuid, p_cells jsonb) RETURNS void
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
END
$$;

-- Webhooks as they arrived, once each, until they are worked off.
CREATE TABLE webhook_inbox (
    hotel_id uuid NOT NULL,
    connection_id uuid NOT NULL,
    event_id text NOT NULL,
    id uuid NOT NULL,
    headers jsonb NOT NULL,
    body bytea NOT NULL,
    body_hash bytea NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    processed_at timestamptz,
    PRIMARY KEY (hotel_id, connection_id, event_id),
    UNIQUE (hotel_id, id),
    FOREIGN KEY (hotel_id, connection_id) REFERENCES connections (hotel_id, id)
);
SELECT secure_tenant_table('webhook_inbox');

-- One row a call of a connector.
CREATE TABLE channel_sync_logs (
    hotel_id uuid NOT NULL,
    id uuid NOT NULL,
    connection_id uuid NOT NULL,
    operation text NOT NULL,
    items integer NOT NULL,
    outcome text NOT NULL,
    class text,
    detail text,
    duration_ms integer NOT NULL,
    cpu_ms integer NOT NULL,
    requests integer NOT NULL,
    bytes_sent bigint NOT NULL,
    bytes_received bigint NOT NULL,
    log jsonb NOT NULL DEFAULT '[]',
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (hotel_id, id),
    FOREIGN KEY (hotel_id, connection_id) REFERENCES connections (hotel_id, id)
);
CREATE INDEX channel_sync_logs_recent ON channel_sync_logs (hotel_id, connection_id, id DESC);
SELECT secure_tenant_table('channel_sync_logs');

-- A connector's small memory.
CREATE TABLE plugin_values (
    hotel_id uuid NOT NULL,
    connection_id uuid NOT NULL,
    key text NOT NULL,
    value bytea NOT NULL,
    PRIMARY KEY (hotel_id, connection_id, key),
    FOREIGN KEY (hotel_id, connection_id) REFERENCES connections (hotel_id, id)
);
SELECT secure_tenant_table('plugin_values');

-- Cells where a channel shows something else than we hold. A drift is believed at its second sighting.
CREATE TABLE parity_drifts (
    hotel_id uuid NOT NULL,
    connection_id uuid NOT NULL,
    room_type_id uuid NOT NULL,
    rate_plan_id uuid NOT NULL,
    night date NOT NULL,
    field text NOT NULL,
    class text NOT NULL,
    severity text NOT NULL,
    ours text NOT NULL,
    theirs text NOT NULL,
    sightings integer NOT NULL DEFAULT 1,
    state text NOT NULL DEFAULT 'suspected' CHECK (state IN ('suspected', 'open', 'repairing', 'healed')),
    first_seen timestamptz NOT NULL DEFAULT now(),
    last_seen timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (hotel_id, connection_id, room_type_id, rate_plan_id, night, field),
    FOREIGN KEY (hotel_id, connection_id) REFERENCES connections (hotel_id, id)
);
SELECT secure_tenant_table('parity_drifts');
