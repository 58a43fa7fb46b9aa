// Speaks to Channex, a channel manager: availability of room types, prices and restrictions of rate plans.
//
// A function fails by throwing a failure of the contract; an `Error` that it throws ends the instance.
// In this engine what is absent is `null`, and a whole number of 64 bits is a number.

import { Channel, understood } from "./client.js";
import { messagesOf, result, send } from "./push.js";
import { RESTRICTIONS, rateNights, roomNights } from "./shown.js";

export const channelManagerProvider = {
  check(context) {
    const channel = new Channel(context);
    // The manifest's schema lets nothing through that would need an encoding.
    const path = `properties/${channel.property}`;
    const title = channel.read(path, [], (answer) => answer.data.attributes.title);
    return `reached property ${channel.property} (${title})`;
  },

  listProducts(context) {
    const channel = new Channel(context);
    const rooms = channel.all("room_types");
    const rates = channel.all("rate_plans");
    return understood("get", "rate_plans", () => sold(rooms, rates));
  },

  pushAri(context, updates) {
    const channel = new Channel(context);
    const settled = { failures: new Map(), tasks: new Map() };
    const messages = messagesOf(channel, context, updates, settled);
    // A stale price costs money, stale availability costs a guest.
    for (const path of ["availability", "restrictions"]) {
      send(channel, path, messages[path], settled);
    }
    return updates.map((update) => result(update, settled));
  },
};

export const ariReader = {
  readAri(context, products, firstNight, lastNight) {
    const channel = new Channel(context);
    const nights = { first: firstNight, last: lastNight };
    const rooms = products.filter((code) => code.rate === null);
    const rates = products.filter((code) => code.rate !== null);
    const found = [];
    if (rooms.length > 0) {
      found.push(...channel.nights("availability", nights, (data) => roomNights(rooms, data)));
    }
    if (rates.length > 0) {
      const named = [["filter[restrictions]", ["rate", ...RESTRICTIONS.keys()].join(",")]];
      const take = (data) => rateNights(context, rates, data);
      found.push(...channel.nights("restrictions", nights, take, named));
    }
    return found;
  },
};

/** One product for each rate plan: a room is mapped by the rate plans that sell it. */
function sold(rooms, rates) {
  const named = new Map(rooms.map((room) => [room.id, room.attributes]));
  return rates.map((rate) => {
    const room = rate.relationships.room_type.data.id;
    const about = named.get(room) ?? {};
    const plan = rate.attributes;
    const occupancies = (plan.options ?? []).map((option) => option.occupancy);
    return {
      code: { room, rate: rate.id },
      roomName: about.title ?? room,
      rateName: plan.title ?? rate.id,
      maxOccupancy: occupancies.length > 0 ? Math.max(...occupancies) : (about.occ_adults ?? null),
      currency: plan.currency ?? null,
      active: true,
      parentRate: plan.parent_rate_plan_id ?? null,
      extensions: [],
    };
  });
}
