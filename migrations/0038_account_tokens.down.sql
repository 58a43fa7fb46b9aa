DROP FUNCTION reseal_account_token(bytea[], bigint, text, bytea);
DROP FUNCTION forget_account_token(bytea[], bigint);
DROP FUNCTION keep_account_token(bytea, bigint, text, bytea, bigint);
DROP FUNCTION end_token_request(bytea, bigint, boolean);
DROP FUNCTION ask_for_account_token(bytea[], integer, integer, integer, bigint, bigint);
DROP FUNCTION lock_account_tokens(bytea[]);
DROP TABLE account_tokens;
DROP SEQUENCE account_token_tickets;
