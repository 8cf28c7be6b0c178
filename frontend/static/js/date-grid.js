import {
  addDays,
  addMonths,
  dayName,
  fullDate,
  lastOf,
  monthName,
  monthOf,
  weekday,
  weekdayName,
} from "./dates.js";
import { counted, find, h, tell } from "./dom.js";

/**
 * One month as an ARIA grid with a single tab stop. Every day can be reached and says why it is not free.
 * Fires `pick` with a date and `month` with the month to show.
 */
export class DateGrid extends HTMLElement {
  /** @type {GridView} */
  view = { month: "", today: "", last: "" };
  /** The day that has the tab stop. */
  cursor = "";

  heading = find(this, "h3");
  turns = [...this.querySelectorAll(".turn")];
  table = find(this, "table");
  body = find(this, "tbody");
  why = find(this, ".why");

  connectedCallback() {
    const turn = (/** @type {number} */ months) => this.#askFor(addMonths(this.view.month, months));
    this.turns.forEach((button, index) => button.addEventListener("click", () => turn(index ? 1 : -1)));
    this.table.addEventListener("focusin", (/** @type {FocusEvent} */ { target }) => this.#arriveAt(target));
    this.table.onkeydown = (/** @type {KeyboardEvent} */ event) => this.#onKey(event);
    this.table.onclick = (/** @type {any} */ { target }) => this.#onClick(target.dataset.date);
  }

  /** @param {GridView} view */
  show(view) {
    const { month, today, last, selected, days } = view;
    const focused = this.body.contains(document.activeElement);
    if (month !== this.view.month) this.why.textContent = "";
    this.view = view;
    // While the visitor walks the grid the tab stop stays where they are.
    const usual = selected ?? (monthOf(today) === month ? today : `${month}-01`);
    if (!focused || monthOf(this.cursor) !== month) this.cursor = usual;
    if (this.heading.textContent !== monthName(month)) this.heading.textContent = monthName(month);
    this.turns[0].ariaDisabled = String(month <= monthOf(today));
    this.turns[1].ariaDisabled = String(month >= monthOf(last));
    this.table.ariaBusy = String(!days);
    this.#fill(month);
    if (focused) this.#cell(this.cursor)?.focus();
  }

  /** @param {string} month */
  #fill(month) {
    const first = addDays(`${month}-01`, -weekday(`${month}-01`));
    const week = [0, 1, 2, 3, 4, 5, 6];
    const column = (/** @type {string} */ date) =>
      h("th", { scope: "col", abbr: weekdayName(date, "long") }, weekdayName(date, "short"));
    find(this, "thead tr").replaceChildren(...week.map((day) => column(addDays(first, day))));
    this.body.replaceChildren();
    for (let start = first; start <= lastOf(month); start = addDays(start, 7)) {
      const days = week.map((day) => this.#day(addDays(start, day)));
      this.body.append(h("tr", null, days));
    }
  }

  /** @param {string} date */
  #day(date) {
    const { month, days, today, selected } = this.view;
    if (monthOf(date) !== month) return h("td");
    const label = {
      type: "button",
      "data-date": date,
      "data-heat": this.#isFree(date) && Math.min(3, Math.ceil((days?.get(date)?.count ?? 1) / 3)),
      tabindex: date === this.cursor ? 0 : -1,
      "aria-disabled": !this.#isFree(date) && "true",
      "aria-current": date === today && "date",
      "aria-label": `${fullDate(date)}, ${this.#says(date)}`,
    };
    const button = h("button", label, Number(date.slice(8)));
    return h("td", { role: "gridcell", "aria-selected": String(date === selected) }, button);
  }

  /** @param {string} date */
  #isFree(date) {
    return this.view.days?.get(date)?.status === "free";
  }

  /** @param {string} date */
  #says(date) {
    const { days, today } = this.view;
    const day = days?.get(date);
    if (date < today) return "This day has passed.";
    if (!days) return "Loading.";
    if (this.#isFree(date)) return `${counted(day?.count ?? 1, "time")} available`;
    return day?.reason ?? "Not available.";
  }

  /** @param {string} month */
  #askFor(month) {
    const { today, last } = this.view;
    if (month >= monthOf(today) && month <= monthOf(last)) tell(this, "month", month);
  }

  /** @param {string} date */
  #cell(date) {
    return find(this.body, `[data-date="${date}"]`);
  }

  /** @param {string} [date] */
  #onClick(date) {
    if (!date) return;
    this.#moveTo(date);
    if (this.#isFree(date)) tell(this, "pick", date);
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const sideways = getComputedStyle(this).direction === "rtl" ? -1 : 1;
    const from = this.cursor;
    /** @type {Record<string, string>} */
    const goals = {
      ArrowLeft: addDays(from, -sideways),
      ArrowRight: addDays(from, sideways),
      ArrowUp: addDays(from, -7),
      ArrowDown: addDays(from, 7),
      Home: addDays(from, -weekday(from)),
      End: addDays(from, 6 - weekday(from)),
      PageUp: addMonths(from, event.shiftKey ? -12 : -1),
      PageDown: addMonths(from, event.shiftKey ? 12 : 1),
    };
    const goal = goals[event.key];
    if (!goal || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const { today, last } = this.view;
    this.#moveTo(goal < today ? today : goal > last ? last : goal);
  }

  /** @param {string} date */
  #moveTo(date) {
    if (monthOf(date) === this.view.month) return this.#cell(date)?.focus();
    this.cursor = date;
    this.#askFor(monthOf(date));
  }

  /** @param {any} cell */
  #arriveAt(cell) {
    this.#cell(this.cursor)?.setAttribute("tabindex", "-1");
    cell.tabIndex = 0;
    const date = (this.cursor = cell.dataset.date ?? "");
    const silent = this.#isFree(date) || !this.view.days;
    this.why.textContent = silent ? "" : `${dayName(date)}: ${this.#says(date)}`;
  }
}

customElements.define("date-grid", DateGrid);
