// Example clips beside the labels: one at a time, and never over the clip that is reviewed.

const sound = new Audio();
let playing = null;

export function stopExample() {
  sound.pause();
  playing?.setAttribute("aria-pressed", "false");
  playing = null;
}

/** `onPlay` silences the clip that is reviewed. */
export function connectExamples(onPlay) {
  const problem = document.getElementById("example-problem");
  sound.addEventListener("ended", stopExample);
  for (const button of document.querySelectorAll("[data-example]")) {
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", async () => {
      const isThis = playing === button;
      stopExample();
      if (isThis) return;
      onPlay();
      playing = button;
      button.setAttribute("aria-pressed", "true");
      sound.src = button.dataset.example;
      try {
        await sound.play();
      } catch (error) {
        problem.hidden = error.name === "AbortError";
        if (playing === button) stopExample();
      }
    });
  }
}
