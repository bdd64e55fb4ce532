// Complaints that wait for their first reply: summary figures, and a clock each that counts every second.

import { standing } from "./deadline.js";
import { arrange, byId, element, icon, setAttribute, setShare, setText } from "./dom.js";
import { codeName, moment, number, say } from "./language.js";
import { shortId } from "./phrase.js";
import { now, spelled } from "./time.js";

const FIGURES = ["open", "warned", "breached", "replied_late"];
const WORDS = { replied_late: "late" };

export class ComplaintsPanel {
  #rows = new Map();
  #told = null;

  constructor() {
    this.list = byId("clocks");
    this.figures = new Map([...FIGURES, "median"].map((name) => [name, figureIn(byId("sla-figures"), name)]));
  }

  /** Take in what the stream tells: `{summary, clocks}`. */
  hear(told) {
    this.#told = told;
    const { summary, clocks } = told;
    for (const name of FIGURES) setText(this.figures.get(name).value, number(summary[name]));
    const median = summary.median_hours_to_reply;
    setText(this.figures.get("median").value, median === null ? say("sla.none") : inHours(median));
    for (const clock of clocks) this.#write(clock);
    const wanted = clocks.map((clock) => this.#rows.get(clock.complaint_id));
    arrange(this.list, wanted.map((row) => row.root));
    for (const [id, row] of this.#rows) if (!wanted.includes(row)) this.#rows.delete(id);
    this.#writeRest(summary, clocks.length);
    this.tick();
  }

  /** Let every clock show the present second. */
  tick() {
    const time = now();
    const units = { days: say("unit.days"), hours: say("unit.hours") };
    for (const row of this.#rows.values()) {
      const { level, ms, share } = standing(row.clock, time);
      setText(row.time, spelled(ms, units));
      setShare(row.bar, share);
      if (row.level === level) continue;
      row.level = level;
      setAttribute(row.root, "data-level", level);
      row.mark.replaceChildren(icon(level));
      this.#say(row);
    }
  }

  /** Write the words again, in another language. */
  relabel() {
    for (const [name, figure] of this.figures) setText(figure.name, say(`sla.${WORDS[name] ?? name}`));
    for (const row of this.#rows.values()) row.level = null;
    if (this.#told) this.hear(this.#told);
  }

  #write(clock) {
    const row = this.#rows.get(clock.complaint_id) ?? this.#made(clock.complaint_id);
    row.clock = { openedAt: Date.parse(clock.opened_at), dueAt: Date.parse(clock.due_at), level: clock.level };
    setText(row.id, shortId(clock.complaint_id));
    setText(row.severity, clock.severity ? codeName(clock.severity) : "");
    const customer = clock.customer_id ? say("sla.customer", { id: shortId(clock.customer_id) }) : null;
    setText(row.about, [customer, clock.owner_name ?? say("sla.nobody")].filter(Boolean).join(" · "));
    const due = say("sla.due", { time: moment(row.clock.dueAt) });
    setAttribute(row.root, "title", `${clock.complaint_id} · ${due}`);
  }

  #made(id) {
    const row = { level: null, clock: null, mark: element("span", { class: "clock-mark" }) };
    row.id = element("span", { class: "clock-id" });
    row.severity = element("span", { class: "tag" });
    row.about = element("span", { class: "clock-about" });
    row.time = element("span", { class: "clock-time", role: "timer" });
    row.word = element("span", { class: "clock-word" });
    row.bar = element("span", { class: "bar" });
    row.root = element("li", { class: "clock" }, row.mark,
      element("span", { class: "clock-what" }, element("span", { class: "line" }, row.id, row.severity), row.about),
      element("span", { class: "clock-when" }, row.time, row.word), element("span", { class: "track" }, row.bar));
    this.#rows.set(id, row);
    return row;
  }

  #say(row) {
    setText(row.word, say(row.level === "breach" ? "sla.overdue" : "sla.left"));
    setAttribute(row.mark, "title", say(`sla.level.${row.level}`));
  }

  #writeRest(summary, shown) {
    setAttribute(byId("clocks-empty"), "hidden", shown > 0);
    setAttribute(this.list, "hidden", shown === 0);
    setText(byId("clocks-empty-title"), say("sla.empty"));
    setText(byId("clocks-empty-do"), say(summary.replied > 0 ? "sla.empty.do" : "sla.never.do"));
    const more = summary.open - shown;
    setText(byId("clocks-more"), more > 0 ? say("sla.more", { count: more }) : "");
  }
}

const inHours = (hours) =>
  (hours < 1 ? say("sla.minutes", { minutes: number(hours * 60) }) : say("sla.hours", { hours: number(hours, 1) }));

function figureIn(list, key) {
  const figure = { name: element("dt"), value: element("dd") };
  list.append(element("div", { "data-figure": key }, figure.name, figure.value));
  return figure;
}
