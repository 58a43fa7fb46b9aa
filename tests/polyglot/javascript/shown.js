// What the calendar shows.

/** Channex's name of each restriction, with the contract's. */
export const RESTRICTIONS = new Map([
  ["min_stay_arrival", "minStayArrival"],
  ["min_stay_through", "minStayThrough"],
  ["max_stay", "maxStay"],
  ["closed_to_arrival", "closedToArrival"],
  ["closed_to_departure", "closedToDeparture"],
  ["stop_sell", "stopSell"],
]);

export function roomNights(rooms, data) {
  return rooms.flatMap((code) =>
    Object.entries(data[code.room] ?? {}).map(([night, units]) =>
      // An overbooked room type may be counted below zero; nothing is for sale then.
      nightOf(code, night, { availability: Math.max(whole(units), 0) }),
    ),
  );
}

export function rateNights(context, rates, data) {
  return rates.flatMap((code) =>
    Object.entries(data[code.rate] ?? {}).map(([night, cell]) => {
      const told = [...RESTRICTIONS].map(([theirs, ours]) => [ours, whole(cell[theirs] ?? null)]);
      return nightOf(code, night, { price: money(context, cell.rate), ...Object.fromEntries(told) });
    }),
  );
}

/** What is not told is absent, and has to be there as such. */
function nightOf(code, night, told) {
  const names = ["availability", "price", "cutOffDays", ...RESTRICTIONS.values()];
  const absent = Object.fromEntries(names.map((name) => [name, null]));
  return { product: code, night, extensions: [], ...absent, ...told };
}

function money(context, rate) {
  if (rate === undefined || rate === null) {
    return null;
  }
  return { minor: minorUnits(rate, context.currencyExponent), currency: context.currency };
}

/** By its digits: a price that came as a number has been a float, and is not taken. */
function minorUnits(decimal, exponent) {
  const [, units, rest] = /^(\d+)(?:\.(\d*?)0*)?$/.exec(decimal) ?? [];
  // Beyond fifteen digits a number would not be exact.
  if (typeof decimal !== "string" || units === undefined || units.length > 12 || (rest ?? "").length > exponent) {
    throw new RangeError("a price that is none of its currency");
  }
  return Number(units + (rest ?? "").padEnd(exponent, "0"));
}

/** A number or a truth. Anything else would become one that was never told. */
function whole(value) {
  if (value !== null && typeof value !== "boolean" && !Number.isInteger(value)) {
    throw new TypeError("neither a whole number nor a truth");
  }
  return value;
}
