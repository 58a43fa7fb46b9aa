//! Waiting for company: a control in which many do at once what a lock would have them do one by one, however slow the
//! machine is.

/// Makes `wait_for_company()`, which returns once so many callers have come to it. Later ones wait for nobody, and nobody
/// waits for ever: a load that never comes together fails by what its test asks.
pub(super) fn of(callers: usize) -> String {
    format!(
        "CREATE SEQUENCE arrivals;
        GRANT ALL ON SEQUENCE arrivals TO PUBLIC;
        CREATE FUNCTION wait_for_company() RETURNS void LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM nextval('arrivals');
            FOR turn IN 1..100 LOOP
                EXIT WHEN (SELECT last_value FROM arrivals) >= {callers};
                PERFORM pg_sleep(0.05);
            END LOOP;
        END $$;
        GRANT EXECUTE ON FUNCTION wait_for_company() TO PUBLIC;"
    )
}
