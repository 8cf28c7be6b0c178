// The public API's JSON as the pages read it. Checked with `tsc -p frontend/jsconfig.json`, never served.

export {};

declare global {
  interface Money {
    amount: number;
    currency: string;
  }

  interface Business {
    slug: string;
    name: string;
    timezone: string;
    email?: string | null;
    phone?: string | null;
  }

  interface Offering {
    id: string;
    business: string;
    title: string;
    duration_minutes: number;
    price: Money | null;
    prices?: Money[];
    horizon_days: number;
    meeting_methods: string[];
    payment_methods: string[];
    hold_minutes: number;
    collects: string[];
    timezone: string;
    policy?: { text?: string };
  }

  interface Slot {
    start: string;
    end: string;
  }

  interface Day {
    date: string;
    status: string;
    reason?: string | null;
    count?: number;
  }

  interface Availability {
    timezone: string;
    slots: Slot[];
    days: Day[];
    next_available: string | null;
  }

  interface Quote {
    due_now?: Money | null;
    policy_text?: string | null;
  }

  interface NextAction {
    kind: "redirect" | "client_secret";
    url?: string;
    client_secret?: string;
    publishable_key?: string;
    script_url?: string;
    expires_at: string;
  }

  interface Item {
    offering: string;
    title: string;
    start: string;
    end: string;
    timezone: string;
    price: Money | null;
    meeting_method?: string | null;
  }

  interface Booking {
    id: string;
    reference: string;
    status: string;
    reason: string | null;
    reason_text: string | null;
    nearest?: string[];
    items: Item[];
    business: Business;
    customer: { name: string; email?: string | null } | null;
    amount_due: Money | null;
    payment: { status: string; next_action: NextAction | null } | null;
    hold_expires_at: string | null;
    created_at: string;
    manage_url: string | null;
    calendar?: { status: string } | null;
  }

  /** What the visitor typed, by field name. */
  type Details = Record<string, string>;

  /** Where the visitor is in the booker; it lives in the address. */
  interface Place {
    month: string;
    date: string | null;
    slot: string | null;
    step: "time" | "details" | "review";
  }

  /** What the month shows; without `days` it is being fetched. `last` is the last date ever offered. */
  interface GridView {
    month: string;
    today: string;
    last: string;
    selected?: string;
    days?: Map<string, Day>;
  }

  /** What the button asks for when it is pressed. */
  interface BookOrder {
    offering: string;
    zone: () => string;
    slot: () => string;
    wish: () => object;
  }

  interface StripeError {
    code?: string;
    decline_code?: string;
    type?: string;
    message?: string;
  }

  interface StripeElement {
    mount(where: HTMLElement): void;
    on(event: string, listener: () => void): void;
  }

  interface StripeElements {
    create(kind: "payment"): StripeElement;
  }

  interface Stripe {
    elements(options: object): StripeElements;
    confirmPayment(options: object): Promise<{ error?: StripeError }>;
  }

  interface Window {
    Stripe?: (key: string, options?: object) => Stripe;
  }

  interface HTMLElementTagNameMap {
    "date-grid": import("./static/js/date-grid.js").DateGrid;
    "choose-time": import("./static/js/choose-time.js").ChooseTime;
    "details-form": import("./static/js/details.js").DetailsForm;
    "book-it": import("./static/js/book-it.js").BookIt;
  }
}
