/** How the page asks the server: never longer than a person waits without a word. */

export const PATIENCE_MS = 5000;

/** Fetch as the browser does; what is not answered in time is given up, and the error says so. */
export async function ask(path, options = {}) {
  return fetch(path, { ...options, signal: AbortSignal.timeout(PATIENCE_MS) })
    .catch(() => { throw new Error("the local Slack does not answer"); });
}
