// The server's time, and one tick a second for everything that counts.
//
// A wall screen's own clock may be minutes off, so the time is taken from the
// stream. A message can only arrive late, never early: of the last few, the one
// that puts the server furthest ahead was the quickest and is the nearest.

const KEPT = 20;
const heard = [];
const listeners = new Set();
let offset = 0;

/** Milliseconds since the epoch as the server counts them. */
export const now = () => Date.now() + offset;

/** Take in what time a message says the server has. */
export function hearTime(serverMs) {
  heard.push(serverMs - Date.now());
  if (heard.length > KEPT) heard.shift();
  offset = Math.max(...heard);
}

/** Forget the server's clock: another server may answer from now on. */
export function forgetTime() {
  heard.length = 0;
}

/** Call a function at each full second while the page can be seen. */
export function eachSecond(listener) {
  listeners.add(listener);
}

function tick() {
  if (!document.hidden) for (const listener of listeners) listener(now());
  setTimeout(tick, 1000 - (now() % 1000));
}

/** Begin to tick. */
export function startTicking() {
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) for (const listener of listeners) listener(now());
  });
  tick();
}

/**
 * A span as a clock shows it, `3:04:05`; from three days on in days and hours.
 * @param {number} ms 0 or more
 * @param {{days: string, hours: string}} units short names
 */
export function spelled(ms, units) {
  const seconds = Math.floor(ms / 1000);
  const hours = Math.floor(seconds / 3600);
  if (hours >= 72) return `${Math.floor(hours / 24)} ${units.days} ${hours % 24} ${units.hours}`;
  const two = (number) => String(number).padStart(2, "0");
  return `${hours}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}
