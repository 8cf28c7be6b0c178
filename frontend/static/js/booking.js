import { ask, nearestTo, patiently, payPage, tokenOf } from "./api.js";
import "./countdown.js";
import { bothZones, moment, visitorZone } from "./dates.js";
import { find, h, price, thisTab } from "./dom.js";
import { watch } from "./watch.js";

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
  path = `/v1/bookings/${this.booking.id}`;
  token = tokenOf(this.booking.id);

  connectedCallback() {
    const query = new URLSearchParams(location.search);
    if (query.has("paid")) this.#checkPayment();
    this.countdown.addEventListener("over", () => this.#look());
    find(this, ".give-back").onclick = () => find(this, "dialog").showModal();
    find(this, "dialog").onclose = (/** @type {any} */ { target }) => target.returnValue === "yes" && this.#giveBack();
    find(this, "time").closest("span").replaceChildren(...this.#when());
    this.#show(this.booking);
    watch(this.booking.id, () => this.#look());
  }

  /** Reads the booking, and says whether there is more to come. */
  async #look() {
    try {
      this.#show(await ask(this.path, { token: this.token }));
      this.#say("");
    } catch (/** @type {any} */ problem) {
      if (!problem.passing) return false;
      this.#say("The connection is shaky. Your booking goes on without this page; we keep trying to show it.");
    }
    const { status, calendar } = this.booking;
    return status !== "failed" && !(status === "confirmed" && calendar?.status !== "pending");
  }

  /** The way back from the payment page proves nothing: the provider is asked. */
  async #checkPayment() {
    this.because = "checking";
    history.replaceState(null, "", `${location.pathname}${location.hash}`);
    const booking = await patiently(() => ask(`${this.path}/confirm`, { body: {}, token: this.token })).catch(() => null);
    this.because = "";
    this.#show(booking?.status ? booking : this.booking);
  }

  async #giveBack() {
    try {
      this.#show(await patiently(() => ask(`${this.path}/cancel`, { body: {}, token: this.token })));
    } catch (/** @type {any} */ problem) {
      this.#say(problem.passing ? "That did not get through. Please try again." : problem.message);
    }
  }

  /** @param {string} trouble */
  #say(trouble) {
    const place = find(this, ".trouble");
    place.textContent = trouble;
    place.hidden = !trouble;
  }

  /** @param {Booking} booking */
  #show(booking) {
    const changed = booking.status !== this.booking.status;
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
    const ends = [held, payment?.next_action?.expires_at].filter(Boolean).sort((one, other) => Date.parse(one ?? "") - Date.parse(other ?? ""));
    this.countdown.show(status === "awaiting_payment" ? ends[0] : null, since);
    this.#tell();
    if (status === "failed" && (changed || !find(this, ".nearest-times").firstChild)) this.#offerNearest();
    if (status === "confirmed" || status === "failed") thisTab.keep("open", null);
  }

  /** Which words fit. */
  #key() {
    const { status, reason } = this.booking;
    if (status === "failed") return reason && this.outcomes[reason] ? reason : status;
    return status === "awaiting_payment" ? this.because || status : status;
  }

  #tell() {
    const { items, amount_due: due, business, customer, status } = this.booking;
    const [headline, sentence, step] = this.outcomes[this.#key()] ?? [find(this, "h1").textContent, "", 4];
    const words = {
      amount: due ? price(due) : "",
      business: business.name,
      when: moment(items[0].start, this.zone),
      sent: customer?.email ? `A confirmation is on its way to ${customer.email}.` : "",
    };
    const fill = (/** @type {string} */ text) => Object.entries(words).reduce((said, [name, word]) => said.replace(`{${name}}`, word), text);
    // Screen readers say it again whenever it is written again.
    if (find(this, "h1").textContent !== fill(headline)) find(this, "h1").textContent = fill(headline);
    if (find(this, ".lede").textContent !== fill(sentence)) find(this, ".lede").textContent = fill(sentence);
    document.title = `${fill(headline)} · ${business.name}`;
    for (const part of /** @type {NodeListOf<HTMLElement>} */ (this.querySelectorAll("[data-step]"))) {
      const [word, state] = stepWord(Number(part.dataset.step), step, status === "failed");
      part.dataset.state = state;
      find(part, ".progress-word").textContent = word;
      part.ariaCurrent = state === "now" ? "step" : null;
    }
  }

  /** The moment in both zones. */
  #when() {
    const { start, timezone } = this.booking.items[0];
    const [own, zones] = bothZones(start, this.zone, timezone);
    return [h("time", { datetime: start }, own), h("small", null, zones)];
  }

  async #offerNearest() {
    const { nearest, items } = this.booking;
    const { offering, start } = items[0];
    const starts = nearest?.length ? nearest : await nearestTo(offering, this.zone, start).catch(() => []);
    const page = `/book/${offering.replace(".", "/")}`;
    const link = (/** @type {string} */ at) => h("a", { class: "time", href: `${page}?slot=${new Date(at).toISOString()}` }, moment(at, this.zone));
    const list = h("ul", { role: "list", class: "nearest" }, starts.map((at) => h("li", null, link(at))));
    if (starts.length) find(this, ".nearest-times").replaceChildren(h("p", null, "The nearest free times:"), list);
  }
}

/** @param {number} step @param {number} at @param {boolean} failed */
function stepWord(step, at, failed) {
  if (step < at) return failed ? ["given back", "undone"] : ["done", "done"];
  if (step > at) return ["", "later"];
  return failed ? ["did not work", "failed"] : ["now", "now"];
}

customElements.define("booking-status", BookingStatus);
