// What the page hands to its scripts, and how they write figures.

export function readJson(id) {
  return JSON.parse(document.getElementById(id)?.textContent ?? "{}");
}

/** 0.348 as people write it, to the whole percent. */
export const percentOf = (share) =>
  new Intl.NumberFormat(document.documentElement.lang, { style: "percent" }).format(share);

export function clock(seconds) {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** From the cookie, because signing in again in another tab makes the token in this page stale. */
export function csrfToken() {
  const name = `${document.body.dataset.csrfCookie}=`;
  const cookie = document.cookie.split("; ").find((each) => each.startsWith(name));
  return cookie?.slice(name.length) ?? document.querySelector("[name=csrfmiddlewaretoken]").value;
}
