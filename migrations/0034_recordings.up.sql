-- What calls of connectors asked the host and were answered, secrets masked, so that they can be run again.

-- One beside its row of the sync log, under the same id; a connection keeps its newest.
CREATE TABLE call_recordings (
    hotel_id uuid NOT NULL,
    id uuid NOT NULL,
    connection_id uuid NOT NULL,
    -- A JSON document exactly as it was written. It is no jsonb, which knows no NUL and has an order of its own.
    document text NOT NULL,
    bytes integer NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (hotel_id, id),
    FOREIGN KEY (hotel_id, id) REFERENCES channel_sync_logs (hotel_id, id) ON DELETE CASCADE,
    FOREIGN KEY (hotel_id, connection_id) REFERENCES connections (hotel_id, id)
);
CREATE INDEX call_recordings_recent ON call_recordings (hotel_id, connection_id, id DESC);
SELECT secure_tenant_table('call_recordings');
