DROP FUNCTION change_inventory(uuid, jsonb);
DROP FUNCTION folded(text);
DROP TABLE reservation_words;
DROP INDEX reservations_waiting;
DROP INDEX reservations_by_departure;
ALTER TABLE reservation_rooms DROP COLUMN cancellation, DROP COLUMN freed_from;
ALTER TABLE reservations
    DROP COLUMN tentative_since, DROP COLUMN tentative_alerted_at, DROP COLUMN tentative_escalated_at,
    DROP COLUMN checklist, DROP COLUMN owed_minor;
ALTER TABLE rate_plans DROP COLUMN cancellation_policy_id;
DROP TABLE cancellation_policies;
ALTER TABLE hotels
    DROP COLUMN tentative_alert_hours, DROP COLUMN tentative_escalate_hours, DROP COLUMN tentative_release_hours,
    DROP COLUMN no_show_keeps, DROP COLUMN notify_guests;
