-- What guests write to the hotel through its channels, and what it answers.

ALTER TABLE connections
    -- Where the next pull of messages starts.
    ADD COLUMN messages_pulled_until timestamptz;

-- Plain, since a message's id is unique for as long as it is kept: what is old goes by an hourly rule and not by months.
CREATE TABLE message_threads (
    hotel_id uuid NOT NULL,
    id uuid NOT NULL,
    connection_id uuid NOT NULL,
    external_id text NOT NULL,
    -- The channel's id of the reservation that it is about; ours is found by it.
    external_reservation text,
    last_message_at timestamptz NOT NULL,
    PRIMARY KEY (hotel_id, id),
    UNIQUE (hotel_id, connection_id, external_id),
    FOREIGN KEY (hotel_id, connection_id) REFERENCES connections (hotel_id, id)
);
CREATE INDEX message_threads_recent ON message_threads (hotel_id, last_message_at DESC, id DESC);
SELECT secure_tenant_table('message_threads');

-- What was written is personal data: it goes with its thread.
CREATE TABLE messages (
    hotel_id uuid NOT NULL,
    id uuid NOT NULL,
    thread_id uuid NOT NULL,
    -- The channel's id; NULL of a reply that it has not taken.
    external_id text,
    sender text NOT NULL CHECK (sender IN ('guest', 'hotel', 'channel')),
    text text NOT NULL,
    sent_at timestamptz NOT NULL,
    -- Of a reply that was written here; NULL of what came from the channel.
    state text CHECK (state IN ('queued', 'sent', 'failed')),
    -- Who wrote the reply.
    actor text,
    -- When it was first handed to the connector.
    tried_since timestamptz,
    -- The class of the failure.
    reason text,
    PRIMARY KEY (hotel_id, id),
    UNIQUE (hotel_id, thread_id, external_id),
    FOREIGN KEY (hotel_id, thread_id) REFERENCES message_threads (hotel_id, id) ON DELETE CASCADE,
    CONSTRAINT what_the_channel_has_is_known_there CHECK ((external_id IS NULL) = (coalesce(state, 'sent') <> 'sent')),
    CONSTRAINT a_reply_has_an_author CHECK ((state IS NULL) = (actor IS NULL))
);
CREATE INDEX messages_recent ON messages (hotel_id, thread_id, sent_at DESC, id DESC);
SELECT secure_tenant_table('messages');
