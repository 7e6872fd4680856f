// The next clip, fetched ahead with its sound and spectrogram, so that it plays at once.

import { fetchBlob, post } from "./request.js";

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 20_000;

/** A clip with everything that is needed to play it, held in memory. */
export class LoadedClip {
  constructor(offer, sound, levels) {
    Object.assign(this, offer);
    this.levels = levels;
    this.media = new Audio(URL.createObjectURL(sound));
    this.media.preload = "auto";
    this.media.load();
  }

  forget() {
    this.media.pause();
    URL.revokeObjectURL(this.media.src);
  }
}

export async function load(offer) {
  const sound = await fetchBlob(offer.audio);
  // Behind the sound, so that both are one listen in the log. A clip without a picture is still heard.
  const levels = await fetchBlob(offer.spectrogram).catch(() => null);
  return new LoadedClip(offer, sound, levels);
}

export class Clips {
  #fetching = null;

  /** `held()` names the clips that the page has besides those in `ready`; `settled()` waits for its answers. */
  constructor({ urls, progress, held, settled, onTrouble }) {
    Object.assign(this, { urls, progress, held, settled, onTrouble });
    this.ready = [];
    window.addEventListener("pagehide", () => {
      for (const clip of this.ready) this.#release(clip);
    });
  }

  get names() {
    return this.ready.map((clip) => clip.clip);
  }

  /** The next clip, or null with `progress` when nothing is left. */
  async next() {
    // What was asked for ahead may have been left to others; now it is wanted.
    if (this.ready.length === 0) await this.#fetching;
    // Perhaps nothing is left, and then the site counts what is done.
    if (this.ready.length === 0) await this.settled();
    // Whoever asked at the same moment may take what came.
    while (this.ready.length === 0) {
      const progress = await this.#fetchOne();
      if (progress) return { clip: null, progress };
    }
    return { clip: this.ready.shift(), progress: null };
  }

  /** Begin to fetch the clip after this one. */
  prepare() {
    if (this.ready.length === 0) this.#fetchOne({ ahead: "1" });
  }

  /** A clip that was on the desk is the next one. */
  putBack(clip) {
    clip.media.pause();
    this.ready.unshift(clip);
  }

  #fetchOne(how = {}) {
    this.#fetching ??= this.#fetch(how).finally(() => (this.#fetching = null));
    return this.#fetching;
  }

  /** Tries until a clip is ready; resolves with the progress when there is none. */
  async #fetch(how) {
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
      try {
        const beside = [...this.held(), ...this.names];
        const { moment } = this.progress;
        const { offer, progress } = await post(this.urls.take, { beside, ...how });
        this.onTrouble(null);
        if (progress) this.progress.update(progress, moment);
        if (offer === null) return progress;
        const clip = this.#has(offer) ? null : await this.#loaded(offer);
        // Taken back or put back while this was on its way: it is here already.
        if (clip && this.#has(offer)) clip.forget();
        else if (clip) this.ready.push(clip);
        if (this.ready.length > 0) return null;
      } catch (problem) {
        // One that was withdrawn on the way is no trouble: the next one comes.
        if (problem.status !== 404) this.onTrouble(problem);
      }
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }

  #has({ clip }) {
    return this.held().includes(clip) || this.names.includes(clip);
  }

  async #loaded(offer) {
    try {
      return await load(offer);
    } catch (problem) {
      this.#release(offer);
      throw problem;
    }
  }

  /** `until` tells this lease from one that the next page may have got meanwhile. */
  #release({ clip, until }) {
    post(this.urls.release, { clip, until }, { keepalive: true }).catch(() => {}); // the lease ends by itself
  }
}
