import { addDays, addMonths, dayName, fullDate, lastOf, monthName, monthOf, weekday, weekdayName } from "./dates.js";
import { button, counted, h, icon, tell, unseen } from "./dom.js";

/**
 * One month of days as an ARIA grid with a single tab stop. Every day can be reached and says why it is not free.
 * Fires `pick` with a date and `month` with the month to show.
 */
export class DateGrid extends HTMLElement {
  /** @type {GridView} */
  view = { month: "", today: "", last: "" };
  /** The day that has the tab stop. */
  cursor = "";

  heading = h("h3", { id: "month", "aria-live": "polite" });
  earlier = button("turn", () => this.#turn(-1), icon("back"), unseen("Previous month"));
  later = button("turn", () => this.#turn(1), icon("forward"), unseen("Next month"));
  weekdays = h("tr");
  body = h("tbody");
  table = h("table", { role: "grid", "aria-labelledby": "month" }, h("thead", null, this.weekdays), this.body);
  why = h("p", { class: "why", role: "status" });

  connectedCallback() {
    this.table.addEventListener("focusin", ({ target }) => this.#arriveAt(/** @type {HTMLElement} */ (target)));
    this.table.onkeydown = (event) => this.#onKey(event);
    this.table.onclick = ({ target }) => this.#onClick(/** @type {Element} */ (target).closest("button")?.dataset.date);
    this.replaceChildren(h("div", { class: "month" }, this.earlier, this.heading, this.later), this.table, this.why);
  }

  /** @param {GridView} view */
  show(view) {
    const { month, today, last, selected, days } = view;
    const focused = this.body.contains(document.activeElement);
    if (month !== this.view.month) this.why.textContent = "";
    this.view = view;
    // While the visitor walks the grid the tab stop stays where they are.
    if (!focused || monthOf(this.cursor) !== month) this.cursor = selected ?? (monthOf(today) === month ? today : `${month}-01`);
    if (this.heading.textContent !== monthName(month)) this.heading.textContent = monthName(month);
    this.earlier.ariaDisabled = String(month <= monthOf(today));
    this.later.ariaDisabled = String(month >= monthOf(last));
    this.table.ariaBusy = String(!days);
    this.#fill(month);
    if (focused) this.#cell(this.cursor)?.focus();
  }

  /** @param {string} month */
  #fill(month) {
    const first = addDays(`${month}-01`, -weekday(`${month}-01`));
    const week = [0, 1, 2, 3, 4, 5, 6];
    const names = week.map((day) => addDays(first, day));
    this.weekdays.replaceChildren(...names.map((date) => h("th", { scope: "col", abbr: weekdayName(date, "long") }, weekdayName(date, "short"))));
    this.body.replaceChildren();
    for (let start = first; start <= lastOf(month); start = addDays(start, 7)) {
      this.body.append(h("tr", null, week.map((day) => this.#day(addDays(start, day)))));
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
    return h("td", { role: "gridcell", "aria-selected": String(date === selected) }, h("button", label, Number(date.slice(8))));
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

  /** @param {number} months */
  #turn(months) {
    this.#askFor(addMonths(this.view.month, months));
  }

  /** @param {string} month */
  #askFor(month) {
    const { today, last } = this.view;
    if (month >= monthOf(today) && month <= monthOf(last)) tell(this, "month", month);
  }

  /** @param {string} date @returns {HTMLElement | null} */
  #cell(date) {
    return this.body.querySelector(`[data-date="${date}"]`);
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

  /** @param {HTMLElement} cell */
  #arriveAt(cell) {
    this.#cell(this.cursor)?.setAttribute("tabindex", "-1");
    cell.tabIndex = 0;
    const date = (this.cursor = cell.dataset.date ?? "");
    this.why.textContent = this.#isFree(date) || !this.view.days ? "" : `${dayName(date)}: ${this.#says(date)}`;
  }
}

customElements.define("date-grid", DateGrid);
