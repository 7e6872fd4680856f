// Keeps the clips of this page for as long as somebody works at it.

import { post } from "./server.js";

const EVERY_MS = 60_000;
// A page that nobody touches gives its clips up.
const AT_WORK_MS = 8 * 60_000;

export function startHeartbeat({ url, held, onBeat }) {
  let touched = Date.now();
  for (const type of ["keydown", "pointerdown"]) {
    document.addEventListener(type, () => (touched = Date.now()), { capture: true, passive: true });
  }
  setInterval(async () => {
    if (document.hidden || Date.now() - touched > AT_WORK_MS) return;
    try {
      onBeat(await post(url, { clip: held() }));
    } catch {
      // The next one may reach the site; an answer counts without.
    }
  }, EVERY_MS);
}
