// Keeps the clips of this page for as long as somebody works at it.

const EVERY_MS = 60_000;
// A page that nobody touches gives its clips up.
const AT_WORK_MS = 8 * 60_000;

/** `clips()` are kept, in the order in which a reload shall offer them again. Returns a function that does it now. */
export function startHeartbeat({ api, clips, progress, onLost }) {
  let touched = Date.now();
  for (const type of ["keydown", "pointerdown"]) {
    document.addEventListener(type, () => (touched = Date.now()), { capture: true, passive: true });
  }
  const beat = async () => {
    try {
      const lost = [];
      for (const clip of clips()) if (!(await extendLease(api, clip))) lost.push(clip);
      onLost(lost);
      await progress.refresh();
    } catch {
      // The next one may reach the site; a review counts without.
    }
  };
  setInterval(() => {
    if (!document.hidden && Date.now() - touched <= AT_WORK_MS) beat();
  }, EVERY_MS);
  return beat;
}

/** Says whether the clip is still kept. */
async function extendLease(api, clip) {
  try {
    const { leased_until } = await api.heartbeat(clip);
    clip.leased_until = leased_until;
    return true;
  } catch (problem) {
    if (problem.code === "lease_lost") return false;
    throw problem;
  }
}
