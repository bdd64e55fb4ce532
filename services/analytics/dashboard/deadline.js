// How a complaint's clock stands at a moment. Pure.
//
// The server decides who is warned and when; between two messages the page knows
// the same moments from the clock itself, so that a colour never comes late.

const WARNING_SHARE = 0.8;

/**
 * @param {{openedAt: number, dueAt: number, level: string | null}} clock times in milliseconds
 * @param {number} now
 * @returns {{level: "calm" | "warning" | "breach", ms: number, share: number}} `ms` left, or overdue at a
 *   breach; `share` of the time used up, 0 to 1
 */
export function standing({ openedAt, dueAt, level }, now) {
  const share = Math.min(1, Math.max(0, (now - openedAt) / Math.max(1, dueAt - openedAt)));
  if (now >= dueAt || level?.startsWith("breach")) return { level: "breach", ms: Math.max(0, now - dueAt), share: 1 };
  const warned = share >= WARNING_SHARE || level?.startsWith("warn");
  return { level: warned ? "warning" : "calm", ms: dueAt - now, share };
}
