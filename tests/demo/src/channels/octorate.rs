//! Octorate in the story: a channel manager where every rate of a room is a product with units of its own.

use std::net::SocketAddr;

use anyhow::{Context as _, Result, ensure};
use async_trait::async_trait;
use jiff::civil::Date;
use roomwire_simulators::octorate::{
    self, Accommodation, BookingRequest, BulkItem, Day, EventType, Guest, Options,
};

use super::{Channel, Code, Message, Shown, Told};
use crate::hotels::{Hotel, Product, Stay};

pub(super) struct Octorate {
    simulator: octorate::Octorate,
    options: Options,
    /// By their place in here the hotels are numbered.
    slugs: Vec<String>,
}

impl Octorate {
    pub(super) async fn start(hotels: &[Hotel]) -> Result<Self> {
        let slugs: Vec<String> = hotels.iter().map(|hotel| hotel.slug.clone()).collect();
        let accommodation = |hotel: &Hotel| Accommodation {
            id: accommodation(&slugs, hotel),
            name: hotel.name.clone(),
            time_zone: hotel.time_zone.clone(),
            currency: hotel.currency.clone(),
        };
        let options = Options {
            accommodations: hotels.iter().map(accommodation).collect(),
            ..Options::default()
        };
        let simulator = octorate::start(options.clone()).await?;
        let channel = Self {
            simulator,
            options,
            slugs,
        };
        for hotel in hotels {
            for product in &hotel.products {
                channel.list(hotel, product)?;
            }
        }
        Ok(channel)
    }

    /// Adds a product that sells nothing yet.
    fn list(&self, hotel: &Hotel, product: &Product) -> Result<()> {
        let room_type = hotel.room_type(product)?;
        let added = self.simulator.add_product(octorate::Product {
            id: self.id(hotel, product),
            accommodation: accommodation(&self.slugs, hotel),
            name: hotel.product_name(product)?,
            room_name: room_type.name.clone(),
            max_occupancy: room_type.max_occupancy,
            ..octorate::Product::default()
        });
        ensure!(added, "Octorate does not know {}", hotel.slug);
        Ok(())
    }

    fn id(&self, hotel: &Hotel, product: &Product) -> String {
        let place = hotel.products.iter().position(|known| known == product);
        let number = place.map_or(0, |place| place + 1);
        format!("{}{number:02}", accommodation(&self.slugs, hotel))
    }
}

/// The id of a hotel at Octorate, counted from 1001.
fn accommodation(slugs: &[String], hotel: &Hotel) -> String {
    let place = slugs.iter().position(|slug| *slug == hotel.slug);
    (1001 + place.unwrap_or(slugs.len())).to_string()
}

#[async_trait(?Send)]
impl Channel for Octorate {
    fn name(&self) -> &'static str {
        "Octorate"
    }

    fn connector(&self) -> &'static str {
        "octorate"
    }

    fn host(&self) -> &'static str {
        "api.octorate.com"
    }

    fn address(&self) -> SocketAddr {
        self.simulator.address()
    }

    fn settings(&self, hotel: &Hotel) -> String {
        let id = accommodation(&self.slugs, hotel);
        format!("{{ accommodation = \"{id}\" }}")
    }

    fn secrets(&self) -> Vec<(&'static str, String)> {
        vec![
            ("client_id", self.options.client_id.clone()),
            ("client_secret", self.options.client_secret.clone()),
        ]
    }

    fn code(&self, hotel: &Hotel, product: &Product) -> Code {
        Code {
            room: self.id(hotel, product),
            rate: None,
        }
    }

    fn shows(&self, hotel: &Hotel, product: &Product, night: Date) -> Option<Shown> {
        let day = self.simulator.calendar(&self.id(hotel, product), night)?;
        Some(Shown {
            units: day.availability,
            price: day.price,
        })
    }

    fn messages(&self, hotel: &Hotel) -> Vec<Message> {
        let id = accommodation(&self.slugs, hotel);
        let ours = |item: &BulkItem| item.product.starts_with(&id);
        let mut messages = self.simulator.bulk_messages();
        messages.retain(|message| message.items.iter().any(ours));
        let message = |message: octorate::BulkMessage| Message {
            arrived: message.arrived,
            items: message.items.iter().map(item).collect(),
        };
        messages.into_iter().map(message).collect()
    }

    fn book(&self, hotel: &Hotel, product: &Product, stay: Stay) -> Result<String> {
        let mut request =
            BookingRequest::new(self.id(hotel, product), stay.check_in, stay.check_out);
        request.guest = Guest {
            first_name: "Grace".to_owned(),
            last_name: "Hopper".to_owned(),
            email: Some("grace@guest.example".to_owned()),
            ..Guest::default()
        };
        Ok(self.simulator.book(request)?.to_string())
    }

    async fn tell(&self, reservation: &str, url: &str) -> Result<Told> {
        let reservation = reservation.parse().context("Octorate numbers its stays")?;
        let created = EventType::ReservationCreated;
        let delivery = self.simulator.deliver(created, reservation, url).await?;
        Ok(Told {
            status: delivery.status,
            answer: delivery.answer,
        })
    }

    fn alter(&self, hotel: &Hotel, product: &Product, night: Date, units: u32) -> Result<()> {
        let id = self.id(hotel, product);
        let day = self.simulator.calendar(&id, night);
        let altered = Day {
            availability: units,
            ..day.with_context(|| format!("Octorate has no product {id}"))?
        };
        ensure!(
            self.simulator.set_day(&id, night, altered),
            "Octorate has no product {id}"
        );
        Ok(())
    }
}

fn item(item: &BulkItem) -> String {
    let BulkItem {
        product,
        first,
        last,
        values,
    } = item;
    let units = values
        .availability
        .map(|units| format!(" availability {units}"));
    let price = values.price.map(|minor| format!(" price {minor}"));
    format!(
        "{product} {first}..{last}{}{}",
        units.unwrap_or_default(),
        price.unwrap_or_default()
    )
}
