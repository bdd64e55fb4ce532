// How fresh the figures are: always in sight at the top, and when the stream is
// lost a bar across the page that nobody can take for a live one.

import { byId, setAttribute, setText } from "./dom.js";
import { clockTime, momentInZone, number, say } from "./language.js";
import { eachSecond, hearTime, now } from "./time.js";

const BEHIND_SECONDS = 5;
const OPENING_MS = 1_500;

let state = { name: "opening", since: Date.now() };
let lag = null;

/** Begin to show it; `retry` is called when the user does not want to wait. */
export function beginFreshness(retry) {
  byId("lost-now").addEventListener("click", retry);
  eachSecond(showFreshness);
  showFreshness();
}

/** Take in what the stream says about itself. */
export function hearState(told) {
  // A stream that is opened again is not live before it has said something.
  if (told.name === "opening" && state.name === "lost") state = { ...state, retryAt: null };
  else if (told.name !== state.name || told.name === "lost") state = { ...told, since: Date.now() };
  else return;
  showFreshness();
}

/** Take in how far the figures are: `{as_of, lag_seconds, events_behind}`. */
export function hearLag(told) {
  lag = { ...told, asOf: Date.parse(told.as_of) };
  hearTime(lag.asOf + told.lag_seconds * 1000);
  showFreshness();
}

/** When the figures shown are of, milliseconds; null while there are none. */
export const asOf = () => lag?.asOf ?? null;

/** Write it down again. */
export function showFreshness() {
  const name = shownName();
  setAttribute(document.documentElement, "data-live", name);
  setText(byId("live-name"), say(`live.${name}`));
  setText(byId("live-lag"), lag === null || name === "lost" || name === "opening" ? "" : lagWords(name));
  setText(byId("live-asof"), lag === null ? "" : say("live.asof", { time: clockTime(lag.asOf) }));
  setAttribute(byId("live"), "title", lag === null ? null : momentInZone(lag.asOf));
  setText(byId("clock"), clockTime(now()));
  document.title = say(name === "lost" ? "title.lost" : "title");
  setAttribute(byId("lost"), "hidden", name !== "lost");
  if (name === "lost") showLost();
}

function shownName() {
  // Changing the view opens another stream: that is no loss unless it takes long.
  if (state.name === "opening") return lag === null || Date.now() - state.since > OPENING_MS ? "opening" : "live";
  if (state.name === "lost") return "lost";
  return lag !== null && lag.lag_seconds > BEHIND_SECONDS ? "behind" : "live";
}

function lagWords(name) {
  const seconds = number(lag.lag_seconds, lag.lag_seconds < 10 ? 1 : 0);
  if (name === "live") return say("live.lag", { seconds });
  return `${say("live.by", { seconds })} · ${say("live.waiting", { count: lag.events_behind })}`;
}

function showLost() {
  setText(byId("lost-asof"), lag === null ? say("live.lost.never") : say("live.lost.asof", { time: momentInZone(lag.asOf) }));
  const seconds = state.retryAt ? Math.ceil((state.retryAt - Date.now()) / 1000) : 0;
  setText(byId("lost-next"), seconds > 0 ? say("live.retry", { seconds: number(seconds) }) : say("live.retrying"));
}
