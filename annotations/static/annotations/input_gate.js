// Answers that come before their clip: they say nothing about any clip, and a word says so.

const READ_MS = 2000;
// Whoever typed before the clip came may be typing still: it is not meant until they paused.
const TYPING_ON_MS = 400;
// Then the clip has been there for long enough to be meant, also by whoever taps the same key again and again.
const LONGEST_MS = 1500;

export class Early {
  #element = document.getElementById("early");
  #hiding = null;
  #cameBefore = false;
  #typingUntil = 0;
  #thereSince = 0;

  get isTypingOn() {
    return performance.now() < this.#typingUntil;
  }

  refuse(words) {
    this.#cameBefore = true;
    const line = document.createElement("span");
    line.textContent = words;
    this.#element.replaceChildren(line); // a new one each time, which is read out and seen again
    clearTimeout(this.#hiding);
    if (!this.isTypingOn) return;
    this.#typingOn();
    this.#hideSoon();
  }

  #typingOn() {
    this.#typingUntil = Math.min(performance.now() + TYPING_ON_MS, this.#thereSince + LONGEST_MS);
  }

  /** The wait is over, mostly because a clip is there. The word stays long enough to be read. */
  settle() {
    this.#thereSince = performance.now();
    if (this.#cameBefore) this.#typingOn();
    this.#cameBefore = false;
    this.#hideSoon();
  }

  #hideSoon() {
    clearTimeout(this.#hiding);
    this.#hiding = setTimeout(() => this.hide(), READ_MS);
  }

  hide() {
    this.#cameBefore = false;
    this.#element.replaceChildren();
  }
}
