// The totals of all metrics, which are also the switch, and as many boards side by side as fit.

import { Board, figure } from "./board.js";
import { arrange, byId, element, setAttribute, setText } from "./dom.js";
import { say } from "./language.js";
import { METRICS, shownBoards } from "./view.js";

const ROWS = 10;
const WALL_ROW_REM = 2.4;
const PLACES = [["(min-width: 100rem)", 3], ["(min-width: 45rem)", 2]];

export class Boards {
  #tiles = new Map();
  #boards = new Map();
  #told = null;
  #view = null;

  /** @param {{me: string | null, onChoose: Function, onWhy: Function, onAll: Function, onAllTime: Function}} use */
  constructor(use) {
    this.use = use;
    this.place = byId("boards");
    for (const metric of METRICS) {
      const tile = { name: element("span", { class: "tile-name" }), total: element("span", { class: "tile-total" }) };
      tile.root = element("button", { class: "tile", type: "button", onclick: () => use.onChoose(metric) },
        tile.name, tile.total);
      this.#tiles.set(metric, tile);
      byId("tiles").append(tile.root);
      this.#boards.set(metric, new Board(metric, use));
    }
    for (const [query] of PLACES) matchMedia(query).addEventListener("change", () => this.follow(this.#view));
    new ResizeObserver(() => this.#fit()).observe(this.place);
  }

  /** How many boards fit side by side. */
  places() {
    if (this.#view?.wall && matchMedia("(orientation: landscape)").matches) return 3;
    return PLACES.find(([query]) => matchMedia(query).matches)?.[1] ?? 1;
  }

  /** Show the boards of a view. */
  follow(view) {
    this.#view = view;
    const shown = shownBoards(view, this.places());
    for (const [metric, tile] of this.#tiles) setAttribute(tile.root, "aria-pressed", String(shown.includes(metric)));
    for (const metric of shown) if (this.#told) this.#boards.get(metric).show(this.#told[metric]);
    arrange(this.place, shown.map((metric) => this.#boards.get(metric).root));
    setAttribute(this.place, "data-places", shown.length);
    this.#fit();
  }

  /** Take in all boards as the stream tells them. */
  hear(told) {
    const first = this.#told === null;
    this.#told = told;
    for (const [metric, tile] of this.#tiles) {
      const board = told[metric];
      setText(tile.total, figure(board.total, board.currency, { short: true }));
      setAttribute(tile.root, "title", figure(board.total, board.currency));
    }
    for (const metric of shownBoards(this.#view, this.places())) this.#boards.get(metric).show(told[metric]);
    if (first) this.#fit();
  }

  /** Write the words again, in another language. */
  relabel() {
    for (const [metric, tile] of this.#tiles) setText(tile.name, say(`metric.${metric}`));
    for (const board of this.#boards.values()) board.relabel();
    if (this.#told) this.hear(this.#told);
  }

  /** A board as it was told last. */
  board(metric) {
    return this.#told?.[metric] ?? null;
  }

  /** On a wall nobody scrolls: as many whole rows as the height has room for. */
  #fit() {
    for (const board of this.#boards.values()) {
      if (!board.root.isConnected) continue;
      const wall = this.#view?.wall ?? false;
      if (wall) fillWall(board);
      else board.fit(ROWS, false);
    }
  }
}

function fillWall(board) {
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const room = board.root.getBoundingClientRect().bottom - board.table.getBoundingClientRect().top - rem / 2;
  const rows = Math.max(3, Math.floor(room / (WALL_ROW_REM * rem)));
  if (room > 0) board.root.style.setProperty("--row", `${Math.floor(room / rows)}px`);
  board.fit(rows, true);
}
