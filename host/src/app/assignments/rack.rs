//! The room rack: rooms against nights, and who has none yet.

use jiff::civil::Date;

use crate::app::{App, AppError};
use crate::domain::hotel::Hotel;
use crate::store::room_rack::{self, RackCell, RackRoom, RackUnit};

/// The most units without a room that are listed.
const MOST_UNASSIGNED: i64 = 500;

/// What a front desk sees of some nights.
#[derive(Clone, Debug)]
pub struct Rack {
    pub rooms: Vec<RackRoom>,
    pub cells: Vec<RackCell>,
    /// By arrival, 500 at most.
    pub unassigned: Vec<RackUnit>,
}

/// The rack of the nights `[from, until)`.
pub async fn rack(app: &App, hotel: &Hotel, from: Date, until: Date) -> Result<Rack, AppError> {
    let mut tx = app.store.begin(hotel.id).await?;
    Ok(Rack {
        rooms: room_rack::rooms(&mut tx).await?,
        cells: room_rack::cells(&mut tx, from, until).await?,
        unassigned: room_rack::unassigned(&mut tx, from, until, MOST_UNASSIGNED).await?,
    })
}
