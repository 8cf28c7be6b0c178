import { serverNow } from "./api.js";
import { counted, h } from "./dom.js";

const MINUTE = 60_000;

/**
 * How long a time is still held, second by second; aloud only now and then. Fires `over` at the end.
 */
export class HoldCountdown extends HTMLElement {
  clock = h("strong", { role: "timer", "aria-live": "off" });
  bar = h("span");
  aloud = h("span", { class: "unseen", "aria-live": "polite" });
  until = 0;
  since = 0;
  seconds = 0;
  ticking = 0;

  connectedCallback() {
    this.replaceChildren(
      h("p", null, "Held for another ", this.clock),
      h("span", { class: "bar" }, this.bar),
      this.aloud,
    );
    this.ticking = setInterval(() => this.#tick(), 1000);
  }

  disconnectedCallback() {
    clearInterval(this.ticking);
  }

  /** @param {string | null | undefined} until @param {string} since */
  show(until, since) {
    this.until = Date.parse(until ?? "");
    this.since = Date.parse(since);
    this.hidden = !this.until;
    this.#tick();
  }

  #tick() {
    if (this.hidden) return;
    const left = Math.min(Math.max(0, this.until - serverNow()), this.until - this.since);
    const seconds = Math.ceil(left / 1000);
    this.clock.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    this.bar.style.setProperty("--left", String(left / (this.until - this.since)));
    this.classList.toggle("short", left < 2 * MINUTE);
    const passed = [5, 1].find((minutes) => seconds <= minutes * 60 && this.seconds > minutes * 60);
    if (passed) this.aloud.textContent = `${counted(passed, "minute")} left`;
    this.seconds = seconds;
    if (left) return;
    this.hidden = true;
    this.dispatchEvent(new CustomEvent("over"));
  }
}

customElements.define("hold-countdown", HoldCountdown);
