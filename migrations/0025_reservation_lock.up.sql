-- The lock of a reservation as a function, like those of the hold, the nights and the calendar.

-- Keeps everybody else from changing a reservation until the transaction ends.
-- Whoever reads it, reads it afterwards, in a statement of its own: one that had to wait for the lock would still see
-- the rows beside it as they were before the wait.
CREATE FUNCTION lock_reservation(p_hotel uuid, p_reservation uuid) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    -- Asked first, so that nothing of another hotel depends on how its rows would be found.
    IF p_hotel = current_hotel() THEN
        PERFORM 1 FROM reservations WHERE hotel_id = p_hotel AND id = p_reservation FOR UPDATE;
    END IF;
END
$$;
