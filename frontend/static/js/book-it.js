import { book, nearestTo, pageOf, payPage, Problem, tokenOf } from "./api.js";
import { moment } from "./dates.js";
import { button, find, h, icon, tell, thisTab } from "./dom.js";

/**
 * A form's button that books, and what became of it. Fires `slot` with another start, or null to choose among all.
 */
export class BookIt extends HTMLElement {
  /** @type {BookOrder | null} */
  order = null;
  busy = false;
  said = find(this, "div");
  button = find(this, "button");
  label = this.button.textContent;

  /** @param {boolean} busy */
  #show(busy) {
    this.busy = busy;
    this.button.ariaDisabled = String(busy);
    this.button.replaceChildren(...(busy ? [h("span", { class: "spinner" }), "Holding your time …"] : [this.label]));
    this.said.replaceChildren();
  }

  async book() {
    if (this.busy || !this.order) return;
    this.#show(true);
    try {
      const booking = await book(this.order.wish(), () => this.#say("The connection is shaky. Trying again …"));
      if (booking.reason === "slot_taken") await this.#sayTaken(booking.nearest);
      else follow(booking);
    } catch (problem) {
      await this.explain(problem);
    }
  }

  /** @param {any} problem */
  async explain(problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (problem.body.code === "slot_taken") return this.#sayTaken(problem.body.nearest);
    this.#show(false);
    this.#say(problem.passing ? "The booking service cannot be reached. What you typed is kept, and trying again never books twice." : problem.message);
  }

  /** @param {string[]} [told] */
  async #sayTaken(told) {
    const { offering, zone, slot } = /** @type {BookOrder} */ (this.order);
    const starts = told?.length ? told : await nearestTo(offering, zone(), slot()).catch(() => []);
    this.#show(false);
    const choose = (/** @type {string | null} */ start) => () => tell(this, "slot", start);
    const notice = h(
      "div",
      { class: "notice warn", tabindex: -1, role: "alert" },
      h("p", null, icon("alert"), h("strong", null, "That time has just been taken."), " You were not charged.", starts.length ? " The nearest free times:" : ""),
      h("ul", { role: "list", class: "nearest", "aria-label": "Nearest free times" }, starts.map((start) => h("li", null, button("time", choose(start), moment(start, zone()))))),
      button("link", choose(null), "See all times"),
    );
    this.said.replaceChildren(notice);
    notice.focus();
  }

  /** @param {string} words */
  #say(words) {
    this.said.replaceChildren(h("p", { class: "notice warn" }, words));
  }
}

/** Goes where the booking goes on: to the payment page, or to its own. @param {Booking} booking */
function follow(booking) {
  const { id, items, manage_url: url } = booking;
  tokenOf(id, url ?? "");
  thisTab.keep("details", null);
  thisTab.keep("open", { id, offering: items[0].offering });
  // Coming back from the payment page must lead to the booking, not to a form that would book again.
  history.replaceState(null, "", pageOf(id));
  const next = payPage(booking);
  if (next) location.assign(next);
  else location.reload();
}

customElements.define("book-it", BookIt);
