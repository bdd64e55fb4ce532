// Periods as the API writes them: `all`, `2017`, `2017-Q4`, `2017-12`, `2017-W49`, `2017-12-05`.
// Days are [year, month 1-12, day]; weeks are ISO 8601. Pure: nothing here asks for the time.

export const KINDS = ["day", "week", "month", "quarter", "year", "all"];

const FORMS = [
  ["day", /^(\d{4})-(\d{2})-(\d{2})$/],
  ["week", /^(\d{4})-W(\d{2})$/],
  ["quarter", /^(\d{4})-Q([1-4])$/],
  ["month", /^(\d{4})-(\d{2})$/],
  ["year", /^(\d{4})$/],
];
const MS_A_DAY = 86_400_000;

const two = (number) => String(number).padStart(2, "0");
const four = (number) => String(number).padStart(4, "0");

function utc([year, month, day]) {
  const moment = new Date(Date.UTC(2000, month - 1, day));
  moment.setUTCFullYear(year, month - 1, day);
  return moment.getTime();
}

function dayOf(ms) {
  const moment = new Date(ms);
  return [moment.getUTCFullYear(), moment.getUTCMonth() + 1, moment.getUTCDate()];
}

/** Monday of a day's ISO week, as milliseconds of its UTC midnight. */
function monday(ms) {
  const weekday = (new Date(ms).getUTCDay() + 6) % 7;
  return ms - weekday * MS_A_DAY;
}

/**
 * The calendar day of an instant where the organisation is.
 * @param {number} ms @param {string} zone IANA name
 */
export function localDay(ms, zone) {
  const parts = new Intl.DateTimeFormat("en-CA-u-ca-iso8601", {
    timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit",
  }).formatToParts(ms);
  const read = (type) => Number(parts.find((part) => part.type === type).value);
  return [read("year"), read("month"), read("day")];
}

/** The key of the period of a kind that a day lies in. */
export function periodOf(day, kind) {
  const [year, month, date] = day;
  if (kind === "day") return `${four(year)}-${two(month)}-${two(date)}`;
  if (kind === "week") {
    const thursday = monday(utc(day)) + 3 * MS_A_DAY;
    const [weekYear] = dayOf(thursday);
    const week = 1 + Math.round((thursday - monday(utc([weekYear, 1, 4])) - 3 * MS_A_DAY) / (7 * MS_A_DAY));
    return `${four(weekYear)}-W${two(week)}`;
  }
  if (kind === "month") return `${four(year)}-${two(month)}`;
  if (kind === "quarter") return `${four(year)}-Q${Math.ceil(month / 3)}`;
  return kind === "year" ? four(year) : "all";
}

/** The kind of a period's key; null for a text that is none. */
export function kindOf(key) {
  if (key === "all") return "all";
  return FORMS.find(([, form]) => form.test(key))?.[0] ?? null;
}

/**
 * The first and last day of a period.
 * @returns {[number[], number[]] | null} null for all time and for a key that names no period.
 */
export function daysOf(key) {
  const kind = kindOf(key);
  if (kind === null || kind === "all") return null;
  const [year, second = 1, third = 1] = FORMS.find(([name]) => name === kind)[1].exec(key).slice(1).map(Number);
  if (year === 0) return null;
  const found = span(kind, year, second, third);
  // A day or week that the calendar does not have would come back under another name.
  return periodOf(found[0], kind) === key ? found : null;
}

function span(kind, year, second, third) {
  if (kind === "day") {
    const day = dayOf(utc([year, second, third]));
    return [day, day];
  }
  if (kind === "week") {
    const first = monday(utc([year, 1, 4])) + (second - 1) * 7 * MS_A_DAY;
    return [dayOf(first), dayOf(first + 6 * MS_A_DAY)];
  }
  const months = { month: 1, quarter: 3, year: 12 }[kind];
  const from = kind === "quarter" ? 3 * second - 2 : second;
  return [dayOf(utc([year, from, 1])), dayOf(utc([year, from + months, 1]) - MS_A_DAY)];
}

/** The key of the period before (-1) or after (+1); null where there is none. */
export function stepped(key, direction) {
  const days = daysOf(key);
  if (days === null) return null;
  const edge = direction < 0 ? utc(days[0]) - MS_A_DAY : utc(days[1]) + MS_A_DAY;
  const day = dayOf(edge);
  return day[0] < 1 || day[0] > 9999 ? null : periodOf(day, kindOf(key));
}

/** Whether a period lies wholly after a day, so that nothing can have happened in it. */
export function isAfter(key, day) {
  const days = daysOf(key);
  return days !== null && utc(days[0]) > utc(day);
}

/** Milliseconds of a day's UTC midnight, to be written with the zone UTC. */
export const asMoment = (day) => utc(day);
