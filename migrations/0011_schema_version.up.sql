-- Lets the application tell which schema it works on: the table of the migrations is the owner's.

CREATE FUNCTION schema_version() RETURNS bigint
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ BEGIN RETURN (SELECT max(version) FROM _sqlx_migrations WHERE success); END $$;
REVOKE EXECUTE ON FUNCTION schema_version() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION schema_version() TO roomwire_app;
