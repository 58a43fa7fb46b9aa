// Updates as Channex's two sorts of message, and what becomes of each.

/** The values of both sorts of message, each with its update. What cannot be said is a failure. */
export function messagesOf(channel, context, updates, { failures }) {
  const messages = { availability: [], restrictions: [] };
  for (const update of updates) {
    const { room, rate } = update.target;
    const nights = { property_id: channel.property, date_from: update.firstNight, date_to: update.lastNight };
    let problem = problemOf(context, update);
    const says = problem ? {} : restrictions(context, update);
    const speaks = Object.keys(says).length > 0;
    if (speaks && rate === null) {
      problem = { tag: "mapping-missing", val: [room] };
    }
    if (problem) {
      failures.set(update.id, problem);
      continue;
    }
    if (update.availability !== null) {
      const value = { ...nights, room_type_id: room, availability: update.availability };
      messages.availability.push({ update, value });
    }
    if (speaks) {
      messages.restrictions.push({ update, value: { ...nights, rate_plan_id: rate, ...says } });
    }
  }
  return messages;
}

function problemOf(context, { id, price }) {
  const invalid = (message) => ({ tag: "invalid", val: { item: id, field: "price", message } });
  if (price !== null && price.minor <= 0) {
    return invalid("a price must be more than zero; stop sell closes a product");
  }
  if (price !== null && price.currency !== context.currency) {
    return invalid("Channex takes prices in the property's currency only");
  }
  return null;
}

/** Only what the update names: what is absent stays as it is at Channex. */
function restrictions(context, update) {
  const says = {
    rate: update.price === null ? null : digits(update.price.minor, context.currencyExponent),
    min_stay_arrival: number(update.minStayArrival, 1),
    min_stay_through: number(update.minStayThrough, 1),
    max_stay: number(update.maxStay, 0),
    closed_to_arrival: update.closedToArrival,
    closed_to_departure: update.closedToDeparture,
    stop_sell: update.stopSell,
  };
  return Object.fromEntries(Object.entries(says).filter(([, value]) => value !== null));
}

/** `none` is what stands for no restriction at Channex. */
function number(change, none) {
  switch (change.tag) {
    case "set":
      return change.val;
    case "clear":
      return none;
    default:
      return null;
  }
}

/** A decimal with two decimals at least: without a point, it could be taken for minor units. */
function digits(minor, exponent) {
  const text = String(minor).padStart(exponent + 1, "0");
  const point = text.length - exponent;
  return `${text.slice(0, point)}.${text.slice(point).padEnd(2, "0")}`;
}

/** Sends one message and notes what becomes of each update. Where nothing was taken yet, the call fails as a whole. */
export function send(channel, path, entries, settled) {
  if (entries.length === 0) {
    return;
  }
  let taken;
  try {
    taken = channel.write(path, entries.map(({ value }) => value));
  } catch (failure) {
    if (failure instanceof Error || settled.tasks.size === 0) {
      throw failure;
    }
    entries.forEach(({ update }) => settled.failures.set(update.id, failure));
    return;
  }
  entries.forEach(({ update }) => settled.tasks.set(update.id, taken.task));
  taken.warnings.forEach((warning) => warned(path, warning, entries, settled));
}

/** A warning in an answer of success: the values that it is about were not taken. */
function warned(path, warning, entries, { failures }) {
  const about = entries.filter(({ value }) => isAbout(warning, value));
  if (about.length === 0) {
    // It might be about any of them, so nobody knows which were taken.
    const val = `${path} was answered with a warning about nothing that was sent`;
    entries.forEach(({ update }) => failures.set(update.id, { tag: "outcome-unknown", val }));
  }
  const complaint = warning?.warning ?? {};
  const fields = Object.keys(complaint).join(",");
  for (const { update } of about) {
    if (fields === "room_type_id" || fields === "rate_plan_id") {
      failures.set(update.id, { tag: "mapping-missing", val: [update.target.rate ?? update.target.room] });
    } else {
      const message = `${path} was not taken: ${JSON.stringify(complaint)}`;
      failures.set(update.id, { tag: "invalid", val: { item: update.id, field: fields, message } });
    }
  }
}

function isAbout(warning, value) {
  const first = warning?.date ?? warning?.date_from ?? value.date_from;
  const last = warning?.date ?? warning?.date_to ?? value.date_to;
  const same =
    value.room_type_id === undefined
      ? warning?.rate_plan_id === value.rate_plan_id
      : warning?.room_type_id === value.room_type_id;
  return same && first <= value.date_to && value.date_from <= last;
}

export function result(update, { failures, tasks }) {
  let outcome = { tag: "applied" };
  if (failures.has(update.id)) {
    outcome = { tag: "rejected", val: failures.get(update.id) };
  } else if (tasks.get(update.id)) {
    outcome = { tag: "accepted", val: tasks.get(update.id) };
  }
  return { id: update.id, outcome, warnings: untold(update), extensions: [] };
}

/** What an update says and Channex has no word for. */
function untold(update) {
  const warnings = [];
  if (update.cutOffDays.tag === "set") {
    warnings.push("the cut-off was not sent: Channex has none for each night");
  }
  if (update.occupancyPrices.length > 0) {
    warnings.push("prices by occupancy were not sent: only the room's price was");
  }
  return warnings;
}
