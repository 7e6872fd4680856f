// What the page hands to its scripts, and the three ways of saying it.

export function readJson(id) {
  return JSON.parse(document.getElementById(id)?.textContent ?? "{}");
}

/** Fill `%(name)s` in a translated text, as Python does. */
export function fill(text, values = {}) {
  return text.replace(/%\((\w+)\)s/g, (whole, name) => values[name] ?? whole).replaceAll("%%", "%");
}

/** The right plural form for `count`, in the language of the page. */
export function fillPlural(forms, count) {
  const category = new Intl.PluralRules(document.documentElement.lang).select(count);
  return fill(forms[category] ?? forms.other, { count });
}

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
