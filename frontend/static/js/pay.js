import { ask, pageOf, tokenOf } from "./api.js";
import "./countdown.js";
import { bothZones, visitorZone } from "./dates.js";
import { find, h } from "./dom.js";

/** What went wrong, by the provider's code. @type {Record<string, string>} */
const TROUBLE = {
  card_declined: "Your bank declined this card. You were not charged. Another card often works.",
  insufficient_funds: "There is not enough money on this card. You were not charged. Try another card.",
  expired_card: "This card has expired. You were not charged. Try another card.",
  incorrect_cvc: "The security code does not match the card. You were not charged. Check it and try again.",
  processing_error: "The bank could not be reached. You were not charged. Try again in a moment.",
  payment_intent_authentication_failure: "Your bank could not make sure that it was you. You were not charged. Try again, or take another card.",
};
const UNKNOWN = "The payment did not go through and you were not charged. Try again, or take another card.";

/**
 * The provider's card form in our page. It never touches the card number, and never decides whether it was paid.
 */
class CardPayment extends HTMLElement {
  booking = this.dataset.booking ?? "";
  token = tokenOf(this.booking);
  button = find(this, "button");
  countdown = find(this, "hold-countdown");

  async connectedCallback() {
    find(this, ".back-to-booking").href = pageOf(this.booking);
    find(this, "form").onsubmit = (/** @type {Event} */ event) => this.#pay(event);
    this.countdown.addEventListener("over", () => this.#leave());
    try {
      await this.#mount(await this.#read());
    } catch {
      this.#say("The card form could not be loaded. You were not charged. Reload the page to try again.");
    }
  }

  /** @returns {Promise<Booking>} */
  async #read() {
    const booking = await ask(`/v1/bookings/${this.booking}`, { token: this.token });
    const action = booking.payment?.next_action;
    if (booking.status !== "awaiting_payment" || action?.kind !== "client_secret") this.#leave();
    else this.countdown.show(action.expires_at, booking.created_at);
    return booking;
  }

  /** @param {Booking} booking */
  async #mount({ items, payment }) {
    const [own, zones] = bothZones(items[0].start, visitorZone(), items[0].timezone);
    find(this, "time").closest("span").replaceChildren(h("time", null, own), h("small", null, zones));
    const { script_url: url, publishable_key: key, client_secret: clientSecret } = payment?.next_action ?? {};
    await load(url ?? "");
    const style = getComputedStyle(this);
    const variables = { colorPrimary: style.getPropertyValue("--accent").trim(), borderRadius: "10px" };
    const theme = matchMedia("(prefers-color-scheme: dark)").matches ? "night" : "stripe";
    this.stripe = window.Stripe?.(key ?? "");
    this.elements = this.stripe?.elements({ clientSecret, appearance: { theme, variables } });
    const card = this.elements?.create("payment");
    const place = find(this, ".card-form");
    card?.on("ready", () => {
      place.ariaBusy = "false";
      this.button.ariaDisabled = "false";
    });
    place.replaceChildren();
    card?.mount(place);
  }

  /** @param {Event} event */
  async #pay(event) {
    event.preventDefault();
    if (this.button.ariaDisabled === "true") return;
    this.button.ariaDisabled = "true";
    const label = this.button.textContent;
    this.button.replaceChildren(h("span", { class: "spinner" }), "Paying …");
    this.#say("");
    const back = `${location.origin}/bookings/${this.booking}?paid=1`;
    const answer = await this.stripe?.confirmPayment({ elements: this.elements, confirmParams: { return_url: back }, redirect: "if_required" });
    if (!answer?.error) return this.#leave("?paid=1");
    this.button.textContent = label;
    this.button.ariaDisabled = "false";
    this.#explain(answer.error);
    // A refused card may leave less time for the next try.
    await this.#read().catch(() => null);
  }

  /** @param {StripeError} error */
  #explain({ type, code = "", decline_code: decline = "", message }) {
    // What is wrong in a field the provider says best, and in the visitor's language.
    this.#say(type === "validation_error" && message ? message : TROUBLE[decline] ?? TROUBLE[code] ?? UNKNOWN);
  }

  /** @param {string} words */
  #say(words) {
    const place = find(this, ".trouble");
    place.textContent = words;
    place.hidden = !words;
  }

  #leave(query = "") {
    location.replace(pageOf(this.booking).replace(/(?=#|$)/, query));
  }
}

/** @param {string} url @returns {Promise<void>} */
function load(url) {
  return new Promise((resolve, reject) => {
    document.head.append(h("script", { src: url, load: () => resolve(), error: () => reject(new Error(url)) }));
  });
}

customElements.define("card-payment", CardPayment);
