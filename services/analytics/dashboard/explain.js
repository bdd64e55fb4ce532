// Why a figure is what it is: every event behind it, and those left out with the reason.

import { address, read } from "./api.js";
import { figure } from "./board.js";
import { element, setText } from "./dom.js";
import { moment, momentInZone, number, periodName, say } from "./language.js";
import { openSheet, portions, sheetTrouble } from "./sheet.js";

let look = () => {};

/** Say on the open sheet when the board shows another figure by now. */
export const boardsMoved = () => look();

/**
 * Open the sheet that explains a figure.
 * @param {{metric: string, id: string, name: string, period: string, currency: string | null, team: string | null,
 *   shown: () => number | null}} asked `shown` is the figure on the board now; `team` whose board it is
 */
export async function explain(asked) {
  const { metric, id, name, period, currency } = asked;
  const sheet = openSheet();
  const about = [name, say(`metric.${metric}`), periodName(period)].join(" · ");
  sheet.title(say("explain.title.waiting"), about);
  try {
    const answer = await read(`explain/${metric}`, { member: id, period });
    const value = figure(answer.value, currency);
    sheet.title(say("explain.title", { value }), about);
    sheet.fill(...body(answer, asked));
  } catch (refusal) {
    sheet.fill(sheetTrouble(refusal));
  }
}

function body(answer, asked) {
  const { events, left_out: leftOut } = answer;
  const moved = element("p", { class: "sheet-difference" });
  look = () => writeDifference(moved, asked, answer.value);
  look();
  const counted = [...events].reverse();
  return [
    element("p", { class: "sheet-note" },
      element("span", { text: say("explain.asof", { time: momentInZone(Date.parse(answer.as_of)) }) }),
      element("button", { class: "quiet", type: "button", text: say("explain.again"), onclick: () => explain(asked) }),
      element("a", { class: "quiet", href: address(`explain/${asked.metric}`, { member: asked.id, period: asked.period }), target: "_blank", text: say("explain.raw") })),
    moved,
    element("h3", { class: "sheet-head", text: say("explain.events", { count: events.length }) }),
    ...(events.length ? portions(counted, (event) => line(event, asked.currency)) : [nothing("explain.none")]),
    element("h3", { class: "sheet-head", text: say("explain.left", { count: leftOut.length }) }),
    ...(leftOut.length ? portions(leftOut, leftOutLine) : [nothing("explain.left.none")]),
  ];
}

/** A board of a team counts what happened for the team; the explanation holds all of the member's events. */
function writeDifference(node, { shown, team, currency }, value) {
  const now = shown();
  node.hidden = now === null || now === value;
  if (!node.hidden) setText(node, say(team ? "explain.team" : "explain.moved", { value: figure(now, currency) }));
}

const nothing = (key) => element("p", { class: "sheet-wait", text: say(key) });

function line(event, currency) {
  const sign = event.value > 0 ? "+" : "";
  return element("li", { class: "line-event" },
    element("span", { class: "line-what", text: typeName(event.type) }),
    element("span", { class: "line-value", text: sign + figure(event.value, currency) }),
    element("time", { class: "line-when", datetime: event.time, text: moment(Date.parse(event.time), true) }),
    element("span", { class: "line-place", text: `${event.topic} ${event.partition} @ ${event.offset}`, title: say("explain.place", { ...event, offset: number(event.offset) }) }),
    element("code", { class: "line-id", text: event.id }));
}

function leftOutLine(event) {
  const known = say(`reason.${event.reason}`);
  return element("li", { class: "line-event" },
    element("span", { class: "line-what", text: known.startsWith("reason.") ? event.reason.replaceAll("-", " ") : known }),
    element("span", { class: "line-place", text: event.place }),
    element("code", { class: "line-id", text: event.id }));
}

function typeName(type) {
  const known = say(`type.${type}`);
  return known.startsWith("type.") ? type.replaceAll("-", " ") : known;
}
