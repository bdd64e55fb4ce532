// One board: ranks, names and figures, each row kept as long as its member stays on it.

import { arrange, calm, element, icon, setAttribute, setShare, setText, setTextWithCode } from "./dom.js";
import { money, number, say } from "./language.js";
import { marked, movements } from "./movement.js";

const COLUMNS = ["rank", "name", "explain", "value"];
const MARK_MS = 6_000;
const GLIDE_MS = 350;
const RESTLESS_MS = 900;

/** A figure of a metric in words; money with cents everywhere when one figure of the board has some. */
export function figure(value, currency, { cents = false, short = false } = {}) {
  return currency === null ? number(value) : money(value, currency, { cents, short });
}

export class Board {
  #rows = new Map();
  #marks = new Map();
  #shown = null;
  #moved = 0;
  #timer = 0;

  /**
   * @param {string} metric
   * @param {{me: string | null, onWhy: Function, onAll: Function, onAllTime: Function}} use
   */
  constructor(metric, use) {
    Object.assign(this, { metric, use, limit: 10, short: false });
    this.title = element("h3", { class: "panel-title" });
    this.total = element("p", { class: "board-total" });
    this.people = element("p", { class: "board-people" });
    this.heads = COLUMNS.map((name) =>
      element("th", { scope: "col", class: `board-${name}` }));
    this.body = element("tbody");
    this.table = element("table", { class: "board" },
      element("thead", { class: "unseen" }, element("tr", {}, ...this.heads)), this.body);
    this.all = element("button", { class: "quiet", type: "button", onclick: () => use.onAll(metric) });
    this.empty = element("p", { class: "empty-title" });
    this.emptyDo = element("p", { class: "empty-do" });
    this.allTime = element("button", { class: "plain", type: "button", onclick: () => use.onAllTime() });
    this.nothing = element("div", { class: "empty" }, this.empty, this.emptyDo, this.allTime);
    this.root = element("section", { class: "panel board-panel" },
      element("header", { class: "panel-head" }, this.title, this.total, this.people),
      this.nothing, this.table, element("footer", { class: "panel-foot" }, this.all));
    this.relabel();
  }

  /** Write the words again, in another language. */
  relabel() {
    const name = say(`metric.${this.metric}`);
    setText(this.title, name);
    setAttribute(this.table, "aria-label", name);
    for (const [place, key] of COLUMNS.entries()) {
      setText(this.heads[place], say(`board.${key}`));
    }
    setText(this.allTime, say("board.show.all"));
    if (this.#shown) this.#write(this.#shown);
  }

  /** Show a board as the API gives it. */
  show(board) {
    const before = this.#shown;
    this.#shown = board;
    const same = before !== null && before.period === board.period && before.scope === board.scope;
    if (same) this.#mark(movements(before.rows, board.rows, before.members <= before.rows.length));
    else this.#marks.clear();
    this.#write(board);
  }

  /** How many rows fit, and whether money is written short. */
  fit(limit, short) {
    if (limit === this.limit && short === this.short) return;
    Object.assign(this, { limit, short });
    if (this.#shown) this.#write(this.#shown);
  }

  #write(board) {
    const { rows, currency } = board;
    const short = this.short;
    const cents = currency !== null && rows.some((row) => !Number.isInteger(row.value));
    setText(this.total, figure(board.total, currency, { cents: cents || !Number.isInteger(board.total), short }));
    setText(this.people, board.members ? say("board.members", { count: board.members }) : "");
    this.#writeEmpty(board);
    const visible = rows.filter((row, place) => place < this.limit || row.id === this.use.me);
    const most = Math.max(1, rows[0]?.value ?? 1);
    for (const row of visible) this.#writeRow(row, most, figure(row.value, currency, { cents, short }));
    this.#order(visible.map((row) => this.#rows.get(row.id)));
    setAttribute(this.all, "hidden", board.members <= visible.length);
    setText(this.all, say("board.all", { count: number(board.members) }));
  }

  #writeEmpty(board) {
    const ever = board.period === "all";
    setAttribute(this.nothing, "hidden", board.rows.length > 0);
    setAttribute(this.table, "hidden", board.rows.length === 0);
    setAttribute(this.allTime, "hidden", ever);
    setText(this.empty, say(ever ? "board.empty.all" : "board.empty"));
    setTextWithCode(this.emptyDo, say(ever ? "board.empty.all.do" : "board.empty.do"));
  }

  #writeRow({ id, rank, name, value }, most, text) {
    const row = this.#rows.get(id) ?? this.#made(id);
    setText(row.rank, number(rank));
    setText(row.name, name);
    setAttribute(row.name, "title", name);
    setText(row.value, text);
    setShare(row.bar, value / most);
    setText(row.why, say("board.why"));
    setAttribute(row.why, "aria-label", say("board.why.label", { value: text, name }));
    const rose = this.#marks.get(id)?.rose ?? 0;
    setAttribute(row.root, "class", rose ? "risen" : null);
    setText(row.move, rose === 0 ? "" : rose === Infinity ? say("board.entered") : `▲ ${number(rose)}`);
    setAttribute(row.move, "role", rose ? "img" : null);
    setAttribute(row.move, "aria-label", rose > 0 && rose < Infinity ? say("board.rose", { count: rose }) : null);
    if (row.you) setText(row.you, say("board.you"));
  }

  #made(id) {
    const row = { value: element("td", { class: "board-value" }) };
    row.rank = element("span");
    row.move = element("span", { class: "move" });
    row.name = element("span", { class: "who" });
    row.you = id === this.use.me ? element("span", { class: "you" }) : null;
    row.bar = element("span", { class: "bar" });
    row.why = element("button", { class: "why", type: "button", onclick: () => this.use.onWhy(this.metric, id) });
    row.root = element("tr", { "data-member": id, "data-mine": row.you !== null },
      element("td", { class: "board-rank" }, row.rank),
      element("td", { class: "board-name" },
        element("span", { class: "line" }, row.name, row.you, row.move), element("span", { class: "track" }, row.bar)),
      element("td", { class: "board-explain" }, row.why), row.value);
    this.#rows.set(id, row);
    return row;
  }

  #order(rows) {
    const wanted = rows.map((row) => row.root);
    const standing = [...this.body.children];
    const changed = wanted.some((root, place) => root !== standing[place]);
    if (changed) {
      const glide = performance.now() - this.#moved > RESTLESS_MS && standing.length > 0 && !calm();
      this.#moved = performance.now();
      arrange(this.body, wanted);
      if (glide) glideFrom(standing, wanted);
    } else if (standing.length > wanted.length) arrange(this.body, wanted);
    const keep = new Set(rows);
    for (const [id, row] of this.#rows) if (!keep.has(row)) this.#rows.delete(id);
  }

  #mark(moved) {
    const until = performance.now() + MARK_MS;
    for (const [id, more] of moved) {
      const before = this.#marks.get(id);
      const rose = marked(before?.rose ?? 0, more);
      if (rose === 0) this.#marks.delete(id);
      else this.#marks.set(id, { rose, until: more > 0 ? until : before.until });
    }
    if (this.#marks.size && !this.#timer) this.#timer = setTimeout(() => this.#unmark(), MARK_MS);
  }

  #unmark() {
    this.#timer = 0;
    const time = performance.now();
    for (const [id, mark] of this.#marks) if (mark.until <= time) this.#marks.delete(id);
    if (this.#shown) this.#write(this.#shown);
    const soonest = Math.min(...[...this.#marks.values()].map((mark) => mark.until));
    if (soonest < Infinity) this.#timer = setTimeout(() => this.#unmark(), soonest - time);
  }

  /** The row of a member as it stands now, for a sheet that explains it. */
  rowOf(id) {
    return this.#shown?.rows.find((row) => row.id === id) ?? null;
  }
}

/** Let rows slide from where they stood, so that the eye can follow who passed whom. */
function glideFrom(standing, wanted) {
  const height = wanted[0]?.offsetHeight ?? 0;
  const places = new Map(standing.map((root, place) => [root, place]));
  for (const [place, root] of wanted.entries()) {
    const before = places.get(root);
    if (before === undefined || before === place) continue;
    root.animate([{ transform: `translateY(${(before - place) * height}px)` }, { transform: "none" }],
      { duration: GLIDE_MS, easing: "ease-out" });
  }
}
