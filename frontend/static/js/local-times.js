import { bothZones, visitorZone } from "./dates.js";
import { h } from "./dom.js";

/** Says every time of the page as the visitor's clock shows it. @param {Element} page */
export function tellLocalTimes(page) {
  for (const time of page.querySelectorAll("time")) {
    const [own, zones] = bothZones(time.dateTime, visitorZone(), time.dataset.zone ?? "UTC");
    time.replaceChildren(own, h("small", null, zones));
  }
}
