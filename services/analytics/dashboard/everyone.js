// A whole board on the sheet: everybody on it, with a search by name.

import { read } from "./api.js";
import { figure } from "./board.js";
import { element } from "./dom.js";
import { number, periodName, say } from "./language.js";
import { openSheet, portions, sheetTrouble } from "./sheet.js";

const MOST = 10_000;

/**
 * Open the sheet with everybody on a board.
 * @param {{metric: string, period: string, team: string | null, teamName: string, onWhy: (metric: string, row: any) => void}} asked
 */
export async function showEveryone(asked) {
  const { metric, period, team, teamName } = asked;
  const sheet = openSheet();
  sheet.title(say(`metric.${metric}`), [periodName(period), teamName].join(" · "));
  try {
    const board = await read(`boards/${metric}`, { period, team, top: MOST });
    sheet.fill(...body(board, asked));
  } catch (refusal) {
    sheet.fill(sheetTrouble(refusal));
  }
}

function body(board, asked) {
  const place = element("div");
  const filter = element("input", {
    type: "search", class: "field", placeholder: say("board.filter"), "aria-label": say("board.filter"),
    oninput: () => write(filter.value.trim().toLocaleLowerCase()),
  });
  const cents = board.currency !== null && board.rows.some((row) => !Number.isInteger(row.value));
  function write(wanted) {
    const found = board.rows.filter((row) => `${row.name} ${row.id}`.toLocaleLowerCase().includes(wanted));
    const none = element("p", { class: "sheet-wait", text: say("board.none") });
    place.replaceChildren(...(found.length ? portions(found, (row) => line(row, board, cents, asked)) : [none]));
  }
  write("");
  return [filter, place];
}

function line(row, board, cents, { metric, onWhy }) {
  const value = figure(row.value, board.currency, { cents });
  return element("li", { class: "line-member" },
    element("span", { class: "line-rank", text: number(row.rank) }),
    element("span", { class: "line-name", text: row.name, title: row.name }),
    element("span", { class: "line-value", text: value }),
    element("button", {
      class: "why", type: "button", text: say("board.why"),
      "aria-label": say("board.why.label", { value, name: row.name }), onclick: () => onWhy(metric, row),
    }));
}
