// Whether a key or a click can be meant for the clip on the desk. Input that comes before its clip is refused
// with a word, since it can be about no clip.

const READ_MS = 2000;
// Whoever typed before the clip came may be typing still: it is not meant until they paused.
const TYPING_ON_MS = 400;
// Then the clip has been there for long enough to be meant, also by whoever taps the same key again and again.
const LONGEST_MS = 1500;

export const tooEarly = () => gettext("The clip was still loading, so nothing happened.");

export class InputGate {
  #element = document.getElementById("early");
  #hasClip = false;
  #isLoading = true;
  #busyText = ""; // why input that comes meanwhile does nothing
  #hiding = null;
  #refusedBefore = false;
  #typingUntil = 0;
  #openSince = 0;

  get isBusy() {
    return this.#busyText !== "";
  }

  /** Whether there is a clip that input could be for. When it is still to come, a word says so. */
  accepts() {
    const isEarly = this.#isLoading || this.#isTypingOn;
    const text = this.#busyText || (isEarly ? tooEarly() : "");
    if (text) this.#refuse(text);
    else this.#hide();
    return text === "" && this.#hasClip;
  }

  /** The next clip is on its way. */
  load() {
    this.#hasClip = false;
    this.#isLoading = true;
  }

  /** A clip is there. */
  open() {
    this.#hasClip = true;
    this.#isLoading = false;
    this.settle();
  }

  /** No clip is left. */
  close() {
    this.#hasClip = this.#isLoading = false;
    this.#hide();
  }

  /** Refuse input with this text until the work is done. */
  async during(work, text) {
    this.#busyText = text;
    try {
      return await work;
    } finally {
      this.#busyText = "";
    }
  }

  /** The wait is over. The word stays long enough to be read. */
  settle() {
    this.#openSince = performance.now();
    if (this.#refusedBefore) this.#typingOn();
    this.#refusedBefore = false;
    this.#hideSoon();
  }

  get #isTypingOn() {
    return performance.now() < this.#typingUntil;
  }

  #refuse(text) {
    this.#refusedBefore = true;
    const line = document.createElement("span");
    line.textContent = text;
    this.#element.replaceChildren(line); // a new one each time, which is read out and seen again
    clearTimeout(this.#hiding);
    if (!this.#isTypingOn) return;
    this.#typingOn();
    this.#hideSoon();
  }

  #typingOn() {
    this.#typingUntil = Math.min(performance.now() + TYPING_ON_MS, this.#openSince + LONGEST_MS);
  }

  #hideSoon() {
    clearTimeout(this.#hiding);
    this.#hiding = setTimeout(() => this.#hide(), READ_MS);
  }

  #hide() {
    this.#refusedBefore = false;
    this.#element.replaceChildren();
  }
}
