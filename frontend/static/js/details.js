import { ask } from "./api.js";
import { find, h, price, thisTab } from "./dom.js";

/** What was typed into a form. @param {HTMLFormElement} form @returns {Record<string, string>} */
export const typedInto = (form) =>
  Object.fromEntries(
    [...new FormData(form)].map(([name, text]) => [name, String(text).trim()]).filter(([, text]) => text),
  );

/** Who books. What was typed is kept until it is booked. */
export class DetailsForm extends HTMLElement {
  form = find(this, "form");
  /** @type {HTMLInputElement[]} */
  fields = [...this.querySelectorAll(".field")].map((field) => find(field, "input, textarea"));
  phone = this.fields.find(({ name }) => name === "phone");
  phoneIsUsual = this.phone?.required;

  connectedCallback() {
    const kept = thisTab.recall("details") ?? {};
    for (const field of this.fields) field.value = kept[field.name] ?? "";
    const method = kept.meeting_method && find(this.form, `[value="${kept.meeting_method}"]`);
    if (method) method.checked = true;
    for (const field of this.fields) field.onblur = () => field.value && isRight(field);
    this.form.oninput = () => this.#changed();
    this.#changed();
  }

  #changed() {
    const typed = typedInto(this.form);
    thisTab.keep("details", typed);
    // Whoever wants to be called must say where.
    if (this.phone) this.phone.required = this.phoneIsUsual || typed.meeting_method === "phone";
    for (const field of this.fields) if (field.ariaInvalid === "true") isRight(field, true);
  }

  /** Whether everything is right; if not, says beside each field what is missing. */
  isComplete() {
    const wrong = this.fields.filter((field) => !isRight(field));
    wrong[0]?.focus();
    return !wrong.length;
  }
}

/** @param {HTMLInputElement} field @param {boolean} [kindly] only takes a complaint back */
function isRight(field, kindly) {
  const right = field.validity.valid && !(field.required && !field.value.trim());
  if (!right && kindly) return right;
  field.ariaInvalid = String(!right);
  find(document.body, `#error-${field.name}`).textContent = right ? "" : field.dataset.complaint;
  return right;
}

/** Everything on one page before money is asked for. */
export class BookingReview extends HTMLElement {
  form = find(this, "form");

  /** @param {DetailsForm} details @param {{ id: string }} offering @param {string} start */
  show(details, { id }, start) {
    const rows = [...details.querySelectorAll(".field, fieldset")].map((part) => {
      const chosen = find(part, "input:checked + span")?.textContent;
      const said = chosen ?? find(part, ".field > input, textarea")?.value;
      const asked = find(part, "label, legend").textContent;
      return said ? [h("div", null, h("dt", null, asked), h("dd", null, said))] : [];
    });
    find(this, "dl").replaceChildren(...rows.flat());
    this.form.onchange = () => this.#price(id, start);
    this.#price(id, start);
  }

  /** @param {string} offering @param {string} start */
  async #price(offering, start) {
    const { currency } = typedInto(this.form);
    try {
      const body = { items: [{ offering, start }], currency };
      const { due_now: due, policy_text: policy } = await ask("/v1/quotes", { body });
      if (due) find(this, ".pay-total strong").textContent = price(due);
      if (policy) find(this, ".policy").textContent = policy;
    } catch (/** @type {any} */ problem) {
      // A quote that cannot be had now changes nothing: the price is asked for again when booking.
      if (!problem.passing) find(this, "book-it").explain(problem);
    }
  }
}

customElements.define("details-form", DetailsForm);
customElements.define("booking-review", BookingReview);
