DROP FUNCTION lock_reservation(uuid, uuid);
