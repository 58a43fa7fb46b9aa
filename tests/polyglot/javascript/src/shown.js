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
    Object.entries(data[code.room] ?? {}).map(([night, units]) => ({
      product: code,
      night,
      // An overbooked room type may be counted below zero; nothing is for sale then.
      availability: Math.max(whole(units), 0),
      extensions: [],
    })),
  );
}

export function rateNights(context, rates, data) {
  return rates.flatMap((code) =>
    Object.entries(data[code.rate] ?? {}).map(([night, cell]) => {
      const told = [...RESTRICTIONS].map(([theirs, ours]) => [ours, whole(cell[theirs] ?? undefined)]);
      return { product: code, night, price: money(context, cell.rate), ...Object.fromEntries(told), extensions: [] };
    }),
  );
}

function money(context, rate) {
  if (rate === undefined || rate === null) {
    return undefined;
  }
  return { minor: minorUnits(rate, context.currencyExponent), currency: context.currency };
}

/** Digits stay digits: a price that came as a number has been a float, and is not taken. */
function minorUnits(decimal, exponent) {
  const [, units, rest] = /^(\d+)(?:\.(\d*?)0*)?$/.exec(decimal) ?? [];
  if (typeof decimal !== "string" || units === undefined || (rest ?? "").length > exponent) {
    throw new RangeError("a price with more decimals than its currency");
  }
  return BigInt(units + (rest ?? "").padEnd(exponent, "0"));
}

/** A number or a truth. Anything else would become one that was never told. */
function whole(value) {
  if (value !== undefined && typeof value !== "boolean" && !Number.isInteger(value)) {
    throw new TypeError("neither a whole number nor a truth");
  }
  return value;
}
