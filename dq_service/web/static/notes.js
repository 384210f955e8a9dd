// A note that offers undo goes when its time is over; the server decides by its own clock all the same.
const begun = new WeakSet();

const watch = () => {
  for (const note of document.querySelectorAll(".toast[data-seconds]")) {
    if (begun.has(note)) continue;
    begun.add(note);
    let left = Number(note.dataset.seconds);
    const count = note.querySelector("[data-left]");
    const timer = setInterval(() => {
      left -= 1;
      if (left <= 0 || !note.isConnected) {
        clearInterval(timer);
        note.remove();
      } else if (count) {
        count.textContent = `${left} s`;
      }
    }, 1000);
  }
};

new MutationObserver(watch).observe(document.documentElement, { childList: true, subtree: true });
watch();
