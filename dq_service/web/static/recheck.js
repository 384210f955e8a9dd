// The order is checked as one types: the form goes to the server, its answer says what would still be wrong.
const PAUSE = 120; // milliseconds without a key
let waiting = 0;
let asking = null;

const look = async (form) => {
  asking?.abort();
  asking = new AbortController();
  try {
    const answer = await fetch(form.dataset.look, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      signal: asking.signal,
    });
    if (!answer.ok || answer.redirected) return;
    const told = document.createRange().createContextualFragment(await answer.text());
    document.getElementById("standing")?.replaceWith(told);
  } catch (failed) {
    if (failed.name !== "AbortError") return; // what stands there is the last that was known
  }
};

document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (!form?.dataset.look) return;
  clearTimeout(waiting);
  waiting = setTimeout(look, event.target.type === "radio" ? 0 : PAUSE, form);
});
