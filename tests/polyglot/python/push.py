"""Updates as Channex's two sorts of message, and what becomes of each."""

import json

from componentize_py_types import Err

from wit_world.imports import common, types


def messages_of(channel, context, updates, failures):
    """The values of both sorts of message, each with its update. What cannot be said is a failure."""
    messages = {"availability": [], "restrictions": []}
    for update in updates:
        nights = {"property_id": channel.property, "date_from": update.first_night, "date_to": update.last_night}
        problem = problem_of(context, update)
        says = {} if problem else restrictions(context, update)
        if says and update.target.rate is None:
            problem = common.Failure_MappingMissing([update.target.room])
        if problem:
            failures[update.id] = problem
            continue
        if update.availability is not None:
            value = {**nights, "room_type_id": update.target.room, "availability": update.availability}
            messages["availability"].append((update, value))
        if says:
            messages["restrictions"].append((update, {**nights, "rate_plan_id": update.target.rate, **says}))
    return messages


def problem_of(context, update):
    price = update.price
    if price is not None and price.minor <= 0:
        problem = "a price must be more than zero; stop sell closes a product"
    elif price is not None and price.currency != context.currency:
        problem = "Channex takes prices in the property's currency only"
    else:
        return None
    return common.Failure_Invalid(common.InvalidField(update.id, "price", problem))


def restrictions(context, update):
    """Only what the update names: what is absent stays as it is at Channex."""
    says = {
        "rate": None if update.price is None else digits(update.price.minor, context.currency_exponent),
        "min_stay_arrival": number(update.min_stay_arrival, 1),
        "min_stay_through": number(update.min_stay_through, 1),
        "max_stay": number(update.max_stay, 0),
        "closed_to_arrival": update.closed_to_arrival,
        "closed_to_departure": update.closed_to_departure,
        "stop_sell": update.stop_sell,
    }
    return {name: value for name, value in says.items() if value is not None}


def number(change, none):
    """`none` is what stands for no restriction at Channex."""
    match change:
        case types.NumberChange_Set(value):
            return value
        case types.NumberChange_Clear():
            return none
        case _:
            return None


def digits(minor, exponent):
    """A decimal with two decimals at least: without a point, it could be taken for minor units."""
    text = str(minor).rjust(exponent + 1, "0")
    whole, part = text[: len(text) - exponent], text[len(text) - exponent:]
    return f"{whole}.{part.ljust(2, '0')}"


def send(channel, path, entries, tasks, failures):
    """Sends one message and notes what becomes of each update. Where nothing was taken yet, the call fails as a whole."""
    if not entries:
        return
    try:
        task, warnings = channel.write(path, [value for _, value in entries])
    except Err as refused:
        if not tasks:
            raise
        failures.update({update.id: refused.value for update, _ in entries})
        return
    tasks.update({update.id: task for update, _ in entries})
    for warning in warnings:
        warned(path, warning, entries, failures)


def warned(path, warning, entries, failures):
    """A warning in an answer of success: the values that it is about were not taken."""
    about = [update for update, value in entries if is_about(warning, value)]
    if not about:
        # It might be about any of them, so nobody knows which were taken.
        unclear = common.Failure_OutcomeUnknown(f"{path} was answered with a warning about nothing that was sent")
        failures.update({update.id: unclear for update, _ in entries})
    complaint = warning.get("warning") if isinstance(warning, dict) else None
    fields = ",".join(complaint) if isinstance(complaint, dict) else ""
    for update in about:
        if fields in ("room_type_id", "rate_plan_id"):
            codes = [update.target.rate or update.target.room]
            failures[update.id] = common.Failure_MappingMissing(codes)
        else:
            sentence = f"{path} was not taken: {json.dumps(complaint)}"
            failures[update.id] = common.Failure_Invalid(common.InvalidField(update.id, fields, sentence))


def is_about(warning, value):
    if not isinstance(warning, dict):
        return False
    names = [name for name in ("room_type_id", "rate_plan_id") if name in value]
    first = warning.get("date") or warning.get("date_from") or value["date_from"]
    last = warning.get("date") or warning.get("date_to") or value["date_to"]
    same = all(warning.get(name) == value[name] for name in names)
    return same and str(first) <= value["date_to"] and value["date_from"] <= str(last)


def result(update, tasks, failures):
    if update.id in failures:
        outcome = types.ItemOutcome_Rejected(failures[update.id])
    elif tasks.get(update.id):
        outcome = types.ItemOutcome_Accepted(tasks[update.id])
    else:
        outcome = types.ItemOutcome_Applied()
    return types.ItemResult(update.id, outcome, untold(update), [])


def untold(update):
    """What an update says and Channex has no word for."""
    warnings = []
    if isinstance(update.cut_off_days, types.NumberChange_Set):
        warnings.append("the cut-off was not sent: Channex has none for each night")
    if update.occupancy_prices:
        warnings.append("prices by occupancy were not sent: only the room's price was")
    return warnings
