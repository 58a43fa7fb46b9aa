//! What a booking says to the database, as a script of pgbench: the statements of the gateway, in its order, with the
//! same stays of the first hotel. pgbench takes a colon before letters for a variable, even within a text.

use serde_json::Value;

use crate::bench::grand::{Grand, RATE_PLANS, ROOM_TYPES, SPREAD, slug, today};

/// Who books what, as a script's statements name it.
pub(super) struct Names {
    hotel: String,
    slug: String,
    credential: String,
    prefix: String,
    room_types: String,
    rate_plans: String,
    span: usize,
}

/// One text of the database.
async fn text(grand: &Grand, query: &str) -> String {
    match grand.world.value(query).await {
        Value::String(text) => text,
        other => panic!("{query} is {other}"),
    }
}

impl Names {
    pub(super) async fn read(grand: &Grand) -> Self {
        let slug = slug(0);
        let hotel = format!("SELECT id FROM hotels WHERE slug = '{slug}'");
        let ids = async |table: &str| {
            let of = format!(
                "SELECT array_agg(id ORDER BY code)::text FROM {table} WHERE hotel_id = ({hotel})"
            );
            text(grand, &of).await
        };
        let key = "FROM api_keys WHERE name = 'operator'";
        let credential = format!("SELECT coalesce(credential_id, id) {key}");
        Self {
            hotel: text(grand, &hotel).await,
            credential: text(grand, &credential).await,
            prefix: text(grand, &format!("SELECT prefix {key}")).await,
            room_types: ids("room_types").await,
            rate_plans: ids("rate_plans").await,
            slug,
            span: grand.size.span(),
        }
    }

    /// Holds of three nights on the same eight, which are given back.
    pub(super) fn hot_hold(&self) -> String {
        let stay = "\\set type 0\n\\set plan 0\n\\set day 2 + random(0, 5)\n";
        format!("{stay}{}{}", self.hold(), self.release())
    }

    /// Holds of three nights that become reservations.
    pub(super) fn booking(&self) -> String {
        let (last, span) = (SPREAD - 1, self.span);
        format!(
            "\\set number random(0, {last})\n\\set type :number % {ROOM_TYPES}\n\\set plan :number % {RATE_PLANS}\n\
             \\set day 2 + :number * 7 % {span}\n{}{}",
            self.hold(),
            self.reservation()
        )
    }

    /// What every request begins with.
    fn arrive(&self) -> String {
        let Self {
            hotel,
            slug,
            prefix,
            ..
        } = self;
        format!(
            "SELECT k.id, k.credential_id, k.secret_hash, k.name, k.hotel_id, k.publishable, k.scopes, k.origins, h.id, h.slug,
        h.name, h.time_zone, h.currency, h.place, h.contact_email, h.language, h.channel_status
    FROM api_keys k LEFT JOIN hotels h ON h.id = NULL OR h.slug = '{slug}'
    WHERE k.prefix = '{prefix}' AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp());
BEGIN;
SELECT set_config('app.hotel_id', '{hotel}', true);
"
        )
    }

    /// What every keyed request begins with.
    fn begin(&self) -> String {
        let Self {
            hotel, credential, ..
        } = self;
        let arrive = self.arrive();
        format!(
            "\\set key random(1, 9000000000000000000)
{arrive}SELECT 1 / (lock_idempotency_key('{hotel}', '{credential}', :key::text) = 'mine')::integer;
"
        )
    }

    /// And what it ends with.
    fn end(&self) -> String {
        let Self {
            hotel, credential, ..
        } = self;
        format!(
            "INSERT INTO idempotency_keys (hotel_id, credential_id, key, fingerprint, status, content_type, body, headers)
    VALUES ('{hotel}', '{credential}', :key::text, sha256('a request'), 201, 'application/json',
        convert_to(jsonb_build_object('x', repeat('x', 900))::text, 'UTF8'), jsonb_build_object('location', repeat('x', 90)))
    ON CONFLICT DO NOTHING;
COMMIT;
"
        )
    }

    fn release(&self) -> String {
        let (hotel, arrive) = (&self.hotel, self.arrive());
        format!(
            "{arrive}SELECT 1 / (release_hold('{hotel}', :hold::uuid) = 'released')::integer;\nCOMMIT;\n"
        )
    }

    fn hold(&self) -> String {
        let (hotel, credential, today) = (&self.hotel, &self.credential, today());
        let (begin, end) = (self.begin(), self.end());
        let (types, plans) = (&self.room_types, &self.rate_plans);
        format!(
            "{begin}SELECT 1 / (outcome = 'free')::integer FROM guard_hold_caps('{hotel}', '{credential}', NULL, 500, 5,
    jsonb_build_array(jsonb_build_object('room_type_id', ('{types}'::uuid[])[:type::integer + 1],
        'check_in', date '{today}' + :day::integer, 'check_out', date '{today}' + :day::integer + 3, 'units', 1)));
SELECT clock_timestamp();
SELECT * FROM markets(ARRAY['{hotel}'::uuid], date '{today}' + :day::integer, date '{today}' + :day::integer + 3,
    ARRAY[('{types}'::uuid[])[:type::integer + 1]], ARRAY[('{plans}'::uuid[])[:plan::integer + 1]]);
SELECT i.hold, 1 / (p.outcome = 'held')::integer AS held
    FROM (SELECT overlay(uuid_at(clock_timestamp())::text PLACING right(gen_random_uuid()::text, 22) FROM 15)::uuid AS hold
            OFFSET 0) AS i,
        place_hold('{hotel}', i.hold, jsonb_build_array(jsonb_build_object('line', 0,
            'room_type_id', ('{types}'::uuid[])[:type::integer + 1], 'rate_plan_id', ('{plans}'::uuid[])[:plan::integer + 1],
            'check_in', date '{today}' + :day::integer, 'check_out', date '{today}' + :day::integer + 3, 'units', 1,
            'adults', 2, 'children_ages', jsonb '[]', 'prices', jsonb '[10000, 10000, 10000]', 'charges', jsonb '[]',
            'extras', jsonb '[]')), interval '10 minutes', interval '30 minutes', '{credential}', NULL) AS p \\gset
{end}"
        )
    }

    fn reservation(&self) -> String {
        let hotel = &self.hotel;
        let (begin, write, end) = (self.begin(), self.reservation_written(), self.end());
        format!(
            "{begin}SELECT CASE WHEN h.state = 'held' AND h.expires_at <= clock_timestamp() THEN 'expired' ELSE h.state END, h.expires_at,
        l.room_type_id, l.rate_plan_id, l.check_in, l.check_out, l.units, l.adults, l.children_ages, l.prices, l.charges,
        l.extras, l.discount
    FROM holds h JOIN hold_lines l ON l.hotel_id = h.hotel_id AND l.hold_id = h.id
    WHERE h.hotel_id = '{hotel}' AND h.id = :hold::uuid ORDER BY l.line;
SELECT 1 / (confirm_hold('{hotel}', :hold::uuid) = 'confirmed')::integer;
SELECT p.id, c.code, c.name, c.free_until_hours, c.penalty, c.penalty_percent
    FROM rate_plans p
    JOIN cancellation_policies c ON c.hotel_id = p.hotel_id AND c.id = p.cancellation_policy_id
    WHERE p.hotel_id = '{hotel}';
{write}{end}"
        )
    }

    fn reservation_written(&self) -> String {
        let (hotel, today) = (&self.hotel, today());
        let (types, plans) = (&self.room_types, &self.rate_plans);
        format!(
            "INSERT INTO reservations (hotel_id, id, number, status, version, hold_id, source, booker, total_minor, currency,
        check_in, check_out, created_at, updated_at, tentative_since)
    VALUES ('{hotel}',
        overlay(uuid_at(clock_timestamp())::text PLACING right(gen_random_uuid()::text, 22) FROM 15)::uuid,
        left(:key::text, 10), 'tentative', 1, :hold::uuid, 'gateway',
        jsonb_build_object('first_name', 'Ada', 'last_name', 'Lovelace', 'email', 'ada@guest.example'), 30000, 'EUR',
        date '{today}' + :day::integer, date '{today}' + :day::integer + 3, now(), now(), clock_timestamp())
    RETURNING id AS reservation \\gset
INSERT INTO reservation_words (hotel_id, word, reservation_id)
    SELECT DISTINCT '{hotel}'::uuid, folded(word), :reservation::uuid
    FROM unnest(ARRAY['ada', 'lovelace', left(:key::text, 10)]) AS word WHERE folded(word) <> '';
INSERT INTO reservation_rooms (hotel_id, reservation_id, line, room_type_id, rate_plan_id, check_in, check_out, units,
        adults, prices)
    VALUES ('{hotel}', :reservation::uuid, 0, ('{types}'::uuid[])[:type::integer + 1],
        ('{plans}'::uuid[])[:plan::integer + 1], date '{today}' + :day::integer, date '{today}' + :day::integer + 3, 1, 2,
        ARRAY[10000, 10000, 10000]);
WITH event AS (
        INSERT INTO booking_events (hotel_id, id, reservation_id, kind, actor, after)
        VALUES ('{hotel}',
            overlay(uuid_at(clock_timestamp())::text PLACING right(gen_random_uuid()::text, 22) FROM 15)::uuid,
            :reservation::uuid, 'created', 'api-key' || chr(58) || 'operator', jsonb_build_object('after', repeat('x', 500)))
        RETURNING hotel_id, id, sequence)
    INSERT INTO audit_unsealed (hotel_id, event_id, sequence) SELECT hotel_id, id, sequence FROM event;
"
        )
    }
}
