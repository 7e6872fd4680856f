// Says at any moment whether everything is saved, and what to do when it is not.

export class SaveState {
  constructor({ outbox }) {
    this.outbox = outbox;
    this.element = document.getElementById("save-state");
    this.words = document.getElementById("save-words");
    this.trouble = document.getElementById("trouble");
    this.fetchProblem = "";
    this.lastRefusal = "";
    outbox.addEventListener("change", () => this.show());
    window.addEventListener("beforeunload", (event) => {
      if (outbox.isVolatile && outbox.reviews.length > 0) event.preventDefault();
    });
    this.show();
  }

  /** A problem with fetching clips; null when it is over. */
  fetching(problem) {
    this.fetchProblem = problem ? this.#explain(problem) : "";
    this.show();
  }

  refusal(text) {
    this.lastRefusal = text;
    this.show();
  }

  show() {
    const { outbox } = this;
    const count = outbox.reviews.length;
    const state = count === 0 ? "saved" : outbox.problem ? "unsent" : "saving";
    this.element.dataset.state = state;
    this.words.textContent = describe(state, count);
    const problems = [
      count > 0 && outbox.problem ? this.#explain(outbox.problem) : "",
      outbox.isVolatile
        ? gettext("This browser cannot store your answers. Keep this page open until everything is saved.")
        : "",
      this.fetchProblem,
      this.lastRefusal,
    ];
    const text = [...new Set(problems.filter(Boolean))].join(" ");
    if (this.trouble.textContent !== text) this.trouble.textContent = text;
    this.trouble.hidden = text === "";
  }

  #explain(problem) {
    if (problem.status === 0)
      return gettext("The site cannot be reached. Your answers are kept here and will be sent when it is back.");
    if (problem.status === 401)
      return gettext("You were signed out. Sign in in another tab and come back: your answers are kept here.");
    return (
      problem.message || gettext("Something went wrong on the site. Your answers are kept here and will be sent again.")
    );
  }
}

function describe(state, count) {
  if (state === "saved") return gettext("Saved");
  if (state === "saving") return gettext("Saving …");
  return interpolate(
    ngettext("%(count)s answer not sent yet", "%(count)s answers not sent yet", count),
    { count },
    true,
  );
}
