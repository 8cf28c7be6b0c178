/**
 * Follows a booking: the stream says that something changed, and the page reads it. Without a stream it looks now and then.
 * @param {string} id
 * @param {() => Promise<boolean>} look reads the booking, and says whether there is more to come
 */
export function watch(id, look) {
  const stream = new EventSource(`/v1/bookings/${id}/stream`);
  let failures = 0;
  let pause = 2000;
  const see = () => {
    failures = 0;
    look().then((more) => more || stream.close());
  };
  const poll = async () => {
    const more = await look();
    pause = Math.min(pause * 1.3, 15_000);
    if (more) setTimeout(poll, pause);
  };
  stream.onmessage = see;
  stream.addEventListener("booking", see);
  stream.onerror = () => {
    // A stream that ended is opened again by the browser; one that cannot be had is not.
    if (++failures < 3 && stream.readyState !== EventSource.CLOSED) return;
    stream.close();
    poll();
  };
  // Phones close streams of pages that nobody looks at.
  document.addEventListener("visibilitychange", () => document.hidden || look());
}
