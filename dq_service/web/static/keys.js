// Keys press what stands on the page: each action is a button or link that has its name, so mouse and key do the same.
// They are off inside inputs; which key does what is kept in this browser.
const KEPT = "dq-keys";
const form = () => document.querySelector(".keys-form");

const defaults = () =>
  Object.fromEntries([...(form()?.querySelectorAll("input") ?? [])].map((input) => [input.name, input.dataset.default]));

const chosen = () => {
  try {
    return { ...defaults(), ...JSON.parse(localStorage.getItem(KEPT) ?? "{}") };
  } catch {
    return defaults();
  }
};

const typing = (element) =>
  element.isContentEditable ||
  element.matches("textarea, select, input:not([type=radio], [type=checkbox], [type=button], [type=submit])");

// What was decided is on its way: until the next page stands, keys would mean the old one.
const sent = () => document.querySelector("form[data-sent]") !== null;
document.addEventListener("submit", (event) => {
  if (event.target.id === "decide") event.target.dataset.sent = "";
});

const named = (action) => document.querySelector(`[data-key="${action}"]:not([disabled])`);

// --- the row or field on which keys act ----------------------------------------------------------------------------

const stops = () => [...document.querySelectorAll("[data-row], [data-field]")].filter((one) => one.offsetParent !== null);
const current = () => document.querySelector("[data-current]");

const stand = (stop) => {
  if (!stop) return;
  current()?.removeAttribute("data-current");
  stop.setAttribute("data-current", "");
  const link = stop.matches("a, [tabindex]") ? stop : stop.querySelector("a, [tabindex]");
  link?.focus({ preventScroll: true });
  stop.scrollIntoView({ block: "nearest" });
};

const move = (step) => {
  const all = stops();
  const place = all.indexOf(current());
  stand(all[place < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, place + step))]);
};

const edit = () => {
  const field =
    current()?.matches("[data-field]") ? current() : document.querySelector("[data-field].open, [data-field].suggested");
  if (!field) return;
  stand(field);
  const fold = field.querySelector("details.edit");
  if (fold) fold.open = true;
  const input = field.querySelector("[name^='set.']");
  input?.focus();
  input?.select();
};

// A number picks its candidate; when nothing else keeps the order here, that decides, and the next one comes.
const pick = (number) => {
  const menu = document.querySelector("details.menu[open]");
  if (menu) {
    menu.querySelectorAll(".choices button")[number - 1]?.click();
    return;
  }
  const radio = document.querySelector(`[data-pick="${number}"]`);
  if (!radio) return;
  radio.checked = true;
  stand(radio.closest("[data-field]"));
  const groups = new Set([...document.querySelectorAll("[data-keeps] input[type=radio]")].map((one) => one.name));
  const settled = [...groups].every((name) => document.querySelector(`input[name="${name}"]:checked`)?.value);
  const unoffered = document.querySelector("[data-keeps]:not(:has(input[type=radio]))");
  if (groups.has(radio.name) && settled && !unoffered) named("apply")?.click();
  else radio.dispatchEvent(new Event("input", { bubbles: true }));
};

const open = () => {
  const row = current();
  if (row?.matches("[data-row]")) (row.matches("a") ? row : row.querySelector("a")).click();
  else named("apply")?.click();
};

const back = () => {
  const menu = document.querySelector("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else named("back")?.click();
};

const actions = {
  down: () => move(1),
  up: () => move(-1),
  open,
  edit,
  search: () => {
    const input = named("search");
    input?.focus();
    input?.select();
  },
  help: () => document.getElementById("keys")?.showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const at = event.target;
  if (document.querySelector("dialog[open]")) return;
  if (sent()) {
    event.preventDefault();
    return;
  }
  if (typing(at)) {
    if (event.key === "Escape") {
      at.blur();
      stand(at.closest("[data-row], [data-field]"));
      event.preventDefault();
    }
    return;
  }
  if (event.key === "Escape") {
    event.preventDefault();
    back();
    return;
  }
  if (/^[1-9]$/.test(event.key)) {
    event.preventDefault();
    pick(Number(event.key));
    return;
  }
  const action = Object.entries(chosen()).find(([, key]) => key === event.key)?.[0];
  if (!action) return;
  // Enter on a button, a link or a fold is that one's own.
  if (event.key === "Enter" && at.closest("button, a, summary") && !at.matches("[data-row]")) return;
  event.preventDefault();
  if (event.repeat && action !== "down" && action !== "up") return;
  if (actions[action]) actions[action]();
  else {
    const button = named(action);
    button?.click();
    if (button?.matches("summary")) button.focus();
  }
});

// One menu at a time; a click elsewhere closes it.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});

// --- which key does what -------------------------------------------------------------------------------------------

const dress = () => {
  const keys = chosen();
  for (const hint of document.querySelectorAll("[data-hint]")) {
    const key = keys[hint.dataset.hint];
    if (key && hint.dataset.hint !== "pick") hint.textContent = key === "Enter" ? "⏎" : key;
  }
  for (const input of form()?.querySelectorAll("input") ?? []) input.value = keys[input.name];
};

document.addEventListener(
  "submit",
  (event) => {
    if (!event.target.matches(".keys-form")) return;
    const answer = event.submitter?.value;
    try {
      if (answer === "default") localStorage.removeItem(KEPT);
      if (answer === "keep") localStorage.setItem(KEPT, JSON.stringify(Object.fromEntries(new FormData(event.target))));
    } catch {
      // a browser that keeps nothing has the keys as they were
    }
    dress();
  },
  true,
);
document.addEventListener("keydown", (event) => {
  // In the list of keys a key is not typed but pressed.
  if (!event.target.closest?.(".keys-form input") || ["Tab", "Escape"].includes(event.key)) return;
  if (event.key.length > 1 && !["Enter", "ArrowUp", "ArrowDown"].includes(event.key)) return;
  event.preventDefault();
  event.target.value = event.key;
}, true);

const arrive = () => {
  dress();
  const list = document.querySelector("[data-rows]");
  if (list && !current()) list.querySelector("[data-row]")?.setAttribute("data-current", "");
};
for (const failed of ["htmx:error", "htmx:response:error", "htmx:finally:request"])
  document.addEventListener(failed, () => document.querySelector("form[data-sent]")?.removeAttribute("data-sent"));
document.addEventListener("htmx:after:swap", arrive);
arrive();
