// What others do shows as it happens: the server's stream of events, or a look every fifteen seconds without it.
// Nothing under the reader's hands is replaced: a list is renewed around its cursor, an order only says that it moved.
const TYPES = [
  "order.received", "order.held", "order.released", "order.refused", "order.changed", "order.cancelled",
  "order.recalled", "order.expired", "order.rechecked", "review.opened", "review.decided",
  "question.asked", "question.answered", "question.expired",
];
const APART = 2_000;
const POLL = 15_000;
let stream = null;
let due = 0;

const list = () => document.querySelector("[data-rows]") ?? document.querySelector(".queue .empty");
const busy = () => document.activeElement?.matches("input, textarea, details[open] *") || document.querySelector("dialog[open]");

const renew = async () => {
  due = 0;
  if (!list() || document.hidden) return;
  if (busy()) {
    later();
    return;
  }
  const at = document.querySelector("[data-current]")?.getAttribute("href");
  const focused = document.activeElement?.matches("[data-row]");
  const page = location.href;
  const answer = await fetch(page, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok || answer.redirected || page !== location.href || busy()) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".queue");
  const shown = document.querySelector(".queue");
  if (!fresh || !shown) return;
  for (const facet of shown.querySelectorAll("details.facet")) {
    const title = facet.querySelector("h2").textContent;
    const same = [...fresh.querySelectorAll("details.facet")].find((one) => one.querySelector("h2").textContent === title);
    if (same) same.open = facet.open;
  }
  shown.replaceWith(fresh);
  window.htmx?.process(fresh);
  const rows = [...fresh.querySelectorAll("[data-row]")];
  const row = rows.find((one) => one.getAttribute("href") === at) ?? rows[0];
  row?.setAttribute("data-current", "");
  if (focused) row?.focus({ preventScroll: true });
};

const later = () => {
  due ||= setTimeout(renew, APART);
};

const heard = (event) => {
  if (list()) later();
  const order = document.querySelector("[data-order]");
  const moved = document.querySelector("[data-moved]");
  if (order && moved && event.data.includes(order.dataset.order)) moved.hidden = false;
};

const listen = () => {
  const wanted = list() || document.querySelector("[data-order]");
  if (!wanted) stop();
  else if (!stream) {
    stream = new EventSource("/v1/events?after=latest");
    stream.addEventListener("open", () => document.documentElement.setAttribute("data-live", ""));
    for (const type of TYPES) stream.addEventListener(type, heard);
    stream.addEventListener("message", heard);
  }
};

document.addEventListener("htmx:after:swap", listen);
setInterval(() => {
  if (list() && stream?.readyState !== EventSource.OPEN) later();
}, POLL);
const stop = () => {
  stream?.close();
  stream = null;
};
addEventListener("pagehide", stop);
document.addEventListener("visibilitychange", () => {
  if (document.hidden) stop(); // browsers hold few connections to one server
  else {
    listen();
    if (list()) later();
  }
});
listen();
