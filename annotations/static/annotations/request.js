// Requests to the API of the site: JSON goes out and comes back, or an error that says whether to try again.

import { csrfToken } from "../classifier/settings.js";

const TIMEOUT_MS = 15_000;

export class RequestError extends Error {
  /** `isFinal` when sending the same again can never succeed. The status is 0 when nothing came back. */
  constructor({ code = "", detail = "", status = 0 } = {}) {
    super(detail);
    Object.assign(this, { code, status });
  }

  get isFinal() {
    return (
      (this.status >= 400 && this.status < 500 && ![401, 403, 408, 429].includes(this.status)) ||
      this.code === "own_clip"
    );
  }
}

/** Resolves with the JSON of the response, or null when it has none (204). Rejects with `RequestError`. */
export async function request(url, { method = "POST", body, keepalive = false } = {}) {
  let response;
  try {
    response = await fetch(url, {
      method,
      body: body && JSON.stringify(body),
      keepalive,
      headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken(), Accept: "application/json" },
      signal: keepalive ? undefined : AbortSignal.timeout(TIMEOUT_MS),
    });
    if (response.status === 204) return null;
    const json = await response.json();
    if (response.ok) return json;
    throw new RequestError({ ...json, status: response.status });
  } catch (error) {
    if (error instanceof RequestError) throw error;
    throw new RequestError({ status: response && !response.ok ? response.status : 0 });
  }
}

/** A file of a clip, kept whole: what plays next must not wait for the line. */
export async function fetchBlob(url) {
  let response;
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch {
    throw new RequestError();
  }
  if (!response.ok) throw new RequestError({ status: response.status });
  return response.blob();
}

/** An id of the browser's own. `randomUUID` is there on secure addresses only. */
export function newId() {
  return crypto.randomUUID?.() ?? [...crypto.getRandomValues(new Uint32Array(4))].join("-");
}
