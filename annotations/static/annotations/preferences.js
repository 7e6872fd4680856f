// What one person chose on this page, kept in this browser.

export class Preferences {
  #values = {};

  constructor(person) {
    this.key = `review-choices:${person}`;
    try {
      this.#values = JSON.parse(localStorage.getItem(this.key) ?? "{}");
    } catch {
      // Storage is forbidden, or what it holds is not ours: preferences last as long as the page.
    }
  }

  get(name) {
    return this.#values[name];
  }

  set(name, value) {
    this.#values[name] = value;
    try {
      localStorage.setItem(this.key, JSON.stringify(this.#values));
    } catch {
      // as above
    }
  }
}
