// Adds how far away a moment is, such as “in 3 days”, to each <time data-relative>, in the language of the page. The
// date beside it is absolute, so the page is complete without this script. Nothing is added to a date in the past.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
// From this number of days on, the distance is in months.
const MAX_DAYS = 45;

const now = new Date();
const words = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" });
const dayNumber = (date) => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / DAY;

const distance = (moment, isDay) => {
  const days = dayNumber(moment) - dayNumber(now);
  if (days >= MAX_DAYS) return [Math.round(days / 30.44), "month"];
  if (days || isDay) return [days, "day"];
  const left = moment - now;
  return left < HOUR ? [Math.ceil(left / MINUTE), "minute"] : [Math.floor(left / HOUR), "hour"];
};

for (const element of document.querySelectorAll("time[data-relative]")) {
  // A date without a time is a whole day, in the time zone of the visitor.
  const isDay = element.dateTime.length === "2026-03-16".length;
  const moment = new Date(isDay ? `${element.dateTime}T23:59:59` : element.dateTime);
  if (!(moment > now)) continue;
  const note = document.createElement("span");
  note.className = "note relative-time";
  note.textContent = `(${words.format(...distance(moment, isDay))})`;
  element.after(" ", note);
}
