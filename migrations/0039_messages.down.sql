DROP TABLE messages;
DROP TABLE message_threads;
ALTER TABLE connections DROP COLUMN messages_pulled_until;
