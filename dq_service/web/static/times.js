// "in 12 min" goes on while the page stands; the server's words (web/pages/wording.py), every ten seconds.
const told = (seconds) => {
  const length = Math.abs(seconds);
  if (length < 30) return "now";
  const words = span(length);
  return seconds > 0 ? `in ${words}` : `${words} ago`;
};

const span = (seconds) => {
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  const days = Math.floor(hours / 24);
  return hours % 24 && days < 3 ? `${days} d ${hours % 24} h` : `${days} d`;
};

const renew = () => {
  // The server's clock decides: its difference to ours was in the page when it came.
  const offset = Number(document.querySelector("[data-now]")?.dataset.offset ?? 0);
  for (const time of document.querySelectorAll("time[data-until]")) {
    const seconds = Math.round((Date.parse(time.dateTime) - Date.now() - offset) / 1000);
    const words = told(seconds);
    if (time.textContent !== words) time.textContent = words;
  }
};

setInterval(renew, 10_000);
