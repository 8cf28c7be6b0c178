import { ask, pageOf, tokenOf } from "./api.js";
import "./countdown.js";
import { find, h, say } from "./dom.js";
import { tellLocalTimes } from "./local-times.js";
import { watch } from "./watch.js";

/** What went wrong, by the provider's code. @type {Record<string, string>} */
const TROUBLE = {
  card_declined: "Your bank declined this card. You were not charged. Another card often works.",
  insufficient_funds: "There is not enough money on this card. You were not charged. Try another card.",
  expired_card: "This card has expired. You were not charged. Try another card.",
  incorrect_cvc: "The security code does not match the card. You were not charged. Check it and try again.",
  processing_error: "The bank could not be reached. You were not charged. Try again in a moment.",
  payment_intent_authentication_failure:
    "Your bank could not make sure that it was you. You were not charged. Try again, or take another card.",
};
const UNKNOWN = "The payment did not go through and you were not charged. Try again, or take another card.";

/**
 * The provider's card form in our page. It sees no card number and never decides whether it was paid.
 */
class CardPayment extends HTMLElement {
  booking = this.dataset.booking ?? "";
  token = tokenOf(this.booking);
  button = find(this, "button");
  countdown = find(this, "hold-countdown");
  trouble = find(this, ".trouble");

  async connectedCallback() {
    tellLocalTimes(this);
    find(this, ".back-to-booking").href = pageOf(this.booking);
    find(this, "form").onsubmit = (/** @type {Event} */ event) => this.#pay(event);
    this.countdown.addEventListener("over", () => this.#leave());
    try {
      await this.#mount(await this.#read());
    } catch {
      say(
        this.trouble,
        "The card form could not be loaded. You were not charged. Reload the page to try again.",
      );
    }
    watch(this.booking, async () => Boolean(await this.#read().catch(() => true)));
  }

  /** The booking while it waits for a card; else off to its own page. @returns {Promise<Booking | null>} */
  async #read() {
    const booking = await ask(`/v1/bookings/${this.booking}`, { token: this.token });
    const action = booking.payment?.next_action;
    if (booking.status !== "awaiting_payment" || action?.kind !== "client_secret") return this.#leave();
    this.countdown.show(action.expires_at, booking.created_at);
    return booking;
  }

  /** @param {Booking | null} booking */
  async #mount(booking) {
    if (!booking?.payment?.next_action) return;
    const {
      script_url: url,
      publishable_key: key,
      client_secret: clientSecret,
    } = booking.payment.next_action;
    await load(url ?? "");
    if (!window.Stripe) throw new Error(url);
    const style = getComputedStyle(this);
    const variables = { colorPrimary: style.getPropertyValue("--accent").trim(), borderRadius: "10px" };
    const theme = matchMedia("(prefers-color-scheme: dark)").matches ? "night" : "stripe";
    this.stripe = window.Stripe(key ?? "");
    this.elements = this.stripe.elements({ clientSecret, appearance: { theme, variables } });
    const card = this.elements.create("payment");
    const place = find(this, ".card-form");
    card.on("ready", () => {
      place.ariaBusy = "false";
      this.button.ariaDisabled = "false";
    });
    place.replaceChildren();
    card.mount(place);
  }

  /** @param {Event} event */
  async #pay(event) {
    event.preventDefault();
    if (this.button.ariaDisabled === "true") return;
    this.button.ariaDisabled = "true";
    const label = this.button.textContent;
    this.button.textContent = "Paying …";
    say(this.trouble);
    const back = `${location.origin}/bookings/${this.booking}?paid=1`;
    const answer = await this.stripe?.confirmPayment({
      elements: this.elements,
      confirmParams: { return_url: back },
      redirect: "if_required",
    });
    // When the answer got lost nobody here knows: the booking's page asks for the truth.
    if (!answer?.error || answer.error.type?.startsWith("api_")) return this.#leave("?paid=1");
    this.button.textContent = label;
    this.button.ariaDisabled = "false";
    this.#explain(answer.error);
  }

  /** @param {StripeError} error */
  #explain({ type, code = "", decline_code: decline = "", message }) {
    // What is wrong in a field the provider says best, and in the visitor's language.
    const own = TROUBLE[decline] ?? TROUBLE[code] ?? UNKNOWN;
    say(this.trouble, type === "validation_error" && message ? message : own);
  }

  #leave(query = "") {
    location.replace(pageOf(this.booking).replace(/(?=#|$)/, query));
    return null;
  }
}

/** @param {string} url @returns {Promise<void>} */
function load(url) {
  return new Promise((resolve, reject) => {
    const failed = () => reject(new Error(url));
    document.head.append(h("script", { src: url, load: () => resolve(), error: failed }));
  });
}

customElements.define("card-payment", CardPayment);
