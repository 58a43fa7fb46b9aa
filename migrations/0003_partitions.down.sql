DROP FUNCTION partition_horizon(date);
DROP FUNCTION ensure_nights(date, date);
DROP FUNCTION ensure_partitions(date);
DROP TABLE partitioned_tables;
DROP FUNCTION ensure_partition(text, date, text, text);
DROP FUNCTION uuid_at(timestamptz);
