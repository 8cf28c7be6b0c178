// The Checkout page works as a plain form; this makes it pleasant.
"use strict";

const form = document.querySelector("[data-pay]");

/** @param {string} id */
const input = (id) => /** @type {HTMLInputElement | null} */ (document.getElementById(id));

/** @param {string} digits */
function groupedNumber(digits) {
  const amex = /^3[47]/.test(digits);
  const groups = amex ? [4, 6, 5] : [4, 4, 4, 4, 3];
  const parts = [];
  let at = 0;
  for (const size of groups) {
    if (at >= digits.length) break;
    parts.push(digits.slice(at, at + size));
    at += size;
  }
  return parts.join(" ");
}

/** @param {string} digits */
function groupedExpiry(digits) {
  const padded = /^[2-9]/.test(digits) ? `0${digits}` : digits;
  const shown = padded.slice(0, 4);
  return shown.length > 2 ? `${shown.slice(0, 2)} / ${shown.slice(2)}` : shown;
}

/**
 * @param {HTMLInputElement | null} field
 * @param {(digits: string) => string} grouped
 */
function groupWhileTyping(field, grouped) {
  field?.addEventListener("input", (event) => {
    const atEnd = field.selectionStart === field.value.length;
    const deleting = String(/** @type {InputEvent} */ (event).inputType || "").startsWith("delete");
    if (!atEnd || deleting) return;
    field.value = grouped(field.value.replace(/\D/g, ""));
  });
}

groupWhileTyping(input("number"), groupedNumber);
groupWhileTyping(input("expiry"), groupedExpiry);

for (const chip of document.querySelectorAll("[data-fill]")) {
  chip.addEventListener("click", (event) => {
    event.preventDefault();
    const values = { number: chip.getAttribute("data-fill") || "", expiry: "12 / 34", cvc: "123" };
    for (const [id, value] of Object.entries(values)) {
      const field = input(id);
      if (field) field.value = value;
    }
    document.querySelector("[data-submit]")?.scrollIntoView({ block: "nearest" });
  });
}

form?.addEventListener("submit", (event) => {
  const button = form.querySelector("[data-submit]");
  if (button?.getAttribute("aria-disabled") === "true") {
    event.preventDefault();
    return;
  }
  button?.setAttribute("aria-disabled", "true");
  const label = form.querySelector("[data-label]");
  if (label) label.textContent = "Processing…";
});

// Coming back with the browser's back button shows the page as it was left.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload();
});

const until = document.querySelector("[data-until]");
if (until) {
  const moment = new Date(until.getAttribute("datetime") || "");
  until.textContent = moment.toLocaleString([], { weekday: "short", hour: "numeric", minute: "2-digit" });
}

const wrong = document.querySelector("[aria-invalid='true']");
if (wrong instanceof HTMLElement) wrong.focus();
