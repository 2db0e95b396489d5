// Dates and numbers as the person's region writes them: the parts that the browser knows (Intl), for the page's process.
const STYLES = {
  day: { day: "numeric", month: "short" },
  day_year: { day: "numeric", month: "short", year: "numeric" },
  date: { weekday: "short", day: "numeric", month: "short" },
  date_year: { weekday: "short", day: "numeric", month: "short", year: "numeric" },
  weekday: { weekday: "short" },
  time: { hour: "numeric", minute: "2-digit" },
  moment: { weekday: "short", day: "numeric", month: "short", hour: "numeric", minute: "2-digit" },
  moment_year: { weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "numeric", minute: "2-digit" },
};
const FIELDS = { weekday: "weekday", day: "day", month: "month", year: "year", hour: "hour", minute: "minute", dayPeriod: "period" };

// the person's own region of a language, where the browser names one: en-GB rather than en
export const tagOf = (language) => navigator.languages.find((one) => one === language || one.startsWith(`${language}-`)) ?? language;

const parts = (tag, style, date) => new Intl.DateTimeFormat(tag, { ...STYLES[style], numberingSystem: "latn" }).formatToParts(date);
const part = (tag, style, date, type) => parts(tag, style, date).find((one) => one.type === type)?.value ?? "";

export function localForms(language) {
  const tag = tagOf(language);
  const early = new Date(2001, 0, 1, 9, 5); // a Monday with small numbers: what is padded shows
  const months = Array.from({ length: 12 }, (_, n) => part(tag, "day", new Date(2001, n, 1), "month"));
  const weekdays = Array.from({ length: 7 }, (_, n) => part(tag, "date", new Date(2001, 0, 1 + n), "weekday"));
  const patterns = {};
  for (const style of Object.keys(STYLES)) {
    patterns[style] = parts(tag, style, early)
      .map((one) => (FIELDS[one.type] ? `{${FIELDS[one.type]}}` : one.value)).join("");
  }
  const padded = ["day", "hour", "minute"].filter((name) => part(tag, "moment", early, name).length === 2);
  const periods = patterns.time.includes("{period}")
    ? [part(tag, "time", early, "dayPeriod"), part(tag, "time", new Date(2001, 0, 1, 21, 5), "dayPeriod")]
    : [];
  const number = new Intl.NumberFormat(tag, { numberingSystem: "latn", useGrouping: true }).formatToParts(1234567.5);
  const mark = (type) => number.find((one) => one.type === type)?.value ?? "";
  return { months, weekdays, patterns, padded, periods, decimal: mark("decimal"), group: mark("group") };
}

export const number = (value, digits = 0) => value.toLocaleString(tagOf(document.documentElement.lang), { minimumFractionDigits: digits, maximumFractionDigits: digits });
export const clock = (date) => new Intl.DateTimeFormat(tagOf(document.documentElement.lang), { hour: "numeric", minute: "2-digit", second: "2-digit" }).format(date);
const said = (utc_s, style) => new Intl.DateTimeFormat(tagOf(document.documentElement.lang), STYLES[style]).format(new Date(utc_s * 1000));
export const time = (utc_s) => said(utc_s, "time");
export const dayAndTime = (utc_s) => said(utc_s, "moment");
