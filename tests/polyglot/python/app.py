"""Speaks to Channex, a channel manager: availability of room types, prices and restrictions of rate plans.

A function fails by raising `Err` with a failure of the contract; anything else that it raises ends the instance.
"""

from functools import partial

from wit_world.exports import AriReader as AriReaderInterface
from wit_world.exports import ChannelManagerProvider as ProviderInterface
from wit_world.imports import http, types

from client import Channel, understood
from push import messages_of, result, send
from shown import RESTRICTIONS, rate_nights, room_nights


class ChannelManagerProvider(ProviderInterface):
    def check(self, context):
        channel = Channel(context)
        # The manifest's schema lets nothing through that would need an encoding.
        path = f"properties/{channel.property}"
        title = channel.read(path, [], lambda answer: answer["data"]["attributes"]["title"])
        return f"reached property {channel.property} ({title})"

    def list_products(self, context):
        channel = Channel(context)
        rooms, rates = channel.all("room_types"), channel.all("rate_plans")
        return understood(http.Method.GET, "rate_plans", lambda: sold(rooms, rates))

    def push_ari(self, context, updates):
        channel = Channel(context)
        failures, tasks = {}, {}
        messages = messages_of(channel, context, updates, failures)
        # A stale price costs money, stale availability costs a guest.
        for path in ("availability", "restrictions"):
            send(channel, path, messages[path], tasks, failures)
        return [result(update, tasks, failures) for update in updates]


class AriReader(AriReaderInterface):
    def read_ari(self, context, products, first_night, last_night):
        channel = Channel(context)
        nights = []
        rooms = [code for code in products if code.rate is None]
        rates = [code for code in products if code.rate is not None]
        if rooms:
            take = partial(room_nights, rooms)
            nights += channel.nights("availability", first_night, last_night, take)
        if rates:
            take = partial(rate_nights, context, rates)
            named = [("filter[restrictions]", ",".join(("rate", *RESTRICTIONS)))]
            nights += channel.nights("restrictions", first_night, last_night, take, named)
        return nights


def sold(rooms, rates):
    """One product for each rate plan: a room is mapped by the rate plans that sell it."""
    named = {room["id"]: room["attributes"] for room in rooms}
    found = []
    for rate in rates:
        room = rate["relationships"]["room_type"]["data"]["id"]
        about, plan = named.get(room, {}), rate["attributes"]
        occupancies = [option["occupancy"] for option in plan.get("options") or []]
        found.append(types.Product(
            code=types.ProductCode(room, rate["id"]),
            room_name=about.get("title") or room,
            rate_name=plan.get("title") or rate["id"],
            max_occupancy=max(occupancies, default=about.get("occ_adults")),
            currency=plan.get("currency"),
            active=True,
            parent_rate=plan.get("parent_rate_plan_id"),
            extensions=[],
        ))
    return found
