import { addDays, dateIn } from "./dates.js";
import { thisTab } from "./dom.js";

/** An answer that is not the one hoped for. Status 0: no answer came. */
export class Problem extends Error {
  /** @param {number} status @param {any} body */
  constructor(status, body) {
    super(body.detail);
    this.status = status;
    this.body = body;
    /** Whether the same question may be answered later. */
    this.passing = !status || status === 429 || status >= 500;
  }
}

let skew = 0;

/** The server's clock: a visitor's may be minutes off. */
export const serverNow = () => Date.now() + skew;

/**
 * Asks the API. A body, even an empty one, makes it a write.
 * @param {string} path @param {{ body?: object, key?: string, token?: string | null }} [how]
 */
export async function ask(path, { body, key, token } = {}) {
  const writing = {
    "Content-Type": "application/json",
    "Idempotency-Key": key ?? newKey(),
    Prefer: "wait=8",
  };
  const headers = { ...(body && writing), ...(token && { "X-Manage-Token": token }) };
  const request = {
    method: body ? "POST" : "GET",
    body: JSON.stringify(body),
    headers,
    signal: AbortSignal.timeout(20_000),
  };
  const response = await fetch(path, request).catch(() => null);
  if (!response) throw new Problem(0, {});
  // The header names whole seconds: a smaller difference means nothing.
  const ahead = Date.parse(response.headers.get("date") ?? "") - Date.now();
  skew = Math.abs(ahead) > 2000 ? ahead : 0;
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Problem(response.status, answer);
  return answer;
}

/**
 * Asks again while the trouble may pass. Safe for writes too: they carry an Idempotency-Key.
 * @param {() => Promise<any>} attempt @param {() => void} [trouble] told before each further attempt
 */
export async function patiently(attempt, trouble) {
  for (const pause of [1000, 3000, 6000]) {
    try {
      return await attempt();
    } catch (/** @type {any} */ problem) {
      if (!problem.passing) throw problem;
      trouble?.();
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
  return attempt();
}

/**
 * @param {string} offering @param {string} timezone @param {string} from @param {string} to
 * @returns {Promise<Availability>}
 */
export function freeTimes(offering, timezone, from, to) {
  const query = new URLSearchParams({ offering, from, to, timezone, explain: "true" });
  return patiently(() => ask(`/v1/availability?${query}`));
}

/** The free times around one. @param {string} offering @param {string} zone @param {string} instant */
export async function nearestTo(offering, zone, instant) {
  const [today, early] = [dateIn(serverNow(), zone), addDays(dateIn(instant, zone), -3)];
  const from = early < today ? today : early;
  const { slots } = await freeTimes(offering, zone, from, addDays(from, 13));
  const far = (/** @type {Slot} */ { start }) => Math.abs(Date.parse(start) - Date.parse(instant));
  return slots
    .sort((one, other) => far(one) - far(other))
    .slice(0, 3)
    .map(({ start }) => start)
    .sort();
}

// `crypto.randomUUID` is missing on plain http.
const newKey = () => crypto.getRandomValues(new Uint32Array(4)).join("-");

/**
 * Books, once: a wish keeps its key through double clicks, retries and reloads until there is an answer.
 * @param {object} wish @param {() => void} trouble
 * @returns {Promise<Booking>}
 */
export async function book(wish, trouble) {
  const before = thisTab.recall("attempt");
  const key = before?.wish === JSON.stringify(wish) ? before.key : newKey();
  thisTab.keep("attempt", { wish: JSON.stringify(wish), key });
  const settle = () => thisTab.keep("attempt", null);
  try {
    const booking = await patiently(() => ask("/v1/bookings", { body: wish, key }), trouble);
    settle();
    return booking;
  } catch (/** @type {any} */ problem) {
    if (!problem.passing) settle();
    throw problem;
  }
}

/** The manage token, from the fragment, which no server sees. @param {string} id @param {string} [url] */
export function tokenOf(id, url = location.href) {
  const shown = /#t=(.+)/.exec(url)?.[1];
  if (shown) thisTab.keep(`token.${id}`, shown);
  return shown ?? thisTab.recall(`token.${id}`);
}

/** @param {string} id */
export function pageOf(id, folder = "bookings") {
  const token = tokenOf(id);
  return `/${folder}/${id}${token ? `#t=${token}` : ""}`;
}

/** Where to pay, if paying is what comes next. @param {Booking} booking */
export function payPage({ id, status, payment }) {
  const action = status === "awaiting_payment" && payment?.next_action;
  return action && (action.kind === "redirect" ? action.url : pageOf(id, "pay"));
}
