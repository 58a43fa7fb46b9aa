//! A hotel of the mix at which something was booked before, and what is asked about it.

use serde_json::{Value, json};

use crate::bench::grand::{Grand, Size, WEBHOOK, today};
use crate::harness::{Call, Client, new_key};

/// One hotel with as many holds and reservations as steps may be tried on.
pub(super) struct Desk {
    client: Client,
    channel: Client,
    size: Size,
    quote: Value,
    holds: Vec<String>,
    reservations: Vec<Value>,
}

impl Desk {
    pub(super) async fn furnish(grand: &Grand, number: usize) -> Self {
        let (client, size) = (grand.hotel(number), grand.size);
        let quote = client.post("quotes", &json!({"lines": [size.line(3, 2)]}));
        let quote = json!({"quote": quote.await.expect(201)["quote"]});
        let (mut holds, mut reservations) = (Vec::new(), Vec::new());
        for number in 0..20 {
            let hold = client.post("holds", &quote).await.expect(201);
            let hold = hold["id"].as_str().expect("an id").to_owned();
            if number % 2 == 0 {
                reservations.push(client.reserving(&hold).await.expect(201));
            } else {
                holds.push(hold);
            }
        }
        Self {
            client,
            channel: grand.world.anonymous(),
            size,
            quote,
            holds,
            reservations,
        }
    }

    /// A request of a kind of the mix.
    pub(super) fn call(&self, kind: &str, number: usize) -> Call {
        let client = &self.client;
        let hold = || format!("holds/{}", self.holds[number % self.holds.len()]);
        let made = &self.reservations[number % self.reservations.len()];
        let reservation = || format!("reservations/{}", made["id"].as_str().expect("an id"));
        match kind {
            "quote" => client.post("quotes", &json!({"lines": [self.size.line(number, 3)]})),
            "hold" => client.post("holds", &self.quote),
            "hold extend, release" if number.is_multiple_of(2) => client.delete(&hold()),
            "hold extend, release" => client.patch(&hold()),
            "booking" => client.post("reservations", &self.booking(number)),
            "manage" if number.is_multiple_of(4) => client
                .patch(&reservation())
                .header("if-match", "*")
                .json(&json!({"notes": format!("note {number}")})),
            "manage" => client.get(&reservation()),
            "desk list" => client.get(&self.weeks()),
            "desk step" => client.step(made, "confirm"),
            "webhook" => self.channel.post(
                WEBHOOK,
                &json!({"id": new_key(), "type": "RESERVATION_CREATED"}),
            ),
            "feed" => client.get(&format!("{}/events", reservation())),
            _ => client.post("quotes", &json!({"lines": [{"room_type": "NONE"}]})),
        }
    }

    fn booking(&self, number: usize) -> Value {
        let booker =
            json!({"first_name": "Ada", "last_name": "Lovelace", "email": "ada@guest.example"});
        json!({"lines": [self.size.line(number, 2)], "booker": booker})
    }

    /// A page of the next ten weeks.
    fn weeks(&self) -> String {
        let from = today();
        let until = from + jiff::ToSpan::days(70);
        format!("reservations?stay_from={from}&stay_to={until}&limit=100")
    }
}
