// The next clip, prefetched with its sound and spectrogram, so that it plays at once.

import { fetchBlob } from "./request.js";

const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 20_000;
// Answers on their way have arrived by then, unless the line is slow or broken.
const SENT_WITHIN_MS = 4000;
const MOST_BESIDE = 10; // so many the API takes, and nobody holds many more

/** A clip with everything that is needed to play it, held in memory. */
export class LoadedClip {
  constructor(offer, sound, spectrogram) {
    Object.assign(this, offer);
    this.spectrogram = spectrogram;
    this.media = new Audio(URL.createObjectURL(sound));
    this.media.preload = "auto";
    this.media.load();
  }

  unload() {
    this.media.pause();
    URL.revokeObjectURL(this.media.src);
  }
}

export async function load(offer) {
  const sound = await fetchBlob(offer.wav_url);
  // Behind the sound, so that both are one listen in the log. A clip without a picture is still heard.
  const spectrogram = await fetchBlob(offer.spectrogram_url).catch(() => null);
  return new LoadedClip(offer, sound, spectrogram);
}

export class Prefetch {
  #fetching = null;

  /** `shown()` names the clips that the page has besides those in `ready`. */
  constructor({ api, outbox, progress, saveState, shown }) {
    Object.assign(this, { api, outbox, progress, saveState, shown });
    this.ready = [];
    window.addEventListener("pagehide", () => {
      for (const clip of this.ready) this.#release(clip);
    });
  }

  /** The next clip, or null with `progress` when nothing is left. */
  async next() {
    // What was asked for ahead may have been left to others; now it is wanted.
    if (this.ready.length === 0) await this.#fetching;
    // Perhaps nothing is left, and then the site counts what is done.
    if (this.ready.length === 0) await this.outbox.sendWithin(SENT_WITHIN_MS);
    // Whoever asked at the same moment may take what came.
    while (this.ready.length === 0) {
      const progress = await this.#fetchOne();
      if (progress) return { clip: null, progress };
    }
    return { clip: this.ready.shift(), progress: null };
  }

  /** Begin to fetch the clip after this one. */
  prepare() {
    if (this.ready.length === 0) this.#fetchOne({ ahead: true });
  }

  /** A clip that was on the desk is the next one. */
  putBack(clip) {
    clip.media.pause();
    this.ready.unshift(clip);
  }

  #fetchOne(options = {}) {
    this.#fetching ??= this.#fetch(options).finally(() => (this.#fetching = null));
    return this.#fetching;
  }

  /** Tries until a clip is ready, or none is to be had: then resolves with the progress unless it was `ahead`. */
  async #fetch({ ahead = false }) {
    for (let wait = FIRST_RETRY_MS; ; wait = Math.min(2 * wait, LONGEST_RETRY_MS)) {
      try {
        const offer = await this.api.next({ beside: this.#known.slice(0, MOST_BESIDE), ahead });
        const progress = offer || ahead ? null : await this.progress.refresh();
        this.saveState.fetching(null);
        if (!offer) return progress;
        const clip = this.#has(offer) ? null : await this.#loaded(offer);
        // Taken back or put back while this was on its way: it is here already.
        if (clip && this.#has(offer)) clip.unload();
        else if (clip) this.ready.push(clip);
        if (this.ready.length > 0) return null;
      } catch (problem) {
        // One that was withdrawn on the way is no trouble: the next one comes.
        if (problem.status !== 404) this.saveState.fetching(problem);
      }
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }

  /** The clips that are here already or answered; those that were answered last are still leased. */
  get #known() {
    const answered = this.outbox.reviews.map((review) => review.clip).reverse();
    return [...new Set([...this.shown(), ...this.ready.map((clip) => clip.clip), ...answered])];
  }

  #has({ clip }) {
    return this.#known.includes(clip);
  }

  async #loaded(offer) {
    try {
      return await load(offer);
    } catch (problem) {
      this.#release(offer);
      throw problem;
    }
  }

  #release(clip) {
    this.api.release(clip).catch(() => {}); // the lease ends by itself
  }
}
