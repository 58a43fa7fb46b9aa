-- Tokens that channels give to accounts, and how many were asked for: one token and one budget for all processes.
--
-- An account is a channel's, and several hotels may share it, so this is no tenant's table. What an account is and what
-- its token is are never here in clear: a name is a digest under a key that the database does not have, and the token is
-- sealed with it. While keys rotate, an account has a name under each of them, and a row for each name; the first of
-- `p_names` is the present key's, and the only one that is written to.
--
-- Why no budget is exceeded. Whoever wants to ask locks all rows of the account, in the order of their names, counts,
-- writes down the instant and commits; only then does anything leave the machine, and no lock is held meanwhile. A process
-- that dies then leaves a use that counts. A remote counts a request when it comes in, which is up to a lease later, so
-- a use is remembered for a lease longer than the budget's span. All instants are this database's.
--
-- Why one asks for all. A request has a lease. While it lasts nobody else asks, but for the process that began it and
-- gave it up (`p_abandoned`); once it ended, the next one does.

CREATE SEQUENCE account_token_tickets;

CREATE TABLE account_tokens (
    -- HMAC-SHA256 of plugin, slot and credentials.
    account bytea PRIMARY KEY CHECK (length(account) = 32),
    -- Of the last request for a token, and until when nobody else sends one.
    ticket bigint,
    asking_until timestamptz,
    -- When the requests of the budget's span were sent.
    asked_at timestamptz[] NOT NULL DEFAULT '{}',
    -- The ticket under which the token was got. Together with the name it is what the token is sealed to.
    token_version bigint,
    -- Which of the operator's keys sealed it.
    key_id text,
    sealed bytea,
    -- NULL: until the remote refuses it.
    fresh_until timestamptz,
    used_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT whole_token CHECK (num_nulls(token_version, key_id, sealed) IN (0, 3))
);
COMMENT ON TABLE account_tokens IS 'Tokens of channels'' accounts, sealed. Of no hotel: seen only outside hotels'' transactions.';

-- A hotel's transaction has nothing to do here.
ALTER TABLE account_tokens ENABLE ROW LEVEL SECURITY;
ALTER TABLE account_tokens FORCE ROW LEVEL SECURITY;
CREATE POLICY outside_hotels ON account_tokens FOR ALL USING ((SELECT current_hotel()) IS NULL)
    WITH CHECK ((SELECT current_hotel()) IS NULL);
GRANT SELECT, INSERT, UPDATE, DELETE ON account_tokens TO roomwire_app;
GRANT USAGE ON SEQUENCE account_token_tickets TO roomwire_app;

-- Makes the rows of an account where there are none, and locks them until the transaction ends.
CREATE FUNCTION lock_account_tokens(p_names bytea[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO account_tokens (account)
    SELECT DISTINCT n FROM unnest(p_names) AS n ORDER BY n
    ON CONFLICT DO NOTHING;
    PERFORM 1 FROM account_tokens t WHERE t.account = ANY (p_names) ORDER BY t.account FOR UPDATE;
END
$$;

-- Lets the caller ask the remote for a token, once, or says why not.
-- Outcomes: 'ask' with the ticket of the request; 'kept' where there is a fresh token, other than the one that the caller
-- cannot use (`p_unusable`); 'busy' while another process asks; 'spent' where the budget of `p_most` in `p_seconds` is used
-- up, with the seconds until it is not. Without `p_most` there is no budget.
CREATE FUNCTION ask_for_account_token(
    p_names bytea[], p_most integer, p_seconds integer, p_lease_seconds integer, p_unusable bigint, p_abandoned bigint,
    OUT outcome text, OUT taken bigint, OUT wait_seconds integer
)
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_now timestamptz;
    v_lease interval := make_interval(secs => p_lease_seconds);
    v_span interval := make_interval(secs => p_seconds + p_lease_seconds);
    v_newest bigint;
    v_uses timestamptz[];
BEGIN
    PERFORM lock_account_tokens(p_names);
    v_now := clock_timestamp();

    SELECT max(t.token_version) INTO v_newest FROM account_tokens t
    WHERE t.account = ANY (p_names) AND (t.fresh_until IS NULL OR t.fresh_until > v_now);
    IF v_newest IS NOT NULL AND v_newest IS DISTINCT FROM p_unusable THEN
        outcome := 'kept';
        RETURN;
    END IF;

    PERFORM 1 FROM account_tokens t
    WHERE t.account = ANY (p_names) AND t.asking_until > v_now AND t.ticket IS DISTINCT FROM p_abandoned;
    IF FOUND THEN
        outcome := 'busy';
        RETURN;
    END IF;

    IF p_most IS NOT NULL THEN
        -- What lies far ahead was written before the clock was set back.
        v_uses := ARRAY(
            SELECT u FROM account_tokens t, unnest(t.asked_at) AS u
            WHERE t.account = ANY (p_names) AND u > v_now - v_span AND u < v_now + v_span ORDER BY u);
        IF cardinality(v_uses) >= p_most THEN
            outcome := 'spent';
            wait_seconds := greatest(1, ceil(extract(
                epoch FROM v_uses[cardinality(v_uses) - p_most + 1] + v_span - v_now)));
            RETURN;
        END IF;
    END IF;

    taken := nextval('account_token_tickets');
    UPDATE account_tokens t
    SET ticket = taken, asking_until = v_now + v_lease, used_at = v_now,
        asked_at = CASE WHEN p_most IS NULL THEN t.asked_at ELSE ARRAY(
            SELECT u FROM unnest(t.asked_at) AS u WHERE u > v_now - v_span AND u < v_now + v_span ORDER BY u) || v_now END
    WHERE t.account = p_names[1];
    IF NOT FOUND THEN
        -- It was forgotten between two statements, and the whole is worth another try.
        RAISE EXCEPTION 'the row of an account is gone' USING ERRCODE = 'RW001';
    END IF;
    outcome := 'ask';
END
$$;

-- Ends a request that brought no token. Where nothing was sent it does not count, unless another one came after it.
CREATE FUNCTION end_token_request(p_account bytea, p_ticket bigint, p_sent boolean) RETURNS void
    LANGUAGE sql
    AS $$
    UPDATE account_tokens t
    SET asking_until = NULL,
        asked_at = CASE WHEN p_sent THEN t.asked_at ELSE t.asked_at[1:cardinality(t.asked_at) - 1] END
    WHERE t.account = p_account AND t.ticket = p_ticket AND t.asking_until IS NOT NULL;
$$;

-- Keeps a token for all, unless a newer one is kept already. Without `p_fresh_ms` it is good until it is refused.
CREATE FUNCTION keep_account_token(
    p_account bytea, p_ticket bigint, p_key text, p_sealed bytea, p_fresh_ms bigint
) RETURNS void
    LANGUAGE sql
    AS $$
    UPDATE account_tokens t
    SET token_version = p_ticket, key_id = p_key, sealed = p_sealed,
        fresh_until = clock_timestamp() + p_fresh_ms * interval '1 millisecond',
        asking_until = CASE WHEN t.ticket = p_ticket THEN NULL ELSE t.asking_until END
    WHERE t.account = p_account AND coalesce(t.token_version, 0) < p_ticket;
$$;

-- Moves a token that another key sealed to the row of the present key, sealed anew.
CREATE FUNCTION reseal_account_token(p_names bytea[], p_version bigint, p_key text, p_sealed bytea) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_fresh_until timestamptz;
BEGIN
    PERFORM lock_account_tokens(p_names);
    SELECT t.fresh_until INTO v_fresh_until FROM account_tokens t
    WHERE t.account = ANY (p_names) AND t.account <> p_names[1] AND t.token_version = p_version;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    PERFORM forget_account_token(p_names, p_version);
    UPDATE account_tokens t
    SET token_version = p_version, key_id = p_key, sealed = p_sealed, fresh_until = v_fresh_until
    WHERE t.account = p_names[1] AND coalesce(t.token_version, 0) < p_version;
END
$$;

-- Drops a token that was refused, and none that came after it.
CREATE FUNCTION forget_account_token(p_names bytea[], p_version bigint) RETURNS void
    LANGUAGE sql
    AS $$
    UPDATE account_tokens t SET token_version = NULL, key_id = NULL, sealed = NULL, fresh_until = NULL
    WHERE t.account = ANY (p_names) AND t.token_version = p_version;
$$;
