-- What holds of the installation as a whole: its walls, its partitions, its leases. Each row is a violation.
WITH tenants AS (
    SELECT c.oid, c.relname, c.relkind, c.relispartition, c.relrowsecurity AND c.relforcerowsecurity AS walled, c.relowner
    FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
        -- Looked up before any hotel is known, or carrying ids only.
        AND c.relname NOT IN ('jobs', 'api_keys', 'webhook_endpoints')
        AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'hotel_id' AND NOT a.attisdropped)
), months AS (
    SELECT t.name, t.bounds, c.oid, c.relname, pg_get_expr(c.relpartbound, c.oid) AS bound
    FROM partitioned_tables t
    JOIN pg_inherits i ON i.inhparent = to_regclass(t.name)
    JOIN pg_class c ON c.oid = i.inhrelid
)
SELECT 'I1' AS "invariant!", 'room_availability has lost the constraint never_oversold' AS "place!"
WHERE NOT EXISTS (SELECT FROM pg_constraint
    WHERE conrelid = 'room_availability'::regclass AND conname = 'never_oversold' AND convalidated)

UNION ALL
SELECT 'I25', concat_ws(' ', 'room_assignments has lost the constraint', name)
FROM unnest(ARRAY['one_unit_a_room', 'one_room_a_unit']) AS name
WHERE NOT EXISTS (SELECT FROM pg_constraint
    WHERE conrelid = 'room_assignments'::regclass AND conname = name AND convalidated)

UNION ALL
SELECT 'I16', concat_ws(' ', 'table', relname, 'does not force row-level security')
FROM tenants WHERE NOT walled

UNION ALL
SELECT 'I16', concat_ws(' ', 'table', t.relname, 'has a policy that is not its hotel''s own, or none')
FROM tenants t
WHERE NOT t.relispartition AND NOT coalesce((
    SELECT bool_and(p.qual LIKE '%hotel_id = ( SELECT current_hotel()%' AND coalesce(p.with_check, p.qual) = p.qual)
    FROM pg_policies p WHERE p.schemaname = 'public' AND p.tablename = t.relname), false)

UNION ALL
SELECT 'I16', concat_ws(' ', 'partition', t.relname, 'is granted or opened on its own')
FROM tenants t
WHERE t.relispartition AND (has_table_privilege('roomwire_app', t.oid, 'SELECT')
    OR EXISTS (SELECT FROM pg_policies p WHERE p.schemaname = 'public' AND p.tablename = t.relname))

UNION ALL
SELECT 'I16', concat_ws(' ', 'the application owns or may empty', relname)
FROM tenants
WHERE pg_has_role('roomwire_app', relowner, 'MEMBER') OR has_table_privilege('roomwire_app', oid, 'TRUNCATE')

UNION ALL
SELECT 'I16', concat_ws(' ', 'view', relname, 'reads with its owner''s eyes')
FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm')
    AND NOT coalesce(reloptions @> ARRAY['security_invoker=true'], false)

UNION ALL
SELECT 'I16', concat_ws(' ', 'the role', rolname, 'could see every hotel')
FROM pg_roles
WHERE rolname IN ('roomwire_app', current_user) AND (rolsuper OR rolbypassrls)

UNION ALL
SELECT 'I22', concat_ws(' ', 'the lease of job', id, 'ends at', lease_until, 'by no clock of this database')
FROM jobs WHERE state = 'running' AND lease_until > clock_timestamp() + interval '1 hour'

UNION ALL
SELECT 'I23', concat_ws(' ', 'the partitions reach', months, 'whole months ahead')
FROM partition_horizon(current_date) AS months WHERE months < 3

UNION ALL
SELECT 'I23', concat_ws(' ', 'table', relname, 'is a default partition, or holds another month than it is named for')
FROM months
WHERE bound = 'DEFAULT' OR bound NOT LIKE CASE bounds
    WHEN 'night' THEN '%FROM (''' || replace(right(relname, 7), '_', '-') || '-01'')%'
    ELSE '%FROM (''' || uuid_at(to_timestamp(right(relname, 7) || '_01 00:00:00 +00', 'YYYY_MM_DD HH24:MI:SS TZH')) || ''')%' END

UNION ALL
SELECT 'I23', concat_ws(' ', 'table', m.relname, 'has', count(i.inhrelid), 'leaves instead of 4')
FROM months m
LEFT JOIN pg_inherits i ON i.inhparent = m.oid
GROUP BY m.oid, m.relname
HAVING count(i.inhrelid) <> 4

UNION ALL
-- Somebody works, or the next sweep would not be planned ahead, and yet a lease that ended was not taken back.
SELECT 'I24', concat_ws(' ', 'job', j.id, j.kind, 'is held by a lease that ended at', j.lease_until)
FROM jobs j
JOIN jobs s ON s.kind = 'expire_holds' AND s.state = 'waiting' AND j.lease_until < s.run_at - interval '1 minute'
WHERE j.state = 'running'
