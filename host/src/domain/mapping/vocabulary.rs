//! Words that hotels and channels use for the same thing, in several languages, in small letters without accents.

/// What a word says of a room or a rate.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Kind {
    /// Rooms of two sorts are two rooms.
    Sort,
    Grade,
    Feature,
    /// Named as a rate plan's `meal_plan`.
    Meal,
    Terms,
    /// Says nothing, unless nothing else is said.
    Filler,
}

pub(super) const NON_REFUNDABLE: &str = "non-refundable";

/// The longest phrase, in words.
pub(super) const LONGEST: usize = 4;

/// What is meant, and how it is written.
pub(super) const VOCABULARY: &[(Kind, &str, &str)] = &[
    (
        Kind::Sort,
        "single",
        "single, sgl, singola, singolo, einzel, einzelzimmer, individual, individuelle, simple, sencilla, solteiro, \
         eenpersoonskamer",
    ),
    (
        Kind::Sort,
        "double",
        "double, dbl, doppia, doppio, matrimoniale, doppel, doppelzimmer, doble, matrimonial, duplo, casal, \
         tweepersoonskamer",
    ),
    (
        Kind::Sort,
        "double for single use",
        "double for single use, double single use, double room single use, dus, doppia uso singola, \
         doppelzimmer zur einzelnutzung, doble uso individual, double usage individuel",
    ),
    (
        Kind::Sort,
        "twin",
        "twin, twn, due letti, letti singoli, letti separati, zweibett, zweibettzimmer, lits jumeaux, \
         deux lits, dos camas, camas separadas, duas camas",
    ),
    (
        Kind::Sort,
        "triple",
        "triple, tpl, trpl, tripla, dreibett, dreibettzimmer, triplo, driepersoonskamer",
    ),
    (
        Kind::Sort,
        "quadruple",
        "quadruple, quad, qdpl, quadrupla, vierbett, vierbettzimmer, cuadruple, quadruplo, vierpersoonskamer",
    ),
    (
        Kind::Sort,
        "family",
        "family, familiare, famiglia, familien, familienzimmer, familiale, familiar, familia, familie",
    ),
    (Kind::Sort, "suite", "suite, suites"),
    (Kind::Sort, "junior suite", "junior suite, juniorsuite"),
    (Kind::Sort, "studio", "studio, monolocale, estudio"),
    (
        Kind::Sort,
        "apartment",
        "apartment, apt, appartamento, apartement, appartement, apartamento, ferienwohnung",
    ),
    (
        Kind::Sort,
        "dormitory",
        "dormitory, dorm, dormitorio, schlafsaal, dortoir, dormitorio compartido",
    ),
    (
        Kind::Grade,
        "superior",
        "superior, sup, superiore, superieure, superieur",
    ),
    (
        Kind::Grade,
        "deluxe",
        "deluxe, dlx, de luxe, luxury, lusso, luxus, luxe, lujo, luxo",
    ),
    (
        Kind::Grade,
        "economy",
        "economy, eco, economica, economico, economique, budget",
    ),
    (Kind::Grade, "comfort", "comfort, confort, komfort"),
    (Kind::Grade, "executive", "executive, business"),
    (Kind::Grade, "premium", "premium"),
    (
        Kind::Feature,
        "sea view",
        "sea view, seaview, ocean view, vista mare, fronte mare, meerblick, vue mer, vue sur mer, vista mar, \
         vista al mar, zeezicht",
    ),
    (
        Kind::Feature,
        "lake view",
        "lake view, vista lago, seeblick, vue lac, vue sur lac, vista al lago",
    ),
    (
        Kind::Feature,
        "city view",
        "city view, vista citta, stadtblick, vue ville, vue sur ville, vista ciudad, vista cidade",
    ),
    (
        Kind::Feature,
        "garden view",
        "garden view, vista giardino, gartenblick, vue jardin, vue sur jardin, vista jardin, vista jardim",
    ),
    (
        Kind::Feature,
        "balcony",
        "balcony, balcone, balkon, balcon, varanda",
    ),
    (
        Kind::Feature,
        "terrace",
        "terrace, terrazza, terrazzo, terrasse, terraza, terraco",
    ),
    (
        Kind::Feature,
        "accessible",
        "accessible, accessibile, barrierefrei, accesible, acessivel, disabled, disabili",
    ),
    (
        Kind::Meal,
        "room_only",
        "room only, ro, solo pernottamento, solo camera, nur ubernachtung, nur uebernachtung, ohne fruhstuck, \
         sans petit dejeuner, chambre seule, solo alojamiento, solo habitacion, so alojamento, senza colazione, \
         without breakfast, no meals",
    ),
    (
        Kind::Meal,
        "breakfast",
        "breakfast, bb, b b, bed breakfast, bed and breakfast, breakfast included, colazione, colazione inclusa, \
         prima colazione, prima colazione inclusa, fruhstuck, fruehstueck, petit dejeuner, petit dejeuner inclus, desayuno, \
         desayuno incluido, cafe da manha, pequeno almoco, ontbijt",
    ),
    (
        Kind::Meal,
        "half_board",
        "half board, hb, mezza pensione, halbpension, demi pension, media pension, meia pensao, halfpension",
    ),
    (
        Kind::Meal,
        "full_board",
        "full board, fb, pensione completa, vollpension, pension complete, pension completa, pensao completa, \
         volpension",
    ),
    (
        Kind::Meal,
        "all_inclusive",
        "all inclusive, ai, tutto incluso, tout compris, todo incluido, tudo incluido, tout inclus",
    ),
    (
        Kind::Terms,
        "best available rate",
        "best available rate, best available, bar, best rate, standard rate, rack rate, tariffa standard, \
         miglior tariffa disponibile, migliore tariffa disponibile, standardrate, bester verfugbarer preis, \
         meilleur tarif disponible, tarif standard, mejor tarifa disponible, tarifa estandar, \
         melhor tarifa disponivel",
    ),
    (
        Kind::Terms,
        "flexible",
        "flexible, flex, flessibile, flexibel, flexivel, refundable, rimborsabile, free cancellation, \
         cancellazione gratuita",
    ),
    (
        Kind::Terms,
        NON_REFUNDABLE,
        "non refundable, nonrefundable, not refundable, nr, nrf, nonref, non rimborsabile, nicht erstattbar, \
         nicht stornierbar, non remboursable, no reembolsable, nao reembolsavel, niet restitueerbaar",
    ),
    (
        Kind::Terms,
        "early booking",
        "early booking, early bird, advance purchase, prenota prima, fruhbucher, reserva anticipada",
    ),
    (
        Kind::Terms,
        "weekly",
        "weekly, settimanale, wochenpreis, hebdomadaire, semanal",
    ),
    (
        Kind::Filler,
        "standard",
        "standard, std, classic, classica, estandar, estandard",
    ),
    (
        Kind::Filler,
        "room",
        "room, rooms, camera, camere, zimmer, chambre, chambres, habitacion, quarto, kamer",
    ),
    (
        Kind::Filler,
        "rate",
        "rate, rates, tariffa, tarif, tarifa, preis, plan, offer, offerta, angebot",
    ),
    (
        Kind::Filler,
        "and",
        "and, with, the, of, for, in, incl, included, e, con, la, il, di, da, del, della, per, und, mit, der, die, \
         das, zur, inkl, et, avec, le, de, du, des, pour, y, el, para, com, o, en, met, a",
    ),
];
