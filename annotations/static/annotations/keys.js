// Which key does what. Each action has one key, no key has two actions.

// The browser or the page's own controls need these.
const RESERVED = ["Tab", "Escape", "Shift", "Control", "Alt", "Meta", "CapsLock", "Dead", "Process", "Unidentified"];
const ARROWS = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓" };

/** Event: `action`, with the name of what its key was pressed for. */
export class Keys extends EventTarget {
  constructor({ rows, preferences }) {
    super();
    Object.assign(this, { rows, preferences });
    document.addEventListener("keydown", (event) => this.#pressed(event));
  }

  get #chosen() {
    return this.preferences.get("keys") ?? {};
  }

  keyOf(action) {
    return this.#chosen[action] ?? this.rows.find((row) => row.action === action)?.key ?? "";
  }

  actionOf(key) {
    return this.rows.find((row) => this.keyOf(row.action) === key && key !== "");
  }

  /** Give an action another key. Returns "reserved", the row whose key it is, or null when it is done. */
  choose(action, key) {
    if (RESERVED.includes(key) || /^F\d+$/.test(key)) return "reserved";
    const taken = this.actionOf(key);
    if (taken && taken.action !== action) return taken;
    this.preferences.set("keys", { ...this.#chosen, [action]: key });
    return null;
  }

  reset() {
    this.preferences.set("keys", {});
  }

  #pressed(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.querySelector("dialog[open]") || isTyping(event.target)) return;
    const key = keyOfEvent(event);
    const action = (this.actionOf(key) ?? this.actionOf(digitOf(event)))?.action;
    if (!action || hasOwnUse(event.target, key)) return;
    event.preventDefault();
    if (event.repeat && !["back", "forward"].includes(action)) return;
    this.dispatchEvent(new CustomEvent("action", { detail: action }));
  }
}

export const keyOfEvent = (event) => (event.key.length === 1 ? event.key.toLowerCase() : event.key);

/** On some keyboards digits need Shift; the key in their place does as well. */
const digitOf = (event) => event.code.match(/^Digit(\d)$/)?.[1] ?? "";

const isTyping = (target) => target.matches?.("textarea, select, input:not([type=checkbox])");

/** Enter and Space work what the keyboard has gone to, except that Enter submits a label that is chosen. */
function hasOwnUse(target, key) {
  if (key !== "Enter" && key !== " ") return false;
  if (key === "Enter" && target.matches?.(".choice[aria-pressed=true]")) return false;
  return target.matches?.(key === " " ? "a, button, summary, input[type=checkbox]" : "a, button, summary");
}

export function keyName(key) {
  if (key === " ") return gettext("Space");
  if (key === "") return gettext("none");
  return ARROWS[key] ?? (key.length === 1 ? key.toUpperCase() : key);
}
