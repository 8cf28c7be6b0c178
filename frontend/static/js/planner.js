import { ask, pageOf, serverNow, tokenOf } from "./api.js";
import "./book-it.js";
import { FreeTimes } from "./choose-time.js";
import { bothZones, dateIn, moment, monthOf, visitorZone } from "./dates.js";
import { typedInto } from "./details.js";
import { find, thisTab } from "./dom.js";

/** @param {string} zone @returns {Place} */
function placeInAddress(zone) {
  const query = new URLSearchParams(location.search);
  const instant = Date.parse(query.get("slot") ?? "");
  const date = instant ? dateIn(instant, zone) : query.get("date");
  const month = monthOf(date ?? query.get("month") ?? dateIn(serverNow(), zone));
  const slot = instant ? new Date(instant).toISOString() : null;
  return { month, date, slot, step: !slot ? "time" : query.has("review") ? "review" : "details" };
}

/** @param {Place} place */
function address({ month, date, slot, step }) {
  const query = new URLSearchParams(slot ? { slot } : date ? { date } : { month });
  return `?${query}${step === "review" ? "&review" : ""}`;
}

/**
 * The booker: a time, who comes, and how it is paid. Where the visitor is lives in the address.
 */
class BookingPlanner extends HTMLElement {
  /** @type {Offering} */
  offering = JSON.parse(this.dataset.offering ?? "");
  zone = visitorZone();
  place = placeInAddress(this.zone);
  times = new FreeTimes(this.offering, this.zone);
  /** One element for each step. @type {Record<string, any>} */
  stages = {
    time: find(this, "choose-time"),
    details: find(this, "details-form"),
    review: find(this, "booking-review"),
  };

  connectedCallback() {
    const on = (/** @type {string} */ name, /** @type {(detail: any) => void} */ act) =>
      this.addEventListener(name, (/** @type {any} */ { detail }) => act(detail));
    on("go", (change) => this.#go(change));
    on("slot", (slot) => this.#otherSlot(slot));
    on("zone", (zone) => this.#refetch(zone));
    this.addEventListener("submit", (event) => this.#submit(event));
    find(this, ".chosen button").onclick = () => this.#otherSlot(null);
    find(this, "book-it").order = {
      offering: this.offering.id,
      zone: () => this.zone,
      slot: () => this.place.slot,
      wish: () => this.#wish(),
    };
    window.onpopstate = () => this.#arrive(placeInAddress(this.zone));
    // A page from the back-forward cache still shows the form of a booking that was made.
    window.onpageshow = ({ persisted }) =>
      persisted && location.pathname.startsWith("/bookings/") && location.reload();
    // Others book meanwhile: what was fetched a while before the visitor looked away is asked for again.
    document.onvisibilitychange = () =>
      document.hidden || Date.now() - this.times.since < 60_000 || this.#refetch(this.zone);
    this.#arrive(this.place, true);
    this.#offerToContinue();
  }

  /** @param {Partial<Place> & { quietly?: boolean }} change */
  #go({ quietly, ...change }) {
    const place = { ...this.place, ...change };
    if (quietly) history.replaceState(null, "", address(place));
    else if (address(place) !== location.search) history.pushState(null, "", address(place));
    this.#arrive(place);
  }

  /** @param {Place} place @param {boolean} [first] */
  #arrive(place, first) {
    const { stages, offering } = this;
    if (place.step === "review" && !typedInto(stages.details.form).name) place.step = "details";
    const moved = first || place.step !== this.place.step;
    this.place = place;
    const names = Object.keys(stages);
    this.querySelectorAll(".steps li").forEach((step, index) => {
      step.ariaCurrent = names[index] === place.step ? "step" : null;
      step.classList.toggle("past", index < names.indexOf(place.step));
    });
    for (const name of names) if (stages[name]) stages[name].hidden = name !== place.step;
    this.#showChosen();
    if (place.step === "time") stages.time.show(place, this.times);
    if (place.step === "review" && moved) stages.review.show(stages.details, offering, place.slot);
    if (moved && !first) find(stages[place.step], "h2").focus();
  }

  /** @param {Event} event */
  #submit(event) {
    event.preventDefault();
    if (!this.stages.details.isComplete()) return this.#go({ step: "details" });
    const bookIt = find(/** @type {Element} */ (event.target), "book-it");
    if (bookIt) bookIt.book();
    else this.#go({ step: "review" });
  }

  #wish() {
    const { details, review } = this.stages;
    const { meeting_method, address, postcode, ...customer } = typedInto(details.form);
    return {
      items: [{ offering: this.offering.id, start: this.place.slot, meeting_method, address, postcode }],
      customer: { ...customer, timezone: this.zone, locale: navigator.language },
      payment: review ? typedInto(review.form) : { method: "none" },
    };
  }

  #showChosen() {
    const { slot } = this.place;
    const chosen = find(this, ".chosen");
    chosen.hidden = !slot;
    if (!slot) return;
    const [own, zones] = bothZones(slot, this.zone, this.offering.timezone);
    find(chosen, "strong").textContent = own;
    find(chosen, "p span").textContent = zones;
  }

  /** @param {string | null} slot another one, or none to choose among all */
  #otherSlot(slot) {
    this.times = new FreeTimes(this.offering, this.zone);
    if (slot) return this.#go({ slot: new Date(slot).toISOString() });
    const date = dateIn(this.place.slot ?? "", this.zone);
    this.#go({ slot, step: "time", date, month: monthOf(date) });
  }

  /** @param {string} zone */
  #refetch(zone) {
    this.zone = zone;
    this.times = new FreeTimes(this.offering, zone);
    this.#arrive({ ...this.place });
  }

  /** Whoever holds a time already is led to it instead of competing with themselves. */
  async #offerToContinue() {
    const { id, offering } = thisTab.recall("open") ?? {};
    if (offering !== this.offering.id) return;
    const booking = await ask(`/v1/bookings/${id}`, { token: tokenOf(id) }).catch(() => null);
    if (booking?.status !== "awaiting_payment") return;
    const held = find(this, ".held");
    find(held, "strong").textContent = moment(booking.items[0].start, this.zone);
    find(held, "a").href = pageOf(id);
    held.hidden = false;
  }
}

customElements.define("booking-planner", BookingPlanner);
