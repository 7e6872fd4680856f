// What one person chose on this page, kept in this browser.

export class Memory {
  #kept = {};

  constructor(person) {
    this.key = `review-choices:${person}`;
    try {
      this.#kept = JSON.parse(localStorage.getItem(this.key) ?? "{}");
    } catch {
      // Storage is forbidden, or what it holds is not ours: choices last as long as the page.
    }
  }

  get(name) {
    return this.#kept[name];
  }

  set(name, value) {
    this.#kept[name] = value;
    try {
      localStorage.setItem(this.key, JSON.stringify(this.#kept));
    } catch {
      // as above
    }
  }
}
