// Requests to the site, as forms. What comes back is JSON, or an error that says whether to try again.

import { csrfToken } from "../classifier/settings.js";

const PATIENCE_MS = 15_000;

export class Refused extends Error {
  /** `isFinal` when sending the same again can never succeed. */
  constructor({ code = "", detail = "", status = 0 } = {}) {
    super(detail);
    Object.assign(this, { code, status });
  }

  get isFinal() {
    return this.status >= 400 && this.status < 500 && ![401, 403, 408, 429].includes(this.status)
      || this.code === "own_clip";
  }
}

/** Resolves with the JSON of the answer. Rejects with `Refused`; its status is 0 when nothing came back. */
export async function post(url, fields, { keepalive = false } = {}) {
  const body = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    for (const one of Array.isArray(value) ? value : [value]) body.append(name, one);
  }
  let response;
  try {
    response = await fetch(url, {
      method: "POST",
      body,
      keepalive,
      headers: { "X-CSRFToken": csrfToken(), Accept: "application/json" },
      signal: keepalive ? undefined : AbortSignal.timeout(PATIENCE_MS),
    });
    const answer = await response.json();
    if (response.ok) return answer;
    throw new Refused({ ...answer, status: response.status });
  } catch (error) {
    if (error instanceof Refused) throw error;
    throw new Refused({ status: response && !response.ok ? response.status : 0 });
  }
}

/** A file of a clip, kept whole: what plays next must not wait for the line. */
export async function fetchBlob(url) {
  let response;
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch {
    throw new Refused();
  }
  if (!response.ok) throw new Refused({ status: response.status });
  return response.blob();
}

/** An id of the browser's own. `randomUUID` is there on secure addresses only. */
export function newId() {
  return crypto.randomUUID?.() ?? [...crypto.getRandomValues(new Uint32Array(4))].join("-");
}
