// A sheet at the side of the page (at the bottom of a phone) for what is asked about a figure.

import { byId, element, setText } from "./dom.js";
import { say } from "./language.js";

const sheet = () => byId("sheet");
let use = null;

/** Make the sheet close by its button, by Escape and by a press beside it. */
export function beginSheet() {
  byId("sheet-close").addEventListener("click", () => sheet().close());
  sheet().addEventListener("click", (press) => press.target === sheet() && sheet().close());
  sheet().addEventListener("close", () => (use = null));
}

/**
 * Open the sheet, or use the open one for something else.
 * @returns {{isOpen: () => boolean, title: (text: string, about: string) => void, fill: (...nodes: Node[]) => void}}
 */
export function openSheet() {
  const mine = {};
  use = mine;
  const handle = {
    isOpen: () => use === mine,
    title: (text, about) => handle.isOpen() && (setText(byId("sheet-title"), text), setText(byId("sheet-about"), about)),
    fill: (...nodes) => handle.isOpen() && byId("sheet-body").replaceChildren(...nodes),
  };
  handle.fill(element("p", { class: "sheet-wait", text: say("sheet.loading") }));
  if (!sheet().open) sheet().showModal();
  byId("sheet-body").scrollTop = 0;
  return handle;
}

/** Put away what is open. */
export const closeSheet = () => sheet().open && sheet().close();

/** What a sheet says when its figures cannot be had. */
export const sheetTrouble = (refusal) =>
  element("p", { class: "sheet-wait", role: "alert", text: say("sheet.trouble", { detail: refusal.detail ?? String(refusal) }) });

/**
 * A long list in portions, the next one on demand.
 * @param {any[]} items @param {(item: any) => Node} line
 */
export function portions(items, line, kind = "ol", size = 200) {
  const list = element(kind, { class: "lines" });
  const more = element("button", { class: "quiet", type: "button", onclick: () => add() });
  let shown = 0;
  function add() {
    list.append(...items.slice(shown, shown + size).map(line));
    shown = Math.min(items.length, shown + size);
    more.hidden = shown === items.length;
    setText(more, say("board.more", { count: Math.min(size, items.length - shown) }));
  }
  add();
  return [list, more];
}
