-- The send ledger: one row a business event, so that nothing is sent twice.

CREATE TABLE emails (
    hotel_id uuid NOT NULL,
    -- The event, such as reservation_confirmed/<reservation>/<version>.
    business_key text NOT NULL,
    connection_id uuid NOT NULL,
    reservation_id uuid NOT NULL,
    template text NOT NULL,
    state text NOT NULL DEFAULT 'queued' CHECK (state IN
        ('queued', 'sending', 'sent', 'delivered', 'delayed', 'bounced', 'suppressed', 'complained', 'failed', 'unknown')),
    message_id text,
    reason text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (hotel_id, business_key),
    FOREIGN KEY (hotel_id, connection_id) REFERENCES connections (hotel_id, id)
);
CREATE INDEX emails_by_message ON emails (hotel_id, connection_id, message_id);
SELECT secure_tenant_table('emails');
