import { lasting } from "./dom.js";

// A date is "2026-11-27", a month "2026-11", an instant whatever Date reads. Zones are IANA names.

const visitor = navigator.language;

/** The pages speak English: a visitor who reads another language gets English words. */
export const language = visitor.startsWith("en") ? visitor : "en-GB";

/** Whether the visitor's own region writes 3 pm or 15:00. */
const clock = /** @type {Intl.DateTimeFormatOptions} */ (
  new Intl.DateTimeFormat(visitor, { hour: "numeric" }).resolvedOptions().hour12
    ? { hour: "numeric", hourCycle: "h12" }
    : { hour: "2-digit", hourCycle: "h23" }
);

/** @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map();

/** @param {Intl.DateTimeFormatOptions} options @param {string} [locale] */
function format(options, locale = language) {
  const key = locale + JSON.stringify(options);
  const known = formats.get(key) ?? new Intl.DateTimeFormat(locale, options);
  formats.set(key, known);
  return known;
}

export const ownZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

export const zones = () => [...Intl.supportedValuesOf("timeZone"), "UTC"];

/** The zone that the visitor reads times in: chosen before, or the device's. */
export function visitorZone() {
  const chosen = lasting.recall("zone");
  return zones().includes(chosen) ? chosen : ownZone();
}

/** Swedish writes dates as ISO does. @param {string | number | Date} instant @param {string} zone */
export const dateIn = (instant, zone) => format({ timeZone: zone }, "sv-SE").format(new Date(instant));

/** @param {string} date @param {number} days */
export function addDays(date, days) {
  const moved = noon(date);
  moved.setUTCDate(moved.getUTCDate() + days);
  return moved.toISOString().slice(0, 10);
}

/** The same day of another month, or that month's last. @param {string} date @param {number} months */
export function addMonths(date, months) {
  const [year, month, day] = date.split("-").map(Number);
  const last = new Date(Date.UTC(year, month + months, 0));
  last.setUTCDate(Math.min(day || 1, last.getUTCDate()));
  return last.toISOString().slice(0, date.length);
}

/** @param {string} month */
export const lastOf = (month) => addDays(`${addMonths(month, 1)}-01`, -1);

/** @param {string} date */
export const monthOf = (date) => date.slice(0, 7);

/** @param {string} date */
const noon = (date) => new Date(`${date}T12:00Z`);

/** Days since the start of the visitor's week. @param {string} date */
export const weekday = (date) => (noon(date).getUTCDay() - firstDay + 7) % 7;

const firstDay = (() => {
  const locale = /** @type {any} */ (new Intl.Locale(visitor));
  return (locale.getWeekInfo?.() ?? locale.weekInfo)?.firstDay % 7 || 0;
})();

/** @param {string} date @param {Intl.DateTimeFormatOptions} options */
const named = (date, options) => format({ ...options, timeZone: "UTC" }).format(noon(date));

/** "Friday 27 November 2026" @param {string} date */
export const fullDate = (date) =>
  named(date, { weekday: "long", day: "numeric", month: "long", year: "numeric" });

/** "Friday 27 November" @param {string} date */
export const dayName = (date) => named(date, { weekday: "long", day: "numeric", month: "long" });

/** "November 2026" @param {string} month */
export const monthName = (month) => named(`${month}-01`, { month: "long", year: "numeric" });

/** @param {string} date @param {"long" | "short"} width */
export const weekdayName = (date, width) => named(date, { weekday: width });

/** "15:00" or "3:00 pm" @param {string} instant @param {string} zone */
export const time = (instant, zone) =>
  format({ ...clock, minute: "2-digit", timeZone: zone }).format(new Date(instant));

/** @param {string} instant @param {string} zone */
export const hourOf = (instant, zone) =>
  Number(format({ hour: "2-digit", hourCycle: "h23", timeZone: zone }, "en-GB").format(new Date(instant)));

/** @param {string} instant @param {string} zone */
export const moment = (instant, zone) => `${dayName(dateIn(instant, zone))}, ${time(instant, zone)}`;

/** @param {string} zone */
export const city = (zone) => zone.slice(zone.lastIndexOf("/") + 1).replaceAll("_", " ");

/** "GMT+9" @param {string | number} instant @param {string} zone */
export function offsetName(instant, zone) {
  const parts = format({ timeZone: zone, timeZoneName: "shortOffset" }, "en").formatToParts(
    new Date(instant),
  );
  return parts.find((part) => part.type === "timeZoneName")?.value ?? "";
}

/** Minutes that a zone is ahead of UTC. @param {string | number} instant @param {string} zone */
function offset(instant, zone) {
  const [, sign, hours, minutes] = /([+-])(\d+):?(\d*)/.exec(offsetName(instant, zone)) ?? [
    "",
    "+",
    "0",
    "0",
  ];
  return (Number(hours) * 60 + Number(minutes)) * (sign === "-" ? -1 : 1);
}

/**
 * "Berlin is 8 hours behind you." Empty when clocks agree.
 * @param {string | number} instant
 * @param {string} there
 * @param {string} here
 */
export function apart(instant, there, here) {
  const minutes = offset(instant, there) - offset(instant, here);
  if (!minutes) return "";
  const hours = Math.floor(Math.abs(minutes) / 60);
  const rest = Math.abs(minutes) % 60;
  const span = [hours && `${hours} ${hours === 1 ? "hour" : "hours"}`, rest && `${rest} minutes`].filter(
    Boolean,
  );
  return `${city(there)} is ${span.join(" ")} ${minutes < 0 ? "behind" : "ahead of"} you.`;
}

/**
 * The moment, and whose time that is: in both zones when they differ.
 * @param {string} instant @param {string} here @param {string} there
 */
export function bothZones(instant, here, there) {
  const own = moment(instant, here);
  if (!apart(instant, there, here)) return [own, `${city(there)} time`];
  const other = (dateIn(instant, here) === dateIn(instant, there) ? time : moment)(instant, there);
  return [own, `your time in ${city(here)}, ${other} in ${city(there)}`];
}
