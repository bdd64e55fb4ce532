// The chosen language: its words, and numbers, money and dates as its readers write them.
// Dates are those of the organisation's zone, wherever the reader is.

import { EVENTS_EN } from "./events-en.js";
import { EVENTS_ZH } from "./events-zh.js";
import { recall, remember } from "./memory.js";
import { asMoment, daysOf, kindOf } from "./periods.js";
import { filled } from "./phrase.js";
import { EN } from "./words-en.js";
import { ZH } from "./words-zh.js";

const LANGUAGES = {
  en: { words: EN, events: EVENTS_EN, locale: "en-GB", tag: "en" },
  zh: { words: ZH, events: EVENTS_ZH, locale: "zh-CN", tag: "zh-Hans" },
};
const SHORT_FROM = 1e6;
const { zone } = document.documentElement.dataset;

let language = "en";
let locale = "en-GB";
const made = new Map();
const listeners = new Set();

/** Choose the language of the address, else the one remembered, else the browser's. */
export function beginLanguage(asked) {
  const wanted = [asked, recall("language"), ...navigator.languages.map((name) => name.slice(0, 2))];
  use(wanted.find((name) => Object.hasOwn(LANGUAGES, name)) ?? "en");
}

/** Change to the other language and remember it. */
export function switchLanguage() {
  use(language === "en" ? "zh" : "en");
  remember("language", language);
  for (const listener of listeners) listener();
}

/** Call a function when the language was changed. */
export function onLanguage(listener) {
  listeners.add(listener);
}

function use(chosen) {
  language = chosen;
  locale = navigator.languages.find((name) => name.slice(0, 2) === language) ?? LANGUAGES[language].locale;
  made.clear();
  document.documentElement.lang = LANGUAGES[language].tag;
  sayEverywhere(document);
}

/** Write the words into every element under a node that names some. */
export function sayEverywhere(root) {
  for (const node of root.querySelectorAll("[data-say]")) node.textContent = say(node.dataset.say);
  for (const node of root.querySelectorAll("[data-say-label]")) {
    node.setAttribute("aria-label", say(node.dataset.sayLabel));
    if (node.matches("button")) node.title = say(node.dataset.sayLabel);
  }
}

/** The words of a key, with its slots filled in; `count` also chooses between one and other. */
export function say(key, slots = {}) {
  let text = LANGUAGES[language].words[key] ?? key;
  if (typeof text === "object") {
    const rule = using(Intl.PluralRules, {}).select(slots.count);
    text = text[rule] ?? text.other;
    return filled(text, { ...slots, count: number(slots.count) });
  }
  return filled(text, slots);
}

/** What an event says: the text with slots for its key, or undefined. */
export const eventText = (key) => LANGUAGES[language].events[key];

/** A code of the organisation, such as a stage: in words where we know some, else as it is. */
export const codeName = (code) => LANGUAGES[language].events[`code.${code}`] ?? code;

function using(Format, options) {
  const name = `${Format.name} ${JSON.stringify(options)}`;
  if (!made.has(name)) made.set(name, new Format(locale, options));
  return made.get(name);
}

/** A number in full. */
export const number = (value, digits = 0) =>
  using(Intl.NumberFormat, { maximumFractionDigits: digits, minimumFractionDigits: digits }).format(value);

/** A share from 0 to 1 in per cent. */
export const percent = (share) =>
  using(Intl.NumberFormat, { style: "percent", maximumFractionDigits: 1 }).format(share);

/**
 * Money in major units.
 * @param {number} amount @param {string} currency ISO 4217
 * @param {{cents?: boolean, short?: boolean}} how cents: always with them; short: millions as M or 万
 */
export function money(amount, currency, { cents = false, short = false } = {}) {
  const options = { style: "currency", currency, currencyDisplay: "narrowSymbol" };
  if (short && Math.abs(amount) >= SHORT_FROM) {
    return using(Intl.NumberFormat, { ...options, notation: "compact", maximumFractionDigits: 2 }).format(amount);
  }
  const whole = !cents && Number.isInteger(amount);
  return using(Intl.NumberFormat, whole ? { ...options, maximumFractionDigits: 0 } : options).format(amount);
}

/** The time of day with seconds. */
export const clockTime = (ms) => using(Intl.DateTimeFormat, { timeZone: zone, timeStyle: "medium" }).format(ms);

/** A day and time; seconds only where they tell events apart. */
export const moment = (ms, seconds = false) =>
  using(Intl.DateTimeFormat, { timeZone: zone, dateStyle: "medium", timeStyle: seconds ? "medium" : "short" }).format(ms);

/** A moment with the name of the zone it is told in. */
export const momentInZone = (ms) => say("live.zone", { time: moment(ms, true), zone });

const STEPS = [["day", 86_400_000], ["hour", 3_600_000], ["minute", 60_000], ["second", 1_000]];

/** How long ago something was, in words. */
export function ago(ms, now) {
  const past = Math.max(0, now - ms);
  if (past < 3_000) return say("latest.now");
  const [unit, length] = STEPS.find(([, size]) => past >= size);
  return using(Intl.RelativeTimeFormat, { style: "narrow" }).format(-Math.floor(past / length), unit);
}

/** A span in its largest unit, in words. */
export function span(ms) {
  const [unit, length] = STEPS.find(([, size]) => ms >= size) ?? STEPS[3];
  return using(Intl.NumberFormat, { style: "unit", unit, unitDisplay: "long" }).format(Math.round(ms / length));
}

/** A period's name: `Saturday, 21 November 2026`, `Week 47 · 16–22 Nov 2026`, `Q4 2026`. */
export function periodName(key) {
  const kind = kindOf(key);
  const days = daysOf(key);
  if (days === null) return say("period.all.long");
  const [first, last] = days.map(asMoment);
  const written = (options) => using(Intl.DateTimeFormat, { timeZone: "UTC", ...options });
  if (kind === "day") {
    return written({ weekday: "short", day: "numeric", month: "short", year: "numeric" }).format(first);
  }
  if (kind === "week") {
    const named = numbersIn(key);
    if (language === "en") named.days = written({ day: "numeric", month: "short", year: "numeric" }).formatRange(first, last);
    else named.days = [first, last].map(written({ day: "numeric", month: "long" }).format).join("–");
    return say("period.week.long", named);
  }
  if (kind === "quarter") return say("period.quarter.long", numbersIn(key));
  return written(kind === "month" ? { month: "long", year: "numeric" } : { year: "numeric" }).format(first);
}

function numbersIn(key) {
  const [year, rest] = key.split("-");
  return { year, week: Number(rest.slice(1)), quarter: rest.slice(1) };
}
