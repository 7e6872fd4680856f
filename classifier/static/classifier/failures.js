// What a page does when one of its own requests fails, so that nothing looks saved that is not.

const ASK_AGAIN_MS = 5000;
const template = document.getElementById("request-problem");
let notice = null;

export function watchFailures() {
  for (const type of ["htmx:responseError", "htmx:sendError"]) document.addEventListener(type, onFailure);
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (detail.successful && !isFollowing(detail.elt)) notice?.remove();
  });
  document.addEventListener("htmx:beforeSwap", onAnswer);
}

/** Whether this element asks by itself, again and again, until its clip has an answer. */
const isFollowing = (element) => element.matches("[hx-trigger*=delay]");

function onFailure({ detail: { elt: element, xhr } }) {
  const isGone = xhr.status >= 400 && xhr.status < 500 && xhr.status !== 429;
  if (isFollowing(element) && !isGone) {
    setTimeout(() => askAgain(element), ASK_AGAIN_MS);
    return;
  }
  if (element.matches("form[hx-post]")) element.reset();
  notice ??= template.content.firstElementChild.cloneNode(true);
  document.body.append(notice);
}

function askAgain(element) {
  if (!element.isConnected) return;
  const address = element.getAttribute("hx-get");
  window.htmx.ajax("GET", address, { source: element, target: element, swap: "outerHTML" });
}

/** Who was signed out meanwhile gets the sign-in page whole, not a copy of it inside this one. */
function onAnswer(event) {
  const { responseURL } = event.detail.xhr;
  if (!responseURL || new URL(responseURL).pathname !== template.dataset.signIn) return;
  event.detail.shouldSwap = false;
  window.location.reload();
}
