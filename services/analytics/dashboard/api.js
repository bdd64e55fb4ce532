// Questions to the gateway. The key travels in a cookie that scripts cannot read.

const FIGURES = "api/analytics/";

/** An answer that is no success: `status` 0 when there was none at all; `detail` says what to do. */
export class Refusal extends Error {
  constructor(status, code, detail) {
    super(detail);
    this.status = status;
    this.code = code;
    this.detail = detail;
  }
}

/** The address of a figure, for a stream or a link. */
export function address(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined);
  const text = new URLSearchParams(given).toString();
  return `${FIGURES}${path}${text && "?"}${text}`;
}

/** Read figures as JSON. @throws {Refusal} */
export const read = (path, query) => ask("GET", address(path, query));

/** Who is signed in: `{role, member_id, team_id}`. @throws {Refusal} 401 when nobody is */
export const readSession = () => ask("GET", "session");

/** Have the key checked and kept in the cookie; answers as `readSession`. @throws {Refusal} */
export const signIn = (key) => ask("POST", "session", { key });

/** Have the cookie taken back. @throws {Refusal} */
export const signOut = () => ask("DELETE", "session");

/** The tag of the page as it is served now; null when it cannot be had. */
export async function servedBuild() {
  try {
    const answer = await fetch("./", { cache: "no-cache" });
    const found = answer.ok ? /data-build="(\w+)"/.exec(await answer.text()) : null;
    return found?.[1] ?? null;
  } catch {
    return null;
  }
}

async function ask(method, url, body) {
  const options = { method, headers: { accept: "application/json" } };
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers["content-type"] = "application/json";
  }
  let answer;
  try {
    answer = await fetch(url, options);
  } catch (trouble) {
    throw new Refusal(0, "away", trouble.message);
  }
  if (answer.status === 204) return null;
  const found = await answer.json().catch(() => null);
  if (answer.ok && found !== null) return found;
  const code = String(found?.type ?? "").split(":").pop();
  throw new Refusal(answer.status, code, found?.detail ?? `${answer.status} ${answer.statusText}`);
}
