import { freeTimes, serverNow } from "./api.js";
import "./date-grid.js";
import {
  addDays,
  addMonths,
  apart,
  city,
  dateIn,
  dayName,
  hourOf,
  lastOf,
  monthName,
  monthOf,
  offsetName,
  ownZone,
  time,
  zones,
} from "./dates.js";
import { button, counted, find, h, lasting, tell } from "./dom.js";

/** What is free, month by month, each asked for once. */
export class FreeTimes {
  since = Date.now();
  /** @type {Map<string, Availability>} */
  known = new Map();
  /** @type {Map<string, Promise<Availability>>} */
  asked = new Map();

  /** @param {Offering} offering @param {string} zone */
  constructor(offering, zone) {
    this.offering = offering;
    this.zone = zone;
    this.today = dateIn(serverNow(), zone);
    this.last = addDays(this.today, offering.horizon_days);
  }

  /** @param {string} month @returns {Promise<Availability | null>} */
  month(month) {
    const from = `${month}-01` < this.today ? this.today : `${month}-01`;
    const asked = this.asked.get(month) ?? freeTimes(this.offering.id, this.zone, from, lastOf(month));
    this.asked.set(month, asked);
    return asked.then(
      (answer) => (this.known.set(month, answer), answer),
      () => (this.asked.delete(month), null),
    );
  }
}

/**
 * The month, the day and its times. Fires `go` with the part of the place that changes, and `zone`.
 */
export class ChooseTime extends HTMLElement {
  first = true;
  grid = find(this, "date-grid");
  list = find(this, ".times");
  notice = find(this, ".month-notice");

  connectedCallback() {
    this.addEventListener("month", (/** @type {any} */ { detail: month }) => this.#go({ month, date: null }));
    this.addEventListener("pick", (/** @type {any} */ { detail: date }) => {
      this.#go({ date, month: monthOf(date) });
      find(this, ".times h3").focus();
    });
  }

  /** @param {Place} place @param {FreeTimes} times */
  async show(place, times) {
    this.place = place;
    const { zone, offering, known } = times;
    this.#showZone(zone, offering.timezone);
    const answer = known.get(place.month) ?? (this.#paint(place, times), await times.month(place.month));
    if (this.place !== place) return;
    if (!answer) return this.#sayTrouble();
    const next = answer.next_available && dateIn(answer.next_available, zone);
    // Whoever comes for the first free time is not shown an empty month.
    const skips = this.first && !place.date && next && monthOf(next) > place.month;
    this.first = false;
    if (skips && !answer.slots.length) return this.#go({ month: monthOf(next), quietly: true });
    this.#paint(place, times, answer, next);
    times.month(addMonths(place.month, 1));
  }

  /** @param {string} zone @param {string} there */
  #showZone(zone, there) {
    const now = serverNow();
    find(this, ".zone strong").textContent = `${city(zone)} time`;
    find(this, ".zone p span").textContent = apart(now, there, zone);
    const [change, select] = [find(this, ".zone button"), find(this, "select")];
    change.onclick = () => {
      const names = new Set([zone, there, ownZone(), ...zones()]);
      const option = (/** @type {string} */ name) =>
        h("option", { value: name }, `${name.replaceAll("_", " ")} (${offsetName(now, name)})`);
      select.replaceChildren(...[...names].map(option));
      change.hidden = !(select.hidden = false);
      select.focus();
    };
    select.onchange = () => {
      lasting.keep("zone", select.value);
      tell(this, "zone", select.value);
      select.hidden = !(change.hidden = false);
      change.focus();
    };
  }

  /** @param {Partial<Place> & { quietly?: boolean }} change */
  #go(change) {
    tell(this, "go", change);
  }

  /** @param {Place} place @param {FreeTimes} times @param {Availability} [answer] @param {any} [next] */
  #paint({ month, date }, { zone, today, last }, answer, next) {
    const days = answer && new Map(answer.days.map((day) => [day.date, day]));
    const free = answer?.days.find((day) => day.status === "free" && monthOf(day.date) === month)?.date;
    const selected = date && monthOf(date) === month ? date : free;
    this.grid.show({ month, days, selected, today, last });
    const slots = answer?.slots.filter(({ start }) => dateIn(start, zone) === selected);
    this.#list(selected, slots, zone);
    this.notice.replaceChildren();
    if (!answer || free) return;
    this.notice.append(h("p", null, `No free times in ${monthName(month)}.`));
    const jump = () => this.#go({ month: monthOf(next), date: next });
    if (next) this.notice.append(button("button", jump, `Next available: ${dayName(next)}`));
  }

  /** @param {string | undefined} date @param {Slot[] | undefined} slots @param {string} zone */
  #list(date, slots, zone) {
    this.list.ariaBusy = String(!slots);
    if (!date || !slots) return this.list.replaceChildren();
    const heading = slots.length ? `${counted(slots.length, "time")} free` : "Nothing free on this day.";
    const parts = Object.groupBy(slots, ({ start }) => {
      const hour = hourOf(start, zone);
      return hour < 12 ? "Morning" : hour < 17 ? "Afternoon" : "Evening";
    });
    const groups = Object.entries(parts).map(([name, part]) => {
      const times = part?.map((slot) => this.#time(slot, slots, zone));
      return h("section", null, h("h4", null, name), h("ul", { role: "list" }, times));
    });
    this.list.replaceChildren(h("h3", { tabindex: -1 }, dayName(date), h("small", null, heading)), ...groups);
  }

  /** @param {Slot} slot @param {Slot[]} all @param {string} zone */
  #time({ start }, all, zone) {
    // When clocks go back an hour comes twice, and only the offset tells which one is meant.
    const twice = all.some((other) => other.start !== start && time(other.start, zone) === time(start, zone));
    const choose = () => this.#go({ slot: new Date(start).toISOString(), step: "details" });
    const which = twice && h("small", null, ` ${offsetName(start, zone)}`);
    return h("li", null, button("time", choose, time(start, zone), which));
  }

  #sayTrouble() {
    this.grid.table.ariaBusy = "false";
    this.list.replaceChildren();
    this.notice.replaceChildren(
      h("p", null, "The free times could not be fetched. Is the connection working?"),
      button("button", () => this.#go({ quietly: true }), "Try again"),
    );
  }
}

customElements.define("choose-time", ChooseTime);
