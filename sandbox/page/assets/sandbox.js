// The page works by reload. With this it keeps itself up to date and forms answer in place.

const EVERY = 2000;
const said = document.getElementById("said");

let silence = 0;

/** @param {string} text */
function say(text) {
  if (!said) return;
  said.textContent = text;
  clearTimeout(silence);
  silence = window.setTimeout(() => (said.textContent = ""), 5000);
}

/**
 * Bring one list to what the server shows now. Rows that have not changed are left alone, so that an opened
 * mail stays open and is not loaded again.
 * @param {Element} list
 * @param {Element} wanted
 */
function renew(list, wanted) {
  const known = new Map(Array.from(list.children, (row) => [row.id, row]));
  let place = list.firstElementChild;
  for (const fresh of Array.from(wanted.children)) {
    const old = known.get(fresh.id);
    known.delete(fresh.id);
    if (old instanceof HTMLElement && old.dataset.version === fresh.getAttribute("data-version")) {
      if (old === place) place = place.nextElementSibling;
      else list.insertBefore(old, place);
      continue;
    }
    const row = document.importNode(fresh, true);
    if (old instanceof HTMLDetailsElement && row instanceof HTMLDetailsElement) row.open = old.open;
    if (old === place && place) place = place.nextElementSibling;
    old?.remove();
    list.insertBefore(row, place);
  }
  for (const gone of known.values()) gone.remove();
}

/** @param {Document} page */
function show(page) {
  for (const list of document.querySelectorAll("[data-live]")) {
    const wanted = page.getElementById(list.id);
    if (wanted) renew(list, wanted);
  }
  const clock = document.querySelector("[data-clock]");
  const now = page.querySelector("[data-clock]");
  if (clock && now) {
    clock.textContent = now.textContent;
    clock.setAttribute("datetime", now.getAttribute("datetime") ?? "");
  }
}

async function refresh() {
  const answer = await fetch("./", { headers: { Accept: "text/html" } });
  if (!answer.ok) throw new Error(`the sandbox answered ${answer.status}`);
  show(new DOMParser().parseFromString(await answer.text(), "text/html"));
  document.body.classList.remove("lost");
}

async function keepUp() {
  if (document.visibilityState === "visible") {
    try {
      await refresh();
    } catch {
      document.body.classList.add("lost");
    }
  }
  setTimeout(keepUp, EVERY);
}

/** @param {SubmitEvent} event */
async function submitInPlace(event) {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || form.dataset.quiet === undefined) return;
  event.preventDefault();
  const fields = new FormData(form, event.submitter);
  const body = new URLSearchParams(Array.from(fields, ([name, value]) => [name, String(value)]));
  try {
    const answer = await fetch(form.action, { method: "POST", body });
    if (!answer.ok) throw new Error(`the sandbox answered ${answer.status}`);
    await refresh();
    say(form.dataset.quiet);
  } catch (problem) {
    say(`That did not work: ${problem instanceof Error ? problem.message : problem}.`);
  }
}

document.addEventListener("submit", submitInPlace);
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") refresh().catch(() => document.body.classList.add("lost"));
});
setTimeout(keepUp, EVERY);
