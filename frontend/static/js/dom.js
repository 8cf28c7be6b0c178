/**
 * Makes an element. Functions become listeners, `false` and `null` are left out, text is never markup.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any> | null} [properties]
 * @param {...any} children
 */
export function h(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== false && value != null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(2).filter((child) => child));
  return element;
}

/** @param {string} name @param {() => void} click @param {...any} label */
export const button = (name, click, ...label) =>
  h("button", { type: "button", class: name, click }, ...label);

/** What the page was served with. @param {Element} within @param {string} selector @returns {any} */
export const find = (within, selector) => within.querySelector(selector);

/** Shows a sentence where the page has room for it, or takes it back. @param {HTMLElement} place */
export const say = (place, words = "") => {
  place.textContent = words;
  place.hidden = !words;
};

/** Tells whoever contains the element. @param {Element} from @param {string} name @param {any} [detail] */
export const tell = (from, name, detail) =>
  from.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));

/**
 * Keeps small things in the browser. Strict settings refuse storage: then nothing is remembered.
 * @param {"localStorage" | "sessionStorage"} where
 */
const memory = (where) => ({
  /** @param {string} key */
  recall(key) {
    try {
      return JSON.parse(window[where].getItem(`holdfast.${key}`) ?? "null");
    } catch {
      return null;
    }
  },
  /** @param {string} key @param {any} value */
  keep(key, value) {
    try {
      window[where].setItem(`holdfast.${key}`, JSON.stringify(value));
    } catch {}
  },
});

export const lasting = memory("localStorage");
export const thisTab = memory("sessionStorage");

/** As the server writes it. @param {Money} money */
export function price({ amount, currency }) {
  const format = new Intl.NumberFormat("en", { style: "currency", currency });
  return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}

/** @param {number} number @param {string} unit */
export const counted = (number, unit) => `${number} ${unit}${number === 1 ? "" : "s"}`;
