// What happened, in words a person would use: an event as a sentence.

import { codeName, eventText, money, number } from "./language.js";
import { filled, parts, shortId } from "./phrase.js";

const CURRENCY_DIGITS = new Map();

/**
 * An event as a sentence, taken apart so that names can be set off.
 * @param {{type: string, member_id: string | null, member_name: string | null, data: Record<string, any>}} event
 * @returns {{slot: string | null, text: string}[]}
 */
export function sentence(event) {
  const { data } = event;
  const ids = Object.entries(data).filter(([name, value]) => name.endsWith("_id") && value);
  const slots = {
    ...data,
    ...Object.fromEntries(ids.map(([name, id]) => [name, shortId(id)])),
    who: event.member_name ?? event.member_id,
    whom: counterpart(data),
    amount: data.currency ? money(majorUnits(data.amount, data.currency), data.currency) : null,
    stage: data.stage && codeName(data.stage),
    to_stage: data.to_stage && codeName(data.to_stage),
    channel: named(data.channel),
    summary_code: named(data.summary_code),
    score: data.score === undefined ? null : number(data.score),
    type: event.type.replaceAll("-", " "),
  };
  return begun(parts(eventText(keyOf(event)) ?? eventText("unknown"), slots));
}

/** A part left out may have been the beginning, and a name of ours such as "customer" may be it now. */
function begun([first, ...others]) {
  const ours = first.slot === null || first.slot === "whom" || first.slot === "type";
  return ours ? [{ ...first, text: first.text[0].toUpperCase() + first.text.slice(1) }, ...others] : [first, ...others];
}

function keyOf({ type, data }) {
  if (type !== "follow-up-logged") return type;
  return data.reached ? `${type}.${data.kind}` : `${type}.missed`;
}

function counterpart(data) {
  for (const kind of ["customer", "lead", "deal"]) {
    const id = data[`${kind}_id`];
    if (id) return filled(eventText(kind), { id: shortId(id) });
  }
  return null;
}

const named = (word) => (word ? (eventText(`code.${word}`) ?? word.replaceAll("-", " ")) : null);

/** Events carry money in minor units; how many make one is the currency's own (ISO 4217). */
function majorUnits(amount, currency) {
  if (!CURRENCY_DIGITS.has(currency)) {
    const { maximumFractionDigits } = new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions();
    CURRENCY_DIGITS.set(currency, maximumFractionDigits);
  }
  return amount / 10 ** CURRENCY_DIGITS.get(currency);
}

/** The drawing that stands for an event. */
export function iconOf({ type }) {
  const [noun] = type.split("-");
  if (type.startsWith("follow-up")) return "call";
  if (noun === "visit" || noun === "lead" || noun === "customer" || noun === "complaint") return noun;
  if (noun === "deal" || noun === "stage" || noun === "quote" || noun === "contract" || noun === "payment") return "deal";
  return noun === "contact" ? "customer" : noun === "satisfaction" ? "complaint" : "other";
}
