// The switches over the boards: period, earlier and later, team.

import { byId, element, setAttribute, setText } from "./dom.js";
import { periodName, say } from "./language.js";
import { KINDS, localDay, periodOf } from "./periods.js";
import { inTreeOrder } from "./teams.js";
import { now } from "./time.js";
import { keyOn, turned } from "./view.js";

const { zone } = document.documentElement.dataset;
const INDENT = "\u2003";

/** The day it is now where the organisation is. */
export const today = () => localDay(now(), zone);

export class Controls {
  #teams = [];
  #scope = "company";
  #view = null;

  /** @param {(view: import("./view.js").View) => void} onView told the view the user wants */
  constructor(onView) {
    this.onView = onView;
    this.kinds = KINDS.map((kind) => this.#kind(kind));
    byId("earlier").addEventListener("click", () => this.#turn(-1));
    byId("later").addEventListener("click", () => this.#turn(1));
    byId("present").addEventListener("click", () => onView({ ...this.#view, key: null }));
    byId("team").addEventListener("change", () => onView({ ...this.#view, team: byId("team").value || null }));
  }

  #kind(kind) {
    const input = element("input", {
      type: "radio", name: "period", value: kind, class: "unseen",
      onchange: () => this.onView({ ...this.#view, kind, key: null }),
    });
    const words = element("span");
    byId("kinds").append(element("label", { class: "kind" }, input, words));
    return { kind, input, words };
  }

  #turn(direction) {
    const view = turned(this.#view, direction, today());
    if (view !== null) this.onView(view);
  }

  /** Show a view. */
  follow(view) {
    this.#view = view;
    for (const { kind, input } of this.kinds) input.checked = kind === view.kind;
    this.tick();
    this.#writeTeams();
  }

  /** The present period moves on at midnight. */
  tick() {
    if (this.#view === null) return;
    const day = today();
    const key = keyOn(this.#view, day);
    const name = periodName(key);
    const isToday = key === periodOf(day, "day");
    const words = isToday ? `${say("period.today")} · ${name}` : name;
    setText(byId("period-name"), words);
    setText(byId("wall-line"), `${this.teamName()} · ${words}`);
    byId("earlier").disabled = turned(this.#view, -1, day) === null;
    byId("later").disabled = turned(this.#view, 1, day) === null;
    setAttribute(byId("present"), "hidden", this.#view.key === null);
  }

  /** Take in the teams to choose from. */
  hearTeams(teams) {
    this.#teams = inTreeOrder(teams);
    this.#writeTeams();
  }

  /** Take in the scope the server gives when no team is asked for: the company, or the caller's own teams. */
  hearScope(scope) {
    if (this.#view?.team !== null || this.#scope === scope) return;
    this.#scope = scope;
    this.#writeTeams();
  }

  /** What the chosen scope is called. */
  teamName() {
    const chosen = this.#teams.find((team) => team.team_id === this.#view?.team);
    return chosen?.name ?? this.#view?.team ?? this.#everything();
  }

  /** Write the words again, in another language. */
  relabel() {
    for (const { kind, words } of this.kinds) setText(words, say(`period.${kind}`));
    this.#writeTeams();
    this.tick();
  }

  #everything() {
    return say(this.#scope === "company" ? "team.company" : "team.mine");
  }

  #writeTeams() {
    if (this.#view === null) return;
    const wanted = [["", this.#everything()],
      ...this.#teams.map(({ team_id: id, name, depth }) => [id, INDENT.repeat(depth + 1) + name])];
    const { team } = this.#view;
    if (team !== null && !wanted.some(([id]) => id === team)) wanted.push([team, team]);
    const select = byId("team");
    const text = JSON.stringify(wanted);
    if (select.dataset.options !== text) {
      select.dataset.options = text;
      select.replaceChildren(...wanted.map(([value, name]) => element("option", { value, text: name })));
    }
    select.value = team ?? "";
    setAttribute(byId("team-label"), "hidden", wanted.length < 2);
  }
}
