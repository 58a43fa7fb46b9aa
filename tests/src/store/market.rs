//! What a quote is checked with: its own products, each just as the whole market has it.

use roomwire::domain::ids::{HotelId, RatePlanId, RoomTypeId};
use roomwire::domain::offer::Market;
use roomwire::store::market;

use crate::harness::{Line, World, night};

/// Something of every kind that a price depends on, each on some products or nights only.
fn rules() -> String {
    let (first, second, third) = (night(0), night(1), night(2));
    format!(
        "INSERT INTO charges (hotel_id, id, code, name, kind, basis, value, included, min_age, max_nights)
         SELECT id, gen_random_uuid(), c.code, c.code, 'tax', c.basis, c.value, c.included, 14, 10
         FROM hotels, (VALUES ('CITY', 'person_night', 350, false), ('VAT', 'percent', 1000, true))
             AS c (code, basis, value, included);
         INSERT INTO occupancy_prices (hotel_id, room_type_id, rate_plan_id, adults, kind, value)
         SELECT hotel_id, room_type_id, rate_plan_id, 1, 'amount', 100 * row_number() OVER (ORDER BY room_type_id, rate_plan_id)
         FROM products;
         INSERT INTO child_prices (hotel_id, rate_plan_id, min_age, max_age, kind, value)
         SELECT hotel_id, id, 0, 11, 'percent', 5000 FROM rate_plans WHERE code = 'BB';
         UPDATE rates SET min_stay_arrival = 3, closed_to_arrival = true
         FROM rate_plans p WHERE p.id = rate_plan_id AND p.code = 'BB' AND night = '{second}';
         DELETE FROM rates USING room_types t WHERE t.id = room_type_id AND t.code = 'SGL' AND night = '{third}';
         DELETE FROM room_availability USING room_types t
         WHERE t.id = room_type_id AND t.code = 'SGL' AND night = '{first}'"
    )
}

fn shelf(market: &Market, (room_type, rate_plan): (RoomTypeId, RatePlanId)) -> String {
    let shelf = market.find(room_type, rate_plan);
    format!("{:?}", shelf.expect("the product is on a shelf"))
}

#[tokio::test]
async fn a_market_of_some_products_has_all_that_the_whole_one_says_of_them() {
    let world = World::start().await;
    world.execute(&rules()).await;
    // One that lapsed counts as free in both.
    let guest = world.guest().await;
    guest.hold(&[Line::default()]).await;
    world
        .execute("UPDATE holds SET expires_at = clock_timestamp()")
        .await;
    let hotel = world
        .value("SELECT id FROM hotels WHERE slug = 'aurora-rome'")
        .await;
    let hotel = hotel.as_str().expect("an id").parse().expect("an id");
    let store = world.database.store(1).await;
    let mut tx = store.begin(HotelId(hotel)).await.expect("a transaction");
    let nights = (night(0), night(3));
    let whole = market::read(&mut tx, nights.0, nights.1).await;
    let whole = whole.expect("the market");
    let products: Vec<(RoomTypeId, RatePlanId)> = whole
        .shelves
        .iter()
        .map(|shelf| (shelf.product.room_type.id, shelf.product.rate_plan.id))
        .collect();
    assert_eq!((products.len(), whole.charges.len()), (4, 2));
    for (place, one) in products.iter().enumerate() {
        for other in &products[place..] {
            let few = market::read_products(&mut tx, nights, &[*one, *other]).await;
            let few = few.expect("the market");
            assert_eq!(few.charges, whole.charges);
            for product in [*one, *other] {
                assert_eq!(shelf(&few, product), shelf(&whole, product));
            }
            assert!(
                one != other || few.shelves.len() == 1,
                "it reads what it need not"
            );
        }
    }
    tx.rollback().await.expect("a rollback");
    store.close().await;
}
