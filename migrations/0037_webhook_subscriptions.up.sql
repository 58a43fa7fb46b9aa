-- What channels are to send to connections' addresses, and what they were last heard to.

-- A row is there as long as a channel may send. The digests tell neither the address nor a secret.
CREATE TABLE webhook_subscriptions (
    hotel_id uuid NOT NULL,
    connection_id uuid NOT NULL,
    -- NULL: the channel is to send nothing any more.
    wanted bytea CHECK (length(wanted) = 32),
    -- What the channel acknowledged; NULL: nobody knows.
    held bytea CHECK (length(held) = 32),
    -- What it tells of, as it names it.
    events text[] NOT NULL DEFAULT '{}',
    held_since timestamptz,
    -- Why the last attempt failed.
    failure text,
    failed_at timestamptz,
    PRIMARY KEY (hotel_id, connection_id),
    FOREIGN KEY (hotel_id, connection_id) REFERENCES connections (hotel_id, id)
);
SELECT secure_tenant_table('webhook_subscriptions');
