//! Booking notifications: messages of the Open Travel Alliance in SOAP, and the header that says whose they are.

use roomwire_plugin_sdk::Failure;
use roomwire_plugin_sdk::xml::Element;

use super::booking::{only, text, within};

const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const HEADER: &str = "http://www.newtrade.com/expedia/R14/header";
const OTA: &str = "http://www.opentravel.org/OTA/2003/05";

/// Whose number an id is.
pub(crate) const HOTELS: &str = "3";
pub(crate) const EXPEDIAS: &str = "8";
/// The same in a cancellation.
pub(crate) const HOTEL: &str = "10";
pub(crate) const RESERVATION: &str = "14";

/// What happened to a booking, with the message that tells of it and the one that answers it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    Book,
    Modify,
    Cancel,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Book, Self::Modify, Self::Cancel];

    /// As BR spells it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Book => "Book",
            Self::Modify => "Modify",
            Self::Cancel => "Cancel",
        }
    }

    fn message(self) -> &'static str {
        match self {
            Self::Book => "OTA_HotelResNotifRQ",
            Self::Modify => "OTA_HotelResModifyNotifRQ",
            Self::Cancel => "OTA_CancelRQ",
        }
    }

    fn answer(self) -> &'static str {
        match self {
            Self::Book => "OTA_HotelResNotifRS",
            Self::Modify => "OTA_HotelResModifyNotifRS",
            Self::Cancel => "OTA_CancelRS",
        }
    }

    /// The list of bookings in a message and in its answer, and one of them. A cancellation has none.
    pub(crate) fn list(self) -> Option<[&'static str; 2]> {
        match self {
            Self::Book => Some(["HotelReservations", "HotelReservation"]),
            Self::Modify => Some(["HotelResModifies", "HotelResModify"]),
            Self::Cancel => None,
        }
    }
}

/// A notification that was read.
#[derive(Debug)]
pub(crate) struct Notification {
    pub(crate) kind: Kind,
    header: Element,
    /// The message itself.
    pub(crate) message: Element,
}

impl Notification {
    pub(crate) fn read(body: &[u8]) -> Result<Self, Failure> {
        let envelope = Element::parse(body)?;
        let header = within(&envelope, &["Header", "Interface", "PayloadInfo"])?.clone();
        let told = within(&envelope, &["Body"])?.elements();
        let known = |message: &Element| {
            let mut all = Kind::ALL.into_iter();
            all.find(|kind| kind.message() == message.name())
        };
        let [message] = told else {
            let message = "a notification does not hold one message".to_owned();
            return Err(Failure::Permanent(message));
        };
        let kind = known(message).ok_or_else(|| {
            Failure::Permanent(format!("a message {} is not served", message.name()))
        })?;
        Ok(Self {
            kind,
            header,
            message: message.clone(),
        })
    }

    /// The one booking that stands in the message whole. A cancellation has none.
    pub(crate) fn entry(&self) -> Result<Option<&Element>, Failure> {
        let Some([list, entry]) = self.kind.list() else {
            return Ok(None);
        };
        only(only(&self.message, list)?, entry).map(Some)
    }

    /// The booking that it tells of, as Expedia numbers it.
    pub(crate) fn booking(&self) -> Result<&str, Failure> {
        let Some(entry) = self.entry()? else {
            let mut ids = self.message.all("UniqueID");
            let expedias = ids.find(|id| id.get("Type") == Some(RESERVATION));
            return expedias.map_or_else(
                || {
                    Err(Failure::Permanent(
                        "a cancellation names no booking".to_owned(),
                    ))
                },
                |id| text(id, "ID"),
            );
        };
        let ids = within(entry, &["ResGlobalInfo", "HotelReservationIDs"])?;
        let mut ids = ids.all("HotelReservationID");
        ids.find(|id| id.get("ResID_Type") == Some(EXPEDIAS))
            .map_or_else(
                || {
                    Err(Failure::Permanent(
                        "a booking has no number of Expedia's".to_owned(),
                    ))
                },
                |id| text(id, "ResID_Value"),
            )
    }

    /// The hotel's number at Expedia, as the header has it.
    pub(crate) fn property(&self) -> Option<&str> {
        let reference = self.header.at(&["PayloadDescriptor", "PayloadReference"])?;
        reference
            .get("DistributorHotelId")
            .or_else(|| reference.get("SupplierHotelCode"))
    }

    /// By whose name the hotel's numbers go.
    pub(crate) fn responder(&self) -> &str {
        self.header.get("ResponderId").unwrap_or("Hotel")
    }

    /// The message that answers this one, still empty.
    pub(crate) fn answering(&self, now: &str) -> Element {
        Element::new(self.kind.answer())
            .attribute("xmlns", OTA)
            .optional("EchoToken", self.message.get("EchoToken"))
            .attribute("TimeStamp", now)
            .attribute("Target", "Production")
            .attribute("Version", "2.000")
            .attribute("PrimaryLangID", "en-us")
    }

    /// The answer in its envelope, under the request's own ids.
    pub(crate) fn enveloped(&self, answer: Element) -> Element {
        let header = &self.header;
        let comm = header.at(&["CommDescriptor"]);
        let partner = |name: &str| comm.and_then(|comm| comm.get(name));
        let comm = Element::new("CommDescriptor")
            .optional("SourceId", partner("DestinationId"))
            .optional("DestinationId", partner("SourceId"))
            .attribute("RetryIndicator", "false");
        let descriptor = Element::new("PayloadDescriptor")
            .attribute("Name", self.kind.answer())
            .attribute("Version", "2003A");
        let info = Element::new("PayloadInfo")
            .optional("RequestId", header.get("RequestId"))
            .optional("RequestorId", header.get("RequestorId"))
            .optional("ResponderId", header.get("ResponderId"))
            .attribute("Location", "Body")
            .children([comm, descriptor]);
        let interface = Element::new("Interface")
            .attribute("xmlns", HEADER)
            .attribute("Name", "ExpediaDirectConnect")
            .attribute("Version", "4.0")
            .child(info);
        let header = Element::new("soap-env:Header").child(interface);
        envelope(header, answer)
    }
}

/// A negative acknowledgement: Expedia sends the message again until it expires.
pub(crate) fn fault(code: &str, sentence: &str) -> Element {
    let fault = Element::new("soap-env:Fault")
        .child(Element::new("faultcode").text(format!("soap-env:Server.{code}")))
        .child(Element::new("faultstring").text(sentence));
    envelope(Element::new("soap-env:Header"), fault)
}

fn envelope(header: Element, content: Element) -> Element {
    let body = Element::new("soap-env:Body").child(content);
    Element::new("soap-env:Envelope")
        .attribute("xmlns:soap-env", SOAP)
        .children([header, body])
}
