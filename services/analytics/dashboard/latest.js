// The latest events as sentences. Under load hundreds come a second and no eye follows them:
// the list is written twice a second at most.

import { arrange, byId, element, icon, setAttribute, setText, setTextWithCode } from "./dom.js";
import { ago, momentInZone, say, span } from "./language.js";
import { iconOf, sentence } from "./sentences.js";
import { now } from "./time.js";

const PAUSE_MS = 500;
const LATE_MS = 10 * 60_000;
const FEW = 3;

export class LatestPanel {
  #rows = new Map();
  #told = null;
  #timer = 0;

  constructor() {
    this.list = byId("events");
  }

  /** Take in what the stream tells: events, newest first. */
  hear(told) {
    this.#told = told;
    if (this.#timer) return;
    this.#write();
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      if (this.#told !== this.#written) this.hear(this.#told);
    }, PAUSE_MS);
  }

  #written = null;

  #write() {
    const first = this.#written === null;
    const events = this.#told;
    this.#written = events;
    setAttribute(byId("events-empty"), "hidden", events.length > 0);
    const fresh = events.filter((event) => !this.#rows.has(keyOf(event)));
    for (const event of fresh) this.#rows.set(keyOf(event), rowOf(event));
    // A mark on a few newcomers helps the eye; on all of them it would only flicker.
    const marked = new Set(!first && fresh.length <= FEW ? fresh.map(keyOf) : []);
    for (const [key, row] of this.#rows) setAttribute(row.root, "class", marked.has(key) ? "event fresh" : "event");
    const keys = events.map(keyOf);
    arrange(this.list, keys.map((key) => this.#rows.get(key).root));
    const keep = new Set(keys);
    for (const key of this.#rows.keys()) if (!keep.has(key)) this.#rows.delete(key);
    this.tick();
  }

  /** Let every line say how long ago it was by now. */
  tick() {
    const time = now();
    for (const row of this.#rows.values()) setText(row.ago, ago(row.happened, time));
  }

  /** Write the words again, in another language. */
  relabel() {
    setText(byId("events-empty-title"), say("latest.empty"));
    setTextWithCode(byId("events-empty-do"), say("latest.empty.do"));
    this.#rows.clear();
    if (this.#told) this.#write();
  }
}

/** The same event may stand on the log twice when its publisher sent it twice. */
const keyOf = (event) => `${event.topic}-${event.partition}-${event.offset}`;

function rowOf(event) {
  const happened = Date.parse(event.time);
  const late = event.recorded ? Date.parse(event.recorded) - happened : 0;
  const words = sentence(event).map(({ slot, text }) =>
    (slot === null ? text : element("span", { class: slot === "who" ? "event-who" : "event-ref", text })));
  const row = { happened, ago: element("time", { class: "event-ago", datetime: event.time, title: momentInZone(happened) }) };
  const tag = late > LATE_MS ? element("span", { class: "tag", text: say("latest.late", { span: span(late) }) }) : null;
  row.root = element("li", { class: "event" }, icon(iconOf(event)), element("span", { class: "event-what" }, ...words, tag ? " " : "", tag ?? ""), row.ago);
  return row;
}
