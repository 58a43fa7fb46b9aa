// The calls to Channex, and what its errors mean.

import { send } from "roomwire:host/http@1.1.0";

import { decode, encode } from "./text.js";

const HOST = "app.channex.io";
const BASE = "/api/v1";
const PAGE = 100;
// How long a property's updates rest after a refusal that does not say how long.
const PAUSE_SECONDS = 60;

/** Channex, as one property's key sees it. The host adds the key to each request. */
export class Channel {
  constructor(context) {
    this.property = JSON.parse(context.settings).property;
  }

  /** What `take` finds in the answer. */
  read(path, query, take) {
    const answer = this.ask("get", path, query);
    return understood("get", path, () => take(answer));
  }

  /** Every item of a list. One that never ends is ended by the host: a call may send so many requests. */
  all(path) {
    const items = [];
    for (let page = 1; ; page += 1) {
      const query = [
        ["filter[property_id]", this.property],
        ["pagination[page]", String(page)],
        ["pagination[limit]", String(PAGE)],
      ];
      const { found, total } = this.read(path, query, ({ data, meta }) => ({ found: [...data], total: meta.total }));
      items.push(...found);
      if (found.length === 0 || items.length >= total) {
        return items;
      }
    }
  }

  nights(path, { first, last }, take, more = []) {
    const query = [
      ["filter[property_id]", this.property],
      ["filter[date][gte]", first],
      ["filter[date][lte]", last],
      ...more,
    ];
    return this.read(path, query, (answer) => take(answer.data));
  }

  /** Sends one message. What is taken is worked off under a task, but for what the warnings are about. */
  write(path, values) {
    const answer = this.ask("post", path, [], { values });
    return understood("post", path, () => ({
      task: answer.data.map((task) => task.id).join(","),
      warnings: [...(answer.meta?.warnings ?? [])],
    }));
  }

  ask(method, path, query, content) {
    const headers = [["accept", "application/json"]];
    let body = null;
    if (content !== undefined) {
      headers.push(["content-type", "application/json"]);
      body = encode(JSON.stringify(content));
    }
    const request = { method, host: HOST, path: `${BASE}/${path}`, query, headers, body, timeoutMs: null, extensions: [] };
    const response = answered(method, path, request);
    if (response.status < 200 || response.status >= 300) {
      throw failure(path, response);
    }
    return understood(method, path, () => JSON.parse(decode(response.body)));
  }
}

function answered(method, path, request) {
  try {
    return send(request);
  } catch (error) {
    // Without a tag it is not what the host says instead of an answer, but a mistake of ours, which ends the instance.
    throw error.tag === undefined ? error : unsent(method, path, error);
  }
}

/** What `take` gives. Where the answer has another shape, a message may still have been applied. */
export function understood(method, path, take) {
  try {
    return take();
  } catch (error) {
    const val = `the answer of ${path} is not understood (${error.name})`;
    throw { tag: method === "get" ? "permanent" : "outcome-unknown", val };
  }
}

/** What it means that the host gave no answer. */
function unsent(method, path, { tag, val: reason }) {
  const val = `${path} was not answered: ${reason}`;
  if (tag === "unreachable" || (tag === "outcome-unknown" && method === "get")) {
    return { tag: "retry", val };
  }
  return { tag: tag === "outcome-unknown" ? tag : "permanent", val };
}

/** What the status of an answer means. */
function failure(path, { status, headers }) {
  const val = `${path} answered ${status}`;
  switch (status) {
    case 401:
    case 403:
      // A key does not expire: one that is refused was withdrawn.
      return { tag: "auth-revoked", val };
    case 404:
    case 410:
      return { tag: "not-found", val };
    case 429: {
      const told = headers.find(([name]) => name === "retry-after")?.[1] ?? "";
      const afterSeconds = /^\d{1,6}$/.test(told) ? Number(told) : PAUSE_SECONDS;
      return { tag: "rate-limited", val: { afterSeconds, scope: "property" } };
    }
    case 400:
    case 413:
    case 422:
      return { tag: "invalid", val: { item: "", field: "", message: val } };
    default:
      return { tag: status >= 500 || status === 408 || status === 425 ? "retry" : "permanent", val };
  }
}
