// Texts with slots: `{slot}` is filled in, and a part in [brackets] is left out
// when a slot inside it has nothing to say. Pure.

const PIECES = /\[([^\]]*)\]|\{(\w+)\}|([^[{]+)/g;

/**
 * A text taken apart, ready to be shown: words as they are, slots by name and value.
 * @param {string} text
 * @param {Record<string, string | number | null | undefined>} slots
 * @returns {{slot: string | null, text: string}[]}
 */
export function parts(text, slots) {
  const found = [];
  for (const [, bracketed, slot, words] of text.matchAll(PIECES)) {
    if (words !== undefined) found.push({ slot: null, text: words });
    else if (slot !== undefined) found.push({ slot, text: shown(slots[slot]) ?? "–" });
    else if (slotsIn(bracketed).every((name) => shown(slots[name]) !== null)) found.push(...parts(bracketed, slots));
  }
  return found;
}

const LONG_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** An id as a person can say it: of a UUID the end, since UUIDs of one hour all begin alike. */
export const shortId = (id) => (LONG_ID.test(id) ? `…${id.slice(-6)}` : id);

/** A text with its slots filled in. */
export const filled = (text, slots) => parts(text, slots).map((part) => part.text).join("");

function shown(value) {
  return value === null || value === undefined || value === "" ? null : String(value);
}

const slotsIn = (text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, slot]) => slot);
