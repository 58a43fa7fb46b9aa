DROP FUNCTION schema_version();
