// Taking the last answer back: here, while it was never on its way, or else at the site.

import { load } from "./prefetch.js";
import { newId, post } from "./request.js";

export class Undo {
  #id = null; // kept until the site has replied, so that a second try takes back no second answer

  constructor({ settings, outbox, last }) {
    Object.assign(this, { settings, outbox, last });
  }

  /** `isUndone`, with the clip to answer anew or with words on where it is. */
  async run() {
    const { texts } = this.settings;
    const { answer, clip } = this.last;
    if (answer && !answer.revises && this.outbox.forget(answer.client_id)) return { clip, isUndone: true };
    await this.outbox.send();
    if (this.outbox.answers.length > 0) return { words: texts.undoOffline };
    let offer;
    try {
      offer = await this.#atTheSite();
    } catch (problem) {
      return { words: problem.message || texts.undoOffline };
    }
    if (!offer) return { words: texts.undoneElsewhere, isUndone: true };
    if (clip?.clip === offer.clip) return { clip: Object.assign(clip, { until: offer.until }), isUndone: true };
    // When it cannot be loaded now, the queue offers it once more: it is kept for this person.
    const loaded = await load(offer).catch(() => null);
    return { clip: loaded, words: texts.undone, isUndone: true };
  }

  async #atTheSite() {
    this.#id ??= newId();
    try {
      const { offer } = await post(this.settings.urls.undo, { client_id: this.#id });
      this.#id = null;
      return offer;
    } catch (problem) {
      if (problem.isFinal) this.#id = null;
      throw problem;
    }
  }
}
