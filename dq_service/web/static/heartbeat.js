// While an order is open and looked at, its page says so once a minute: the item stays this reviewer's.
setInterval(() => {
  const order = document.querySelector("[data-order]");
  if (!order?.querySelector("[data-look]") || document.hidden) return;
  fetch(`/orders/${order.dataset.order}/claim`, { method: "POST" }).catch(() => {});
}, 60_000);
