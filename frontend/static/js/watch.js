/**
 * Follows a booking. The stream only says that something changed; without one the page looks now and then.
 * @param {string} id
 * @param {() => Promise<boolean>} look reads the booking, and says whether there is more to come
 */
export function watch(id, look) {
  const stream = new EventSource(`/v1/bookings/${id}/stream`);
  let timer = 0;
  let pause = 2000;
  const wait = () => {
    timer ||= setTimeout(see, pause);
    pause = Math.min(pause * 1.3, 15_000);
  };
  const see = async () => {
    clearTimeout(timer);
    timer = 0;
    if (!(await look())) stream.close();
    else if (stream.readyState !== EventSource.OPEN) wait();
  };
  stream.addEventListener("booking", see);
  stream.onopen = () => (pause = 2000);
  stream.onerror = wait;
  // Phones close the streams of pages that nobody looks at.
  document.addEventListener("visibilitychange", () => document.hidden || see());
}
