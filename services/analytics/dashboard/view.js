// What the page shows, as its address says it, so that a view can be kept and passed on:
// `?period=2026-W47&team=north&pipeline=crm&boards=visits,deals-won&wall=1&lang=zh`. Pure.

import { KINDS, daysOf, isAfter, kindOf, periodOf, stepped } from "./periods.js";

export const METRICS = [
  "visits", "follow-ups", "new-leads", "new-customers", "deals-won", "won-amount", "complaints-in-time",
];
const USUAL_BOARDS = ["visits", "deals-won", "won-amount"];

/**
 * @typedef {object} View
 * @property {string} kind one of KINDS
 * @property {string | null} key the period; null = the present one of the kind, which moves on with time
 * @property {string | null} team null = all the caller may see
 * @property {string | null} pipeline null = the first one
 * @property {string[]} boards metrics, the most lately chosen last
 * @property {boolean} wall
 */

/** The view of an address; what it does not say, or says wrongly, is as usual. @returns {View} */
export function viewOf(search) {
  const asked = new URLSearchParams(search);
  const period = asked.get("period") ?? "day";
  const present = KINDS.includes(period);
  const past = !present && daysOf(period) !== null;
  const boards = (asked.get("boards") ?? "").split(",").filter((name) => METRICS.includes(name));
  return {
    kind: present ? period : past ? kindOf(period) : "day",
    key: past ? period : null,
    team: asked.get("team") || null,
    pipeline: asked.get("pipeline") || null,
    boards: filledUp([...new Set(boards)]),
    wall: asked.has("wall") && asked.get("wall") !== "0",
  };
}

/** The address of a view; `others` are kept as they are. */
export function addressOf(view, search = "") {
  const said = new URLSearchParams(search);
  const put = (name, value) => (value === null ? said.delete(name) : said.set(name, value));
  put("period", view.key ?? (view.kind === "day" ? null : view.kind));
  put("team", view.team);
  put("pipeline", view.pipeline);
  put("boards", String(view.boards) === String(filledUp([])) ? null : view.boards.join(","));
  const text = said.toString().replaceAll("%2C", ",");
  return text ? `?${text}` : "./";
}

/** What the live stream is asked for. */
export const queryOf = ({ kind, key, team, pipeline }) => ({ period: key ?? kind, team, pipeline });

/** The period shown, as a key, on a day. */
export const keyOn = (view, today) => view.key ?? periodOf(today, view.kind);

/** The view one period earlier (-1) or later (+1); null where there is none or all of it lies ahead. */
export function turned(view, direction, today) {
  const key = stepped(keyOn(view, today), direction);
  if (key === null || isAfter(key, today)) return null;
  return { ...view, key: key === periodOf(today, view.kind) ? null : key };
}

/** The view with a board more, in place of the one chosen longest ago when only `places` fit. */
export function withBoard(view, metric, places) {
  const shown = shownBoards(view, places);
  if (shown.includes(metric)) return view;
  return { ...view, boards: [...view.boards.filter((name) => name !== metric), metric] };
}

/** The boards that fit, in their usual order. */
export function shownBoards(view, places) {
  const chosen = view.boards.slice(-places);
  return METRICS.filter((metric) => chosen.includes(metric));
}

// The usual boards stand before those chosen, so that a wide screen is never half empty.
function filledUp(boards) {
  const missing = USUAL_BOARDS.filter((metric) => !boards.includes(metric)).reverse();
  return [...missing, ...boards];
}
