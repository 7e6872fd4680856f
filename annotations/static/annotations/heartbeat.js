// Keeps the clips of this page for as long as somebody works at it.

import { post } from "./request.js";

const EVERY_MS = 60_000;
// A page that nobody touches gives its clips up.
const AT_WORK_MS = 8 * 60_000;

/** The function that comes back beats once more. */
export function startHeartbeat({ url, held, progress, onBeat }) {
  let touched = Date.now();
  for (const type of ["keydown", "pointerdown"]) {
    document.addEventListener(type, () => (touched = Date.now()), { capture: true, passive: true });
  }
  const beat = async () => {
    const { moment } = progress;
    try {
      const reply = await post(url, { clip: held() });
      progress.update(reply.progress, moment);
      onBeat(reply);
    } catch {
      // The next one may reach the site; an answer counts without.
    }
  };
  setInterval(() => {
    if (!document.hidden && Date.now() - touched <= AT_WORK_MS) beat();
  }, EVERY_MS);
  return beat;
}
