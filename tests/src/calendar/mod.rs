//! The calendar through the gateway: edits in bulk, derived prices, undoing, and many at once.

mod derived;
mod edits;
mod races;
mod refusals;
mod undo;

use jiff::civil::Date;
use serde_json::{Value, json};

use crate::harness::{Client, World, night};

/// Nights from and to so many days after the first, both included.
pub(crate) fn dates(from: i32, to: i32) -> Value {
    json!([{"from": night(from), "to": night(to)}])
}

/// An update of the doubles' best available rate.
pub(crate) fn bar(from: i32, to: i32, fields: Value) -> Value {
    update(
        from,
        to,
        json!({"products": [{"room_type": "DBL", "rate_plan": "BAR"}]}),
        fields,
    )
}

/// An update of the doubles' inventory.
pub(crate) fn doubles(from: i32, to: i32, fields: Value) -> Value {
    update(from, to, json!({"room_types": ["DBL"]}), fields)
}

fn update(from: i32, to: i32, targets: Value, fields: Value) -> Value {
    let mut update = json!({"dates": dates(from, to)});
    for part in [targets, fields] {
        for (name, value) in part.as_object().expect("an object") {
            update[name] = value.clone();
        }
    }
    update
}

impl Client {
    pub(crate) fn edit(&self, updates: &[Value]) -> crate::harness::Call {
        self.patch("ari").json(&json!({"updates": updates}))
    }

    /// The doubles' night in the calendar: inventory, and what the best available rate says.
    pub(crate) async fn double(&self, days: i32) -> (Value, Value) {
        let stock = self.cell(days, "room_types", "").await;
        (stock, self.cell(days, "products", "&rate_plan=BAR").await)
    }

    pub(crate) async fn cell(&self, days: i32, list: &str, filter: &str) -> Value {
        let night = night(days);
        let path = format!("ari?from={night}&to={night}&room_type=DBL{filter}");
        self.get(&path).await.expect(200)[list][0]["nights"][0].clone()
    }
}

/// A channel that sells the doubles' best available rate, and nothing else, and is never called.
pub(crate) async fn connect(world: &World) {
    world
        .execute(
            "INSERT INTO connections (hotel_id, id, name, kind, connector)
             SELECT id, '018f0000-0000-7000-8000-000000000001', 'test', 'channel', 'none'
             FROM hotels WHERE slug = 'aurora-rome';
             INSERT INTO mappings (hotel_id, connection_id, room_type_id, rate_plan_id, external_room)
             SELECT s.hotel_id, '018f0000-0000-7000-8000-000000000001', s.room_type_id, s.rate_plan_id, 'D'
             FROM products s JOIN room_types t ON t.hotel_id = s.hotel_id AND t.id = s.room_type_id AND t.code = 'DBL'
             JOIN rate_plans p ON p.hotel_id = s.hotel_id AND p.id = s.rate_plan_id AND p.code = 'BAR'",
        )
        .await;
}

/// The lanes and nights that wait for the channel, and then forgets them.
pub(crate) async fn marked(world: &World) -> Vec<(String, Date)> {
    let found = world
        .value("SELECT coalesce(jsonb_agg(jsonb_build_array(lane, night) ORDER BY lane, night), '[]') FROM dirty_cells")
        .await;
    world.execute("DELETE FROM dirty_cells").await;
    serde_json::from_value(found).expect("lanes and nights")
}
