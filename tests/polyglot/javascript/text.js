// Text as bytes and back: QuickJS has neither TextEncoder nor TextDecoder.

/** Code units that are given to a function at once: each is an argument. */
const AT_ONCE = 8192;

export function encode(text) {
  const units = unescape(encodeURIComponent(text));
  return Uint8Array.from(units, (unit) => unit.charCodeAt(0));
}

/** Throws where the bytes are no UTF-8. */
export function decode(bytes) {
  const units = [];
  for (let start = 0; start < bytes.length; start += AT_ONCE) {
    units.push(String.fromCharCode(...bytes.subarray(start, start + AT_ONCE)));
  }
  return decodeURIComponent(escape(units.join("")));
}
