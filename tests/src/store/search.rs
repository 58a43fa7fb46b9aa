//! What a search reads: the hotels it names, one at a time, and nothing afterwards.

use sqlx::{ConnectOptions, Connection};

use crate::harness::{World, night};

async fn hotel(world: &World, slug: &str) -> uuid::Uuid {
    let id = world
        .value(&format!("SELECT id FROM hotels WHERE slug = '{slug}'"))
        .await;
    id.as_str().expect("an id").parse().expect("an id")
}

#[tokio::test]
async fn a_search_shows_the_hotels_of_its_list_and_leaves_the_wall_as_it_was() {
    let world = World::start().await;
    let (rome, kyoto) = (
        hotel(&world, "aurora-rome").await,
        hotel(&world, "sakura-kyoto").await,
    );
    let mut application = world
        .database
        .application()
        .connect()
        .await
        .expect("the application connects");
    let seen =
        "SELECT DISTINCT hotel_id FROM markets($1, $2::date, $3::date, NULL, NULL) ORDER BY 1";
    let (first, last) = (night(0).to_string(), night(1).to_string());
    for list in [
        vec![],
        vec![kyoto],
        vec![rome, kyoto],
        vec![uuid::Uuid::nil()],
    ] {
        for own in ["", &rome.to_string()] {
            let mut tx = application.begin().await.expect("a transaction");
            sqlx::query("SELECT set_config('app.hotel_id', $1, true)")
                .bind(own)
                .execute(&mut *tx)
                .await
                .expect("the setting is taken");
            let mut found: Vec<uuid::Uuid> = sqlx::query_scalar(seen)
                .bind(&list)
                .bind(&first)
                .bind(&last)
                .fetch_all(&mut *tx)
                .await
                .expect("a search");
            let mut expected = list.clone();
            expected.retain(|hotel| *hotel != uuid::Uuid::nil());
            found.sort();
            expected.sort();
            assert_eq!(found, expected);

            let visible: Vec<uuid::Uuid> =
                sqlx::query_scalar("SELECT DISTINCT hotel_id FROM rates")
                    .fetch_all(&mut *tx)
                    .await
                    .expect("the rates can be asked for");
            let own: Vec<uuid::Uuid> = own.parse().ok().into_iter().collect();
            assert_eq!(
                visible, own,
                "the transaction is of the hotel that it was of"
            );
            tx.rollback().await.expect("a rollback");
        }
    }
}

#[tokio::test]
async fn the_market_of_one_hotel_is_empty_in_a_transaction_of_another() {
    let world = World::start().await;
    let (rome, kyoto) = (
        hotel(&world, "aurora-rome").await,
        hotel(&world, "sakura-kyoto").await,
    );
    let mut application = world
        .database
        .application()
        .connect()
        .await
        .expect("the application connects");
    let mut tx = application.begin().await.expect("a transaction");
    sqlx::query("SELECT set_config('app.hotel_id', $1, true)")
        .bind(kyoto.to_string())
        .execute(&mut *tx)
        .await
        .expect("the setting is taken");
    let rows: i64 =
        sqlx::query_scalar("SELECT count(*) FROM shelves($1, $2::date, $3::date, NULL, NULL)")
            .bind(rome)
            .bind(night(0).to_string())
            .bind(night(1).to_string())
            .fetch_one(&mut *tx)
            .await
            .expect("a market");
    assert_eq!(rows, 0);
}

#[tokio::test]
async fn a_market_of_some_products_is_a_part_of_the_whole() {
    let world = World::start().await;
    let hotel = hotel(&world, "aurora-rome").await;
    world
        .execute("UPDATE rates SET min_stay_through = 2, closed_to_arrival = true WHERE price_minor % 2 = 0")
        .await;
    let (first, last) = (night(0), night(3));
    // What all rows of a room type or of a hotel would repeat is said in the first row only, so it is compared by itself.
    let market = async |products: &str, filter: &str| {
        world
            .value(&format!(
                "SELECT jsonb_build_object(
                    'rows', jsonb_agg(to_jsonb(m) - 'stock' - 'stock_nights' - 'charges' ORDER BY m.room_type_code, m.rate_plan_code),
                    'stock', jsonb_agg(m.stock) FILTER (WHERE m.stock IS NOT NULL))
                 FROM markets(ARRAY['{hotel}'::uuid], '{first}', '{last}', {products}) AS m
                 WHERE {filter}"
            ))
            .await
    };
    let ids = |table: &str, code: &str| {
        format!("ARRAY(SELECT id FROM {table} WHERE hotel_id = '{hotel}' AND code = '{code}')")
    };
    let (doubles, bar) = (ids("room_types", "DBL"), ids("rate_plans", "BAR"));
    let of_both = format!("{doubles}, {bar}");
    let part = market(&of_both, "true").await;
    let of_whole = market(
        "NULL, NULL",
        "m.room_type_code = 'DBL' AND m.rate_plan_code = 'BAR'",
    )
    .await;
    assert_eq!(part["rows"].as_array().map(Vec::len), Some(1), "{part}");
    assert_eq!(part["stock"].as_array().map(Vec::len), Some(1), "{part}");
    assert_eq!(part["rows"], of_whole["rows"]);

    let doubles = market(&format!("{doubles}, NULL"), "true").await;
    let of_whole = market("NULL, NULL", "m.room_type_code = 'DBL'").await;
    assert_eq!(
        doubles["rows"].as_array().map(Vec::len),
        Some(2),
        "{doubles}"
    );
    assert_eq!(doubles, of_whole);
    assert_eq!(doubles["stock"], part["stock"]);
}
