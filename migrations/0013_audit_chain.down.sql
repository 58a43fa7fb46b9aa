DROP FUNCTION forget_sealed(uuid);
DROP TABLE audit_chain;
DROP TABLE audit_unsealed;
