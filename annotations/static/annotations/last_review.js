// What became of the last review: what the model says to it, and the way to change it or take it back.

import { describe } from "./prediction.js";

/** Events: `change` and `undo`, when their buttons are pressed. */
export class LastReview extends EventTarget {
  constructor({ names }) {
    super();
    this.names = names;
    this.element = document.getElementById("last");
    this.words = document.getElementById("last-words");
    this.changeButton = document.getElementById("change");
    this.changeButton.addEventListener("click", () => this.dispatchEvent(new Event("change")));
    document.getElementById("undo").addEventListener("click", () => this.dispatchEvent(new Event("undo")));
    this.clip = null;
    this.forget();
  }

  /** `kept` is a clip that goes on being used. */
  forget(kept = null) {
    if (this.clip !== kept) this.clip?.unload();
    Object.assign(this, { clip: null, review: null, saved: null });
    this.element.hidden = this.changeButton.hidden = true;
    this.element.classList.remove("differs");
  }

  remember(clip, review) {
    if (this.clip !== clip) this.clip?.unload();
    Object.assign(this, { clip, review, saved: null });
    this.#show();
  }

  /** Another review of the same clip. */
  changed(review) {
    this.review = review;
    this.#show(interpolate(gettext("Changed to %(answer)s."), { answer: this.#name(review) }, true));
  }

  /** The site has saved a review: `saved` is its response. */
  confirm(review, saved) {
    if (review.client_id !== this.review?.client_id) return;
    this.saved = saved;
    this.#show(review.revises ? this.words.textContent : "");
  }

  /** What the model says, once it may be known. */
  get verdict() {
    if (!this.saved) return "";
    const { prediction, agrees } = this.saved;
    if (!prediction) return gettext("The model has not answered yet.");
    if (agrees) return gettext("The model agrees.");
    const heard =
      agrees === null
        ? gettext("The model heard %(label)s (%(percent)s).")
        : gettext("The model heard %(label)s (%(percent)s). Keep your answer or change it.");
    return describe(heard, prediction, this.names);
  }

  #show(text = "") {
    const choice = interpolate(gettext("You said %(answer)s."), { answer: this.#name(this.review) }, true);
    const notes = this.saved?.notes.map((note) => note.detail) ?? [];
    this.words.textContent = text || [choice, this.verdict, ...notes].join(" ");
    this.element.classList.toggle("differs", this.saved?.agrees === false && !this.review.revises);
    this.element.hidden = this.changeButton.hidden = false;
  }

  say(text) {
    this.element.hidden = false;
    this.words.textContent = text;
    this.element.classList.remove("differs");
  }

  #name({ label, flag }) {
    return this.names[label || flag];
  }
}
