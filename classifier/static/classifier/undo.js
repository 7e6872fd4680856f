// The offer to undo a deletion counts down and leaves when it is over.

export function startUndo(notice) {
  const left = notice.querySelector(".undo-left");
  let seconds = Number(notice.dataset.seconds);
  const tick = () => {
    if (!notice.isConnected) return;
    if (seconds <= 0) {
      (notice.closest(".upload-row") ?? notice).remove();
      return;
    }
    left.textContent = `(${seconds})`;
    seconds -= 1;
    setTimeout(tick, 1000);
  };
  tick();
  // The button that was pressed is gone, and the keyboard would have to start over.
  if (notice.closest(".upload-row")) notice.querySelector("button").focus();
}
