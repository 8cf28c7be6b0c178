import { book, nearestTo, pageOf, payPage, Problem, tokenOf } from "./api.js";
import { moment } from "./dates.js";
import { button, find, h, say, tell, thisTab } from "./dom.js";

/** @type {Record<string, string>} */
const GONE = {
  slot_taken: "That time has just been taken.",
  not_offered: "That time is not offered any more.",
};

/** A form's button that books. Fires `slot` with another start, or null to choose among all. */
export class BookIt extends HTMLElement {
  /** @type {BookOrder | null} */
  order = null;
  busy = false;
  gone = find(this, ".gone");
  trouble = find(this, ".trouble");
  button = find(this, ".primary");
  label = this.button.textContent;

  /** @param {boolean} busy */
  #show(busy) {
    this.busy = busy;
    this.button.ariaDisabled = String(busy);
    this.button.textContent = busy ? "Holding your time …" : this.label;
    this.gone.hidden = true;
    say(this.trouble);
  }

  async book() {
    if (this.busy || !this.order) return;
    this.#show(true);
    const shaky = () => say(this.trouble, "The connection is shaky. Trying again …");
    try {
      const booking = await book(this.order.wish(), shaky);
      if ((booking.reason ?? "") in GONE) await this.#sayGone(booking.reason ?? "", booking.nearest);
      else follow(booking);
    } catch (problem) {
      await this.explain(problem);
    }
  }

  /** @param {any} problem */
  async explain(problem) {
    if (!(problem instanceof Problem)) throw problem;
    const { code, nearest } = problem.body;
    if (code in GONE) return this.#sayGone(code, nearest);
    this.#show(false);
    const away =
      "The booking service cannot be reached. What you typed is kept, and trying again never books twice.";
    say(this.trouble, problem.passing ? away : problem.message);
  }

  /** @param {string} reason @param {string[]} [told] */
  async #sayGone(reason, told) {
    const { offering, zone, slot } = /** @type {BookOrder} */ (this.order);
    const starts = told?.length ? told : await nearestTo(offering, zone(), slot()).catch(() => []);
    this.#show(false);
    const choose = (/** @type {string | null} */ start) => () => tell(this, "slot", start);
    const times = starts.map((start) => h("li", null, button("time", choose(start), moment(start, zone()))));
    find(this.gone, "strong").textContent = GONE[reason];
    find(this.gone, "ul").replaceChildren(...times);
    find(this.gone, ".link").onclick = choose(null);
    this.gone.hidden = false;
    this.gone.focus();
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
