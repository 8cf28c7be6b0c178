// A stand-in for Stripe.js in the sandbox: the same calls, a card form of our own, no real money.
// It is a classic script, as Stripe's is, and works under a strict Content-Security-Policy.
"use strict";

(() => {
  const script = /** @type {HTMLScriptElement} */ (document.currentScript);
  const base = new URL("..", script.src).href.replace(/\/$/, "");
  const api = `${base}/v1`;

  /** @typedef {{type: string, code?: string, message: string, param?: string, [more: string]: unknown}} StripeError */
  /** @typedef {{id: string, object: string, status: string, client_secret: string, next_action: any, [more: string]: unknown}} Intent */

  const FIELDS = [
    { name: "number", label: "Card number", autocomplete: "cc-number", placeholder: "1234 1234 1234 1234", wide: true },
    { name: "expiry", label: "Expiration date", autocomplete: "cc-exp", placeholder: "MM / YY", wide: false },
    { name: "cvc", label: "Security code", autocomplete: "cc-csc", placeholder: "CVC", wide: false },
  ];

  const CHIPS = [
    { number: "4242 4242 4242 4242", title: "4242", says: "succeeds" },
    { number: "4000 0000 0000 9995", title: "9995", says: "insufficient funds" },
    { number: "4000 0027 6000 3184", title: "3184", says: "3D Secure" },
  ];

  const APPEARANCE = {
    colorPrimary: "--sandbox-color-primary",
    colorBackground: "--sandbox-color-background",
    colorText: "--sandbox-color-text",
    colorTextSecondary: "--sandbox-color-text-secondary",
    colorDanger: "--sandbox-color-danger",
    borderRadius: "--sandbox-border-radius",
    fontFamily: "--sandbox-font-family",
  };

  /** @type {Promise<CSSStyleSheet> | undefined} */
  let styles;

  function loadStyles() {
    styles ??= fetch(`${base}/js/stripe.css`)
      .then((answer) => answer.text())
      .then((text) => new CSSStyleSheet().replace(text));
    return styles;
  }

  /**
   * @param {string} tag
   * @param {Record<string, string>} attributes
   * @param {...(Node | string)} children
   */
  function element(tag, attributes, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  }

  /** @param {string} digits */
  function groupedNumber(digits) {
    const sizes = /^3[47]/.test(digits) ? [4, 6, 5] : [4, 4, 4, 4];
    const parts = [];
    let at = 0;
    for (const size of sizes) {
      if (at < digits.length) parts.push(digits.slice(at, at + size));
      at += size;
    }
    return parts.join(" ");
  }

  /** @param {string} digits */
  function groupedExpiry(digits) {
    const padded = /^[2-9]/.test(digits) ? `0${digits}` : digits;
    return padded.length > 2 ? `${padded.slice(0, 2)} / ${padded.slice(2, 4)}` : padded;
  }

  class Emitter {
    /** @type {Map<string, Set<(event: any) => void>>} */
    #listeners = new Map();

    /** @param {string} name @param {(event: any) => void} handler */
    on(name, handler) {
      const known = this.#listeners.get(name) ?? new Set();
      this.#listeners.set(name, known.add(handler));
      return this;
    }

    /** @param {string} name @param {(event: any) => void} [handler] */
    off(name, handler) {
      if (handler) this.#listeners.get(name)?.delete(handler);
      else this.#listeners.delete(name);
      return this;
    }

    /** @param {string} name @param {object} [event] */
    tell(name, event = {}) {
      for (const handler of this.#listeners.get(name) ?? []) handler(event);
    }
  }

  class CardElement extends Emitter {
    /** @type {HTMLElement | null} */
    #host = null;
    /** @type {Map<string, HTMLInputElement>} */
    #inputs = new Map();
    /** @type {Map<string, HTMLElement>} */
    #errors = new Map();

    /** @param {string} type @param {any} appearance */
    constructor(type, appearance) {
      super();
      this.type = type;
      this.appearance = appearance ?? {};
    }

    /** @param {string | HTMLElement} where */
    mount(where) {
      const container = typeof where === "string" ? document.querySelector(where) : where;
      if (!(container instanceof HTMLElement)) {
        throw new Error(`The selector you specified (${where}) applies to no DOM elements that are on the page.`);
      }
      this.unmount();
      this.#host = element("div", { "data-sandbox-card": "" });
      const root = this.#host.attachShadow({ mode: "open" });
      root.append(this.#form());
      this.#dress(this.#host);
      container.replaceChildren(this.#host);
      loadStyles().then((sheet) => {
        root.adoptedStyleSheets = [sheet];
        this.tell("ready", { elementType: this.type });
      });
    }

    unmount() {
      this.#host?.remove();
      this.#host = null;
    }

    destroy() {
      this.unmount();
      this.tell("destroy");
    }

    /** @param {{appearance?: object}} [options] */
    update(options) {
      if (options?.appearance) this.appearance = options.appearance;
      if (this.#host) this.#dress(this.#host);
    }

    focus() {
      this.#inputs.get("number")?.focus();
    }

    blur() {
      const root = this.#host?.shadowRoot;
      if (root?.activeElement instanceof HTMLElement) root.activeElement.blur();
    }

    clear() {
      for (const input of this.#inputs.values()) input.value = "";
      this.#changed();
    }

    /** The card as the API takes it, or what is still missing. @returns {{card?: Record<string, string>, error?: StripeError}} */
    read() {
      const number = this.#digits("number");
      const expiry = this.#digits("expiry");
      const cvc = this.#digits("cvc");
      const wrong = {
        number: number.length < 12 ? "Your card number is incomplete." : "",
        expiry: expiry.length < 4 ? "Your card’s expiration date is incomplete." : "",
        cvc: cvc.length < 3 ? "Your card’s security code is incomplete." : "",
      };
      this.#show(wrong);
      const first = Object.entries(wrong).find(([, message]) => message);
      if (first) {
        this.#inputs.get(first[0])?.focus();
        return { error: { type: "validation_error", code: `incomplete_${first[0]}`, message: first[1] } };
      }
      return { card: { number, exp_month: expiry.slice(0, 2), exp_year: expiry.slice(2), cvc } };
    }

    /** @param {StripeError} error */
    refuse(error) {
      const field = /cvc/.test(error.code ?? "") ? "cvc" : /expir/.test(error.code ?? "") ? "expiry" : "number";
      if (error.type === "card_error") this.#show({ [field]: error.message });
    }

    /** @param {string} name */
    #digits(name) {
      return (this.#inputs.get(name)?.value ?? "").replace(/\D/g, "");
    }

    /** @param {Record<string, string>} messages */
    #show(messages) {
      for (const [name, input] of this.#inputs) {
        const message = messages[name] ?? "";
        input.toggleAttribute("aria-invalid", false);
        if (message) input.setAttribute("aria-invalid", "true");
        const place = this.#errors.get(name);
        if (place) place.textContent = message;
      }
    }

    #changed() {
      const values = FIELDS.map((field) => this.#digits(field.name));
      this.tell("change", {
        elementType: this.type,
        empty: values.every((value) => value === ""),
        complete: values[0].length >= 12 && values[1].length >= 4 && values[2].length >= 3,
        collapsed: false,
        value: { type: "card" },
      });
    }

    #form() {
      const night = this.appearance.theme === "night";
      const form = element("div", { class: night ? "form night" : "form", role: "group", "aria-label": "Card" });
      form.append(element("p", { class: "note wide", role: "note" }, "Sandbox: no real money. Use a test card."));
      form.append(this.#chips(), ...FIELDS.map((field) => this.#field(field)));
      return form;
    }

    #chips() {
      const chips = element("div", { class: "chips wide", role: "group", "aria-label": "Test cards" });
      for (const chip of CHIPS) {
        const button = element("button", { type: "button", class: "chip" }, element("b", {}, chip.title), ` ${chip.says}`);
        button.addEventListener("click", () => {
          this.#fill({ number: chip.number, expiry: "12 / 34", cvc: "123" });
        });
        chips.append(button);
      }
      return chips;
    }

    /** @param {Record<string, string>} values */
    #fill(values) {
      for (const [name, value] of Object.entries(values)) {
        const input = this.#inputs.get(name);
        if (input) input.value = value;
      }
      this.#show({});
      this.#changed();
    }

    /** @param {typeof FIELDS[number]} field */
    #field(field) {
      const input = /** @type {HTMLInputElement} */ (
        element("input", {
          id: field.name,
          name: field.name,
          type: "text",
          inputmode: "numeric",
          autocomplete: field.autocomplete,
          placeholder: field.placeholder,
          "aria-describedby": `${field.name}-error`,
        })
      );
      const error = element("p", { class: "error", id: `${field.name}-error`, role: "alert" });
      input.addEventListener("input", (event) => this.#typed(field.name, input, /** @type {InputEvent} */ (event)));
      input.addEventListener("focus", () => this.tell("focus", { elementType: this.type }));
      input.addEventListener("blur", () => this.tell("blur", { elementType: this.type }));
      this.#inputs.set(field.name, input);
      this.#errors.set(field.name, error);
      const label = element("label", { for: field.name }, field.label);
      return element("div", field.wide ? { class: "wide" } : {}, label, input, error);
    }

    /** @param {string} name @param {HTMLInputElement} input @param {InputEvent} event */
    #typed(name, input, event) {
      const deleting = String(event.inputType || "").startsWith("delete");
      if (!deleting && input.selectionStart === input.value.length) {
        const digits = input.value.replace(/\D/g, "");
        if (name === "number") input.value = groupedNumber(digits);
        if (name === "expiry") input.value = groupedExpiry(digits);
        if (name === "cvc") input.value = digits.slice(0, 4);
      }
      input.removeAttribute("aria-invalid");
      const error = this.#errors.get(name);
      if (error) error.textContent = "";
      this.#changed();
    }

    /** @param {HTMLElement} host */
    #dress(host) {
      const wanted = this.appearance.variables ?? {};
      for (const [name, property] of Object.entries(APPEARANCE)) {
        if (wanted[name]) host.style.setProperty(property, wanted[name]);
      }
    }
  }

  class Elements extends Emitter {
    /** @type {Map<string, CardElement>} */
    #made = new Map();

    /** @param {any} options */
    constructor(options) {
      super();
      this.options = options ?? {};
    }

    /** @param {string} type */
    create(type) {
      if (type !== "payment" && type !== "card") throw new Error(`The sandbox has no ${type} element.`);
      if (this.#made.size) throw new Error("Can only create one card form per elements() here.");
      const made = new CardElement(type, this.options.appearance);
      this.#made.set(type, made);
      return made;
    }

    /** @param {string} type */
    getElement(type) {
      return this.#made.get(type) ?? null;
    }

    /** @param {any} options */
    update(options) {
      Object.assign(this.options, options);
      for (const made of this.#made.values()) made.update(options);
    }

    async submit() {
      const { error } = this.card().read();
      return error ? { error } : { selectedPaymentMethod: "card" };
    }

    async fetchUpdates() {
      return {};
    }

    card() {
      const [made] = this.#made.values();
      if (!made) throw new Error("Create and mount a payment element first.");
      return made;
    }
  }

  /** @param {string} secret */
  const idOf = (secret) => secret.split("_secret_")[0];

  /** @param {string} secret */
  const kindOf = (secret) => (secret.startsWith("seti_") ? "setup_intents" : "payment_intents");

  /** @param {string} secret @param {Intent} intent */
  const named = (secret, intent) => (kindOf(secret) === "setup_intents" ? { setupIntent: intent } : { paymentIntent: intent });

  /** Waits for a page that is about to be left. */
  const leaving = () => new Promise(() => {});

  class StripeStandIn {
    /** @param {string} key */
    constructor(key) {
      this.key = key;
    }

    /** @param {any} options */
    elements(options) {
      return new Elements(options);
    }

    /** @param {any} options */
    confirmPayment(options) {
      return this.#confirm(options);
    }

    /** @param {any} options */
    confirmSetup(options) {
      return this.#confirm(options);
    }

    /** @param {string} clientSecret */
    retrievePaymentIntent(clientSecret) {
      return this.#retrieve(clientSecret);
    }

    /** @param {string} clientSecret */
    retrieveSetupIntent(clientSecret) {
      return this.#retrieve(clientSecret);
    }

    /** @param {{clientSecret: string}} options */
    async handleNextAction({ clientSecret }) {
      const { error, intent } = await this.#call("GET", clientSecret, "", new URLSearchParams({ client_secret: clientSecret }));
      if (!intent) return { error };
      if (intent.status !== "requires_action") return named(clientSecret, intent);
      return this.#leaveFor(intent);
    }

    /** @param {any} options */
    async #confirm({ elements, clientSecret, confirmParams = {}, redirect = "always" }) {
      const secret = clientSecret ?? elements?.options.clientSecret;
      if (!secret) throw new Error("A client secret is needed: elements({clientSecret}) or confirmPayment({clientSecret}).");
      if (redirect === "always" && !confirmParams.return_url) {
        throw new Error("You must pass confirmParams.return_url when redirect is not 'if_required'.");
      }
      const form = new URLSearchParams({ client_secret: secret });
      form.set("return_url", confirmParams.return_url ?? window.location.href);
      if (confirmParams.payment_method) form.set("payment_method", confirmParams.payment_method);
      else if (elements) {
        const { card, error } = elements.card().read();
        if (error) return { error };
        form.set("payment_method_data[type]", "card");
        for (const [name, value] of Object.entries(card)) form.set(`payment_method_data[card][${name}]`, value);
      }
      const { error, intent } = await this.#call("POST", secret, "/confirm", form);
      if (!intent) {
        elements?.card().refuse(error);
        return { error };
      }
      if (intent.status === "requires_action") return this.#leaveFor(intent);
      return redirect === "if_required" ? named(secret, intent) : this.#return(confirmParams.return_url, secret);
    }

    /** @param {string} clientSecret */
    async #retrieve(clientSecret) {
      const { error, intent } = await this.#call("GET", clientSecret, "", new URLSearchParams({ client_secret: clientSecret }));
      return intent ? named(clientSecret, intent) : { error };
    }

    /** @param {Intent} intent */
    #leaveFor(intent) {
      const action = intent.next_action;
      window.location.assign(action.redirect_to_url?.url ?? action.use_stripe_sdk.stripe_js);
      return leaving();
    }

    /** @param {string} returnUrl @param {string} secret */
    #return(returnUrl, secret) {
      const word = kindOf(secret) === "setup_intents" ? "setup_intent" : "payment_intent";
      const target = new URL(returnUrl, window.location.href);
      target.searchParams.set(word, idOf(secret));
      target.searchParams.set(`${word}_client_secret`, secret);
      target.searchParams.set("redirect_status", "succeeded");
      window.location.assign(target.href);
      return leaving();
    }

    /**
     * @param {"GET" | "POST"} method
     * @param {string} secret
     * @param {string} step
     * @param {URLSearchParams} form
     * @returns {Promise<{error?: StripeError, intent?: Intent}>}
     */
    async #call(method, secret, step, form) {
      const url = `${api}/${kindOf(secret)}/${idOf(secret)}${step}`;
      const headers = { Authorization: `Bearer ${this.key}` };
      try {
        const answer =
          method === "GET" ? await fetch(`${url}?${form}`, { headers }) : await fetch(url, { method, headers, body: form });
        const body = await answer.json();
        return answer.ok ? { intent: body } : { error: body.error };
      } catch {
        return { error: { type: "api_connection_error", message: "We could not reach the payment provider. Try again." } };
      }
    }
  }

  /** @param {string} key */
  const open = (key) => {
    if (!/^pk_test_/.test(key)) throw new Error("The sandbox takes a publishable key that begins with pk_test_.");
    return new StripeStandIn(key);
  };
  Object.assign(window, { Stripe: Object.assign(open, { version: "sandbox" }) });
})();
