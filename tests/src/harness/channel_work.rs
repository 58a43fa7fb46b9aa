//! What is the same of every hotel with a channel: its work comes to an end, its channel is asked, and has a mappings file.

use std::time::Duration;

use serde_json::Value;

use crate::harness::{Client, World, eventually};

impl World {
    /// Waits until no work is left that anybody waits for; of nights further ahead than these, nobody does.
    pub(crate) async fn settled(&self, nights: u16, bound: Duration) {
        let work = format!(
            "SELECT (SELECT count(*) FROM dirty_cells WHERE reason IS NULL AND night < current_date + {nights})
             + (SELECT count(*) FROM jobs WHERE state <> 'dead' AND hotel_id IS NOT NULL)"
        );
        eventually("all work is done", bound, async || {
            (self.number(&work).await == 0).then_some(())
        })
        .await;
    }

    /// Asks a channel for reservations once, as the connection's schedule does. Nothing of it is waited for.
    pub(crate) async fn ask_for_reservations(&self, connection: &str) {
        let pull = format!(
            "SELECT enqueue_job('pull', 'pull:' || c.id, 'pull:' || c.id, c.hotel_id,
                 jsonb_build_object('connection_id', c.id), 0::smallint, interval '0')
             FROM connections c WHERE c.name = '{connection}'"
        );
        self.execute(&pull).await;
    }
}

impl Client {
    /// Every reservation that came from a channel, newest first.
    pub(crate) async fn channel_reservations(&self) -> Vec<Value> {
        let page = self.get("reservations?limit=100").await.expect(200);
        let all = page["reservations"].as_array().expect("a list").iter();
        all.filter(|one| one["source"] != "gateway")
            .cloned()
            .collect()
    }
}

/// A mappings file: our room type and rate plan, with the channel's room and rate.
pub(crate) fn mappings(rows: &[(&str, &str, &str, &str)]) -> String {
    let row = |(room_type, rate_plan, room, rate): &(&str, &str, &str, &str)| {
        format!(
            "[[mappings]]\nroom_type = \"{room_type}\"\nrate_plan = \"{rate_plan}\"\n\
             external_room = \"{room}\"\nexternal_rate = \"{rate}\"\n"
        )
    };
    rows.iter().map(row).collect()
}
