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
  const [first, ...others] = taken(text, slots);
  if (first === undefined) return [];
  // What a bracket left out may have been the beginning of the sentence.
  return first.slot === null ? [{ slot: null, text: capitalised(first.text) }, ...others] : [first, ...others];
}

function taken(text, slots) {
  const found = [];
  for (const [, bracketed, slot, words] of text.matchAll(PIECES)) {
    if (words !== undefined) found.push({ slot: null, text: words });
    else if (slot !== undefined) found.push({ slot, text: shown(slots[slot]) ?? "–" });
    else if (slotsIn(bracketed).every((name) => shown(slots[name]) !== null)) found.push(...taken(bracketed, slots));
  }
  return found;
}

/** A text with its slots filled in. */
export const filled = (text, slots) => parts(text, slots).map((part) => part.text).join("");

function shown(value) {
  return value === null || value === undefined || value === "" ? null : String(value);
}

const slotsIn = (text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, slot]) => slot);

const capitalised = (text) => text[0].toUpperCase() + text.slice(1);
