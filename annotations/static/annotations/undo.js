// Taking the last review back: here, while it was never on its way, or else at the site.

import { load } from "./prefetch.js";
import { newId } from "./request.js";

export const undone = () => gettext("Your last answer was taken back. Answer again.");
const unreachable = () => gettext("The site cannot be reached, so nothing was taken back. Try again in a moment.");

export class Undo {
  #clientId = null; // kept until the site has replied, so that a second try takes back no second review

  constructor({ api, outbox, last }) {
    Object.assign(this, { api, outbox, last });
  }

  /** `isUndone`, with the clip to review anew or with a text on where it is. */
  async run() {
    const { review, clip } = this.last;
    if (review && !review.revises && this.outbox.cancel(review.client_id)) return { clip, isUndone: true };
    await this.outbox.send();
    if (this.outbox.reviews.length > 0) return { text: unreachable() };
    let offer;
    try {
      offer = await this.#atTheSite();
    } catch (problem) {
      return { text: problem.message || unreachable() };
    }
    if (!offer) {
      const text = gettext("Your last answer was taken back. Somebody else has that clip now.");
      return { text, isUndone: true };
    }
    const { leased_until } = offer;
    if (clip?.clip === offer.clip) return { clip: Object.assign(clip, { leased_until }), isUndone: true };
    // When it cannot be loaded now, the queue offers it once more: it is kept for this person.
    const loaded = await load(offer).catch(() => null);
    return { clip: loaded, text: undone(), isUndone: true };
  }

  async #atTheSite() {
    this.#clientId ??= newId();
    try {
      const { offer } = await this.api.undo(this.#clientId);
      this.#clientId = null;
      return offer;
    } catch (problem) {
      if (problem.isFinal) this.#clientId = null;
      throw problem;
    }
  }
}
