// Who moved on a board between two looks at it. Pure.

/**
 * How far each row rose.
 * @param {{id: string, rank: number}[]} before the rows known before
 * @param {{id: string, rank: number}[]} after the rows now
 * @param {boolean} whole whether `before` was the whole board, so that whoever is missing there is new to it
 * @returns {Map<string, number>} by id: places gained (negative: lost), Infinity for who was not on the board
 */
export function movements(before, after, whole) {
  const ranks = new Map(before.map((row) => [row.id, row.rank]));
  const moved = new Map();
  for (const { id, rank } of after) {
    const was = ranks.get(id);
    // Whoever was below the rows known before rose past the last of them at least.
    const gained = was !== undefined ? was - rank : whole ? Infinity : before.length + 1 - rank;
    if (gained !== 0) moved.set(id, gained);
  }
  return moved;
}

/**
 * What a row's mark says after another movement: places gained since the mark was set.
 * @returns {number} 0 = no mark
 */
export function marked(gained, more) {
  if (gained === Infinity || more === Infinity) return more < 0 && gained !== Infinity ? 0 : Infinity;
  return Math.max(0, gained + more);
}
