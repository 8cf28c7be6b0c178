import { ask, nearestTo, pageOf, patiently, payPage, tokenOf } from "./api.js";
import "./countdown.js";
import { moment, visitorZone } from "./dates.js";
import { find, h, price, say, thisTab } from "./dom.js";
import { tellLocalTimes } from "./local-times.js";
import { watch } from "./watch.js";

const CALENDAR = 2;

/**
 * A booking as it stands, followed live until nothing more happens to it.
 */
class BookingStatus extends HTMLElement {
  /** @type {Booking} */
  booking = JSON.parse(this.dataset.booking ?? "");
  /** @type {Record<string, [headline: string, sentence: string, step: number]>} */
  outcomes = JSON.parse(this.dataset.outcomes ?? "");
  zone = visitorZone();
  /** Why an unpaid booking is looked at: someone left the payment page, or says to have paid. */
  because = this.dataset.left ?? "";
  countdown = find(this, "hold-countdown");
  trouble = find(this, ".trouble");
  path = `/v1/bookings/${this.booking.id}`;
  token = tokenOf(this.booking.id);

  connectedCallback() {
    const query = new URLSearchParams(location.search);
    if (query.has("paid")) this.#checkPayment();
    this.countdown.addEventListener("over", () => this.#look());
    find(this, ".give-back").onclick = () => find(this, "dialog").showModal();
    find(this, "dialog").onclose = (/** @type {any} */ { target }) =>
      target.returnValue === "yes" && this.#giveBack();
    tellLocalTimes(this);
    this.#show(this.booking);
    watch(this.booking.id, () => this.#look());
  }

  /** Reads the booking, and says whether there is more to come. */
  async #look() {
    try {
      this.#show(await ask(this.path, { token: this.token }));
      say(this.trouble);
    } catch (/** @type {any} */ problem) {
      if (!problem.passing) return false;
      say(this.trouble, "The connection is shaky. Your booking goes on without this page; we keep looking.");
    }
    const { status } = this.booking;
    return status === "confirmed" ? this.#isBeingWritten() : status !== "failed";
  }

  /** The way back from the payment page proves nothing: the provider is asked. */
  async #checkPayment() {
    this.because = "checking";
    history.replaceState(null, "", pageOf(this.booking.id));
    const confirm = () => ask(`${this.path}/confirm`, { body: {}, token: this.token });
    const booking = await patiently(confirm).catch(() => this.booking);
    this.because = "";
    this.#show(booking);
  }

  async #giveBack() {
    try {
      this.#show(await patiently(() => ask(`${this.path}/cancel`, { body: {}, token: this.token })));
    } catch (/** @type {any} */ problem) {
      say(this.trouble, problem.passing ? "That did not get through. Please try again." : problem.message);
    }
  }

  /** @param {Booking} booking */
  #show(booking) {
    this.booking = booking;
    const { status, payment, hold_expires_at: held, created_at: since } = booking;
    const pay = payPage(booking);
    const tone = ["checking", "cancelled_by_customer"].find((key) => key === this.#key());
    find(this, ".state").dataset.state = tone ?? status;
    for (const part of /** @type {NodeListOf<HTMLElement>} */ (this.querySelectorAll("[data-when]"))) {
      part.hidden = !part.dataset.when?.split(" ").includes(status);
    }
    find(this, ".pay").hidden = !pay || this.because === "checking";
    if (pay) find(this, ".pay").href = pay;
    find(this, ".give-back").hidden ||= !this.token;
    const ends = [held, payment?.next_action?.expires_at]
      .filter(Boolean)
      .sort((one, other) => Date.parse(one ?? "") - Date.parse(other ?? ""));
    this.countdown.show(status === "awaiting_payment" ? ends[0] : null, since);
    this.#tell();
    if (status === "failed" && !find(this, ".nearest-times").firstChild) this.#offerNearest();
    if (status === "confirmed" || status === "failed") thisTab.keep("open", null);
  }

  /** Which words fit. */
  #key() {
    const { status, reason } = this.booking;
    if (status === "failed") return reason && this.outcomes[reason] ? reason : status;
    return status === "awaiting_payment" ? this.because || status : status;
  }

  #tell() {
    const { items, amount_due: due, business, customer } = this.booking;
    const [headline, sentence, step] = this.outcomes[this.#key()] ?? [find(this, "h1").textContent, "", 4];
    const words = {
      amount: due ? price(due) : "",
      business: business.name,
      when: moment(items[0].start, this.zone),
      sent: customer?.email ? `A confirmation is on its way to ${customer.email}.` : "",
    };
    const fill = (/** @type {string} */ text) =>
      Object.entries(words).reduce((said, [name, word]) => said.replace(`{${name}}`, () => word), text);
    // Screen readers say it again whenever it is written again.
    if (find(this, "h1").textContent !== fill(headline)) find(this, "h1").textContent = fill(headline);
    if (find(this, ".lede").textContent !== fill(sentence)) find(this, ".lede").textContent = fill(sentence);
    document.title = `${fill(headline)} · ${business.name}`;
    for (const part of /** @type {NodeListOf<HTMLElement>} */ (this.querySelectorAll("[data-step]"))) {
      const [word, state] = this.#stepWord(Number(part.dataset.step), step);
      part.dataset.state = state;
      find(part, ".progress-word").textContent = word;
      part.ariaCurrent = state === "now" ? "step" : null;
    }
  }

  /** @param {number} step @param {number} at where the booking is, or where it stopped */
  #stepWord(step, at) {
    const failed = this.booking.status === "failed";
    if (step === CALENDAR && this.booking.status === "confirmed" && this.#isBeingWritten())
      return ["being written", "now"];
    if (step < at) return failed ? ["given back", "undone"] : ["done", "done"];
    if (step > at) return ["", "later"];
    return failed ? ["did not work", "failed"] : ["now", "now"];
  }

  /** The booking stands already; an outside calendar may be slow to show it. */
  #isBeingWritten() {
    return ["pending", "delayed"].includes(this.booking.calendar?.status ?? "");
  }

  async #offerNearest() {
    const { nearest, items } = this.booking;
    const { offering, start } = items[0];
    const starts = nearest?.length ? nearest : await nearestTo(offering, this.zone, start).catch(() => []);
    const page = `/book/${offering.replace(".", "/")}`;
    const link = (/** @type {string} */ at) =>
      h("a", { class: "time", href: `${page}?slot=${new Date(at).toISOString()}` }, moment(at, this.zone));
    const times = starts.map((at) => h("li", null, link(at)));
    const list = h("ul", { role: "list", class: "nearest" }, times);
    if (times.length)
      find(this, ".nearest-times").replaceChildren(h("p", null, "The nearest free times:"), list);
  }
}

customElements.define("booking-status", BookingStatus);
