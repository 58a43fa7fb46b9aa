DROP TABLE hotels;
DROP FUNCTION secure_tenant_table(regclass);
DROP FUNCTION current_hotel();
-- The role stays: other databases of the same server may use it.
REVOKE USAGE ON SCHEMA public FROM roomwire_app;
