"""The calls to Channex, and what its errors mean."""

import json
from itertools import count

from componentize_py_types import Err

from wit_world.imports import common, http

HOST = "app.channex.io"
BASE = "/api/v1"
PAGE = 100
# How long a property's updates rest after a refusal that does not say how long.
PAUSE_SECONDS = 60
# What an answer of an unexpected shape raises where it is read.
MISSHAPEN = (AttributeError, KeyError, TypeError, ValueError)


class Channel:
    """Channex, as one property's key sees it. The host adds the key to each request."""

    def __init__(self, context):
        self.property = json.loads(context.settings)["property"]

    def read(self, path, query, take):
        """What `take` finds in the answer."""
        answer = self.ask(http.Method.GET, path, query, None)
        return understood(http.Method.GET, path, lambda: take(answer))

    def all(self, path):
        """Every item of a list. One that never ends is ended by the host: a call may send so many requests."""
        items = []
        for page in count(1):
            query = [
                ("filter[property_id]", self.property),
                ("pagination[page]", str(page)),
                ("pagination[limit]", str(PAGE)),
            ]
            found, total = self.read(path, query, lambda answer: (list(answer["data"]), answer["meta"]["total"]))
            items += found
            if not found or len(items) >= total:
                return items

    def nights(self, path, first, last, take, more=()):
        query = [
            ("filter[property_id]", self.property),
            ("filter[date][gte]", first),
            ("filter[date][lte]", last),
            *more,
        ]
        return self.read(path, query, lambda answer: take(answer["data"]))

    def write(self, path, values):
        """Sends one message. What is taken is worked off under a task, but for what the warnings are about."""
        answer = self.ask(http.Method.POST, path, (), {"values": values})

        def take():
            task = ",".join(task["id"] for task in answer["data"])
            return task, list((answer.get("meta") or {}).get("warnings") or [])

        return understood(http.Method.POST, path, take)

    def ask(self, method, path, query, body):
        headers = [("accept", "application/json")]
        if body is not None:
            body = json.dumps(body).encode()
            headers.append(("content-type", "application/json"))
        request = http.Request(method, HOST, f"{BASE}/{path}", list(query), headers, body, None, [])
        try:
            response = http.send(request)
        except Err as refused:
            raise Err(unsent(method, path, refused.value)) from refused
        if not 200 <= response.status < 300:
            raise Err(failure(path, response))
        # Digits stay digits: a price must not pass through a float.
        return understood(method, path, lambda: json.loads(response.body, parse_float=str))


def understood(method, path, take):
    """What `take` gives. Where the answer has another shape, a message may still have been applied."""
    try:
        return take()
    except MISSHAPEN as error:
        sentence = f"the answer of {path} is not understood ({type(error).__name__})"
        if method == http.Method.GET:
            raise Err(common.Failure_Permanent(sentence)) from error
        raise Err(common.Failure_OutcomeUnknown(sentence)) from error


def unsent(method, path, error):
    """What it means that the host gave no answer."""
    sentence = f"{path} was not answered: {error.value}"
    match error:
        case http.HttpError_Unreachable():
            return common.Failure_Retry(sentence)
        case http.HttpError_OutcomeUnknown() if method == http.Method.GET:
            return common.Failure_Retry(sentence)
        case http.HttpError_OutcomeUnknown():
            return common.Failure_OutcomeUnknown(sentence)
        case _:
            return common.Failure_Permanent(sentence)


def failure(path, response):
    """What the status of an answer means."""
    sentence = f"{path} answered {response.status}"
    match response.status:
        case 401 | 403:
            # A key does not expire: one that is refused was withdrawn.
            return common.Failure_AuthRevoked(sentence)
        case 404 | 410:
            return common.Failure_NotFound(sentence)
        case 429:
            told = dict(response.headers).get("retry-after", "")
            pause = int(told) if told.isdecimal() and len(told) < 7 else PAUSE_SECONDS
            return common.Failure_RateLimited(common.RateLimit(pause, "property"))
        case 400 | 413 | 422:
            return common.Failure_Invalid(common.InvalidField("", "", sentence))
        case status if status >= 500 or status in (408, 425):
            return common.Failure_Retry(sentence)
        case _:
            return common.Failure_Permanent(sentence)
