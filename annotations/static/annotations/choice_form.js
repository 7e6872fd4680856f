// The labels and flags of one clip: one of them is chosen, or none.

/** Events: `choose`, with the name of the label or flag, and `submit`. */
export class ChoiceForm extends EventTarget {
  constructor({ gate }) {
    super();
    this.gate = gate;
    this.choices = [...document.querySelectorAll(".choice")];
    this.commentPlace = document.getElementById("comment-place");
    this.comment = document.getElementById("comment");
    this.hint = document.getElementById("answer-hint");
    for (const choice of this.choices) choice.addEventListener("click", () => this.#choose(choice));
    document.getElementById("submit").addEventListener("click", () => this.#emit("submit"));
    this.comment.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.isComposing) this.#emit("submit");
      else if (event.key === "Escape") this.comment.blur();
      else return;
      event.preventDefault();
    });
  }

  /** By the name of an action, such as `label:sad` or `flag:too_noisy`. */
  chooseKey(action) {
    const [kind, key] = action.split(":");
    this.#choose(this.choices.find((choice) => choice.dataset[kind] === key));
  }

  /** Through the flags, one after the other. */
  nextFlag() {
    const flags = this.choices.filter((choice) => choice.dataset.flag);
    const at = flags.indexOf(this.#chosen);
    this.#choose(flags[(at + 1) % flags.length], { staysHere: true });
  }

  get #chosen() {
    return this.choices.find((choice) => choice.getAttribute("aria-pressed") === "true");
  }

  #choose(choice, { staysHere = false } = {}) {
    if (!choice || !this.gate.accepts()) return;
    for (const other of this.choices) other.setAttribute("aria-pressed", other === choice);
    const needsComment = choice.dataset.flag === this.commentPlace.dataset.for;
    this.commentPlace.hidden = !needsComment;
    if (needsComment && !staysHere) this.comment.focus();
    this.hint.hidden = true;
    this.#emit("choose", choice.querySelector("span").textContent);
  }

  show({ label = "", flag = "", comment = "" } = {}) {
    for (const choice of this.choices) {
      const isIt = (label && choice.dataset.label === label) || (flag && choice.dataset.flag === flag);
      choice.setAttribute("aria-pressed", Boolean(isIt));
    }
    this.comment.value = comment;
    this.commentPlace.hidden = flag !== this.commentPlace.dataset.for;
    this.hint.hidden = true;
  }

  /** What was chosen, or null with a word on what is missing. */
  read() {
    const { label = "", flag = "" } = this.#chosen?.dataset ?? {};
    const comment = this.commentPlace.hidden ? "" : this.comment.value.trim();
    if (!label && !flag) return this.#ask(gettext("Choose a label first, or say why there is none."));
    if (flag === this.commentPlace.dataset.for && !comment) {
      this.comment.focus();
      return this.#ask(gettext("Say in a few words why this clip has no label."));
    }
    this.comment.blur();
    return { label, flag, comment };
  }

  #ask(text) {
    this.hint.textContent = text;
    this.hint.hidden = false;
    return null;
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
