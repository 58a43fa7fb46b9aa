-- The tenants' directory, and the wall between them.

-- What the application connects as belongs to this role: it owns nothing and bypasses nothing.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'roomwire_app') THEN
        CREATE ROLE roomwire_app NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
    END IF;
EXCEPTION
    -- Roles are shared by a server's databases, so two of them may be migrated at once.
    WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO roomwire_app;

-- The hotel of this transaction; NULL (which matches nothing) outside one.
-- An empty string is what a pooled connection holds after its first SET LOCAL.
CREATE FUNCTION current_hotel() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT nullif(current_setting('app.hotel_id', true), '')::uuid $$;

-- Row-level security for a table with a hotel_id: one policy for reading and writing.
CREATE FUNCTION secure_tenant_table(p_table regclass) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', p_table);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', p_table);
    EXECUTE format(
        'CREATE POLICY own_hotel ON %s FOR ALL USING (hotel_id = (SELECT current_hotel()))
            WITH CHECK (hotel_id = (SELECT current_hotel()))',
        p_table);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO roomwire_app', p_table);
END
$$;

-- A directory, not a tenant's table: search and the sweepers read across it.
CREATE TABLE hotels (
    id uuid PRIMARY KEY,
    slug text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9][a-z0-9-]{1,62}$'),
    name text NOT NULL,
    time_zone text NOT NULL,
    currency char(3) NOT NULL,
    place text NOT NULL DEFAULT '',
    contact_email text,
    language text NOT NULL DEFAULT 'en',
    -- Where a channel's reservation lands.
    channel_status text NOT NULL DEFAULT 'confirmed' CHECK (channel_status IN ('confirmed', 'tentative')),
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE hotels IS 'The tenants. No row-level security: a directory that searches and background sweeps read.';
GRANT SELECT, INSERT, UPDATE ON hotels TO roomwire_app;
