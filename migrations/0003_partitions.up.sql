-- Months as partitions, hashed by hotel into four leaves. No default partition: a row without a month is refused.

-- The least UUID whose UUIDv7 timestamp is this instant.
CREATE FUNCTION uuid_at(p_instant timestamptz) RETURNS uuid
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT (lpad(to_hex((extract(epoch FROM p_instant) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid $$;

-- Makes one month of a partitioned table with its leaves, where it is missing.
-- Leaves get row-level security too: a parent's policy does not guard a leaf that is read directly.
CREATE FUNCTION ensure_partition(p_table text, p_month date, p_from text, p_until text) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_month text := format('%s_%s', p_table, to_char(p_month, 'YYYY_MM'));
    v_leaf text;
BEGIN
    IF to_regclass(v_month) IS NOT NULL THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L) PARTITION BY HASH (hotel_id)',
        v_month, p_table, p_from, p_until);
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', v_month);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', v_month);
    FOR v_remainder IN 0..3 LOOP
        v_leaf := format('%s_%s', v_month, v_remainder);
        EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES WITH (MODULUS 4, REMAINDER %s)',
            v_leaf, v_month, v_remainder);
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', v_leaf);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', v_leaf);
        EXECUTE format('ALTER TABLE %I SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05)', v_leaf);
    END LOOP;
END
$$;

-- Which tables are partitioned, by what, and how many months ahead they need.
CREATE TABLE partitioned_tables (
    name text PRIMARY KEY,
    bounds text NOT NULL CHECK (bounds IN ('night', 'uuid')),
    months_ahead integer NOT NULL CHECK (months_ahead > 0)
);
GRANT SELECT ON partitioned_tables TO roomwire_app;

-- Keeps every partitioned table's months: the one before `p_today`'s, its own, and those ahead.
-- The owner's rights, because the application may not create tables.
CREATE FUNCTION ensure_partitions(p_today date) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
DECLARE
    v_table record;
    v_month date;
    v_next date;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('ensure_partitions'));
    FOR v_table IN SELECT name, bounds, months_ahead FROM partitioned_tables ORDER BY name LOOP
        FOR v_offset IN -1..v_table.months_ahead LOOP
            v_month := (date_trunc('month', p_today::timestamp) + make_interval(months => v_offset))::date;
            v_next := (v_month + interval '1 month')::date;
            IF v_table.bounds = 'night' THEN
                PERFORM ensure_partition(v_table.name, v_month, v_month::text, v_next::text);
            ELSE
                PERFORM ensure_partition(v_table.name, v_month,
                    uuid_at(v_month::timestamp AT TIME ZONE 'UTC')::text, uuid_at(v_next::timestamp AT TIME ZONE 'UTC')::text);
            END IF;
        END LOOP;
    END LOOP;
END
$$;
-- Makes the months of these nights, where a table of nights lacks them: a channel may sell a night that is further off
-- than the months that are kept. Years are bounded, so that a nonsensical date makes no thousand tables.
CREATE FUNCTION ensure_nights(p_first date, p_last date) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
DECLARE
    v_table text;
    v_month date;
BEGIN
    IF p_first < current_date - 3660 OR p_last > current_date + 3660 THEN
        RAISE EXCEPTION 'nights from % to % are more than ten years away', p_first, p_last USING ERRCODE = 'RW002';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('ensure_partitions'));
    FOR v_table IN SELECT name FROM partitioned_tables WHERE bounds = 'night' ORDER BY name LOOP
        FOR v_month IN
            SELECT m::date FROM generate_series(date_trunc('month', p_first::timestamp), p_last::timestamp, interval '1 month') AS m
        LOOP
            PERFORM ensure_partition(v_table, v_month, v_month::text, (v_month + interval '1 month')::date::text);
        END LOOP;
    END LOOP;
END
$$;

REVOKE EXECUTE ON FUNCTION ensure_partition(text, date, text, text), ensure_partitions(date), ensure_nights(date, date)
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ensure_partitions(date), ensure_nights(date, date) TO roomwire_app;

-- How many whole months ahead of `p_today` a partitioned table still has, the least of all.
CREATE FUNCTION partition_horizon(p_today date) RETURNS integer
    LANGUAGE sql STABLE
    AS $$
    SELECT coalesce(min(months), 0)::integer FROM (
        SELECT t.name, count(*) FILTER (WHERE c.relname > t.name || '_' || to_char(p_today, 'YYYY_MM')) AS months
        FROM partitioned_tables t
        LEFT JOIN pg_inherits i ON i.inhparent = to_regclass(t.name)
        LEFT JOIN pg_class c ON c.oid = i.inhrelid
        GROUP BY t.name
    ) AS horizons
$$;
