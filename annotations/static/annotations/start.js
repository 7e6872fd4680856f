// Enter starts, wherever the keyboard is but on something that has a use for it.
const start = document.querySelector("[data-start]");
document.addEventListener("keydown", (event) => {
  const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.repeat;
  if (event.key !== "Enter" || !isPlain || event.target.closest("a, button, input, select, summary")) return;
  start?.click();
});
