"""What the calendar shows."""

from wit_world.imports import common, types

RESTRICTIONS = ("min_stay_arrival", "min_stay_through", "max_stay",
                "closed_to_arrival", "closed_to_departure", "stop_sell")


def room_nights(rooms, shown):
    return [
        # An overbooked room type may be counted below zero; nothing is for sale then.
        night_of(code, night, availability=max(whole(units), 0))
        for code in rooms
        for night, units in shown.get(code.room, {}).items()
    ]


def rate_nights(context, rates, shown):
    nights = []
    for code in rates:
        for night, cell in shown.get(code.rate, {}).items():
            told = {name: whole(cell.get(name)) for name in RESTRICTIONS}
            nights.append(night_of(code, night, price=money(context, cell.get("rate")), **told))
    return nights


def money(context, rate):
    if rate is None:
        return None
    return common.Money(minor_units(rate, context.currency_exponent), context.currency)


def whole(value):
    """A number or a truth. Anything else would end the instance where it becomes the contract's."""
    if value is not None and not isinstance(value, int):
        raise TypeError
    return value


def night_of(code, night, **told):
    names = ("availability", "price", "min_stay_arrival", "min_stay_through", "max_stay",
             "cut_off_days", "closed_to_arrival", "closed_to_departure", "stop_sell")
    cell = dict.fromkeys(names) | told
    return types.AriNight(product=code, night=night, extensions=[], **cell)


def minor_units(decimal, exponent):
    whole, _, part = str(decimal).partition(".")
    part = part.rstrip("0")
    if len(part) > exponent or not (whole + part).isdecimal():
        raise ValueError("a price with more decimals than its currency")
    return int(whole + part.ljust(exponent, "0"))
