// Signing in: by the key in the address's fragment, which never travels to a server and is taken out of the
// address bar at once, or by a small form.

import { readSession, signIn } from "./api.js";
import { byId, setAttribute, setText, setTextWithCode } from "./dom.js";
import { say } from "./language.js";
import { recall, remember } from "./memory.js";

const WORDS = { 0: "signin.away", 401: "signin.bad", 422: "signin.bad", 503: "signin.away" };

let message = null;
let done = () => {};

/**
 * Find out who is signed in; asks for a key until somebody is.
 * @returns {Promise<{role: string, member_id: string | null, team_id: string | null}>}
 */
export async function session() {
  const key = takeKey();
  // The cookie cannot be seen from here. Asking without one would be answered with an error for nothing.
  if (key === null && recall("signed-in") === null) return askForKey(null);
  try {
    return readable(key === null ? await readSession() : await signIn(key));
  } catch (refusal) {
    return askForKey(key === null && refusal.status === 401 ? null : refusal);
  }
}

/** Show the form until a key is good; `refusal` says why the one before was not. */
export function askForKey(refusal, words = null) {
  remember("signed-in", null);
  showMessage(refusal === null ? words : wordsFor(refusal));
  setAttribute(document.documentElement, "data-signed", "out");
  byId("key").focus();
  return new Promise((resolve) => (done = resolve));
}

/** Begin to listen to the form, and to an address with a key that is pasted over the page's own. */
export function beginSignIn(onAnotherKey) {
  byId("signin").addEventListener("submit", (press) => {
    press.preventDefault();
    submit();
  });
  addEventListener("hashchange", () => location.hash.startsWith("#key=") && onAnotherKey());
}

/** Write the words again, in another language. */
export function relabelSignIn() {
  setTextWithCode(byId("signin-hint"), say("signin.hint"));
  showMessage(message);
}

async function submit() {
  const field = byId("key");
  const key = field.value.trim();
  if (key === "") return refuse({ key: "signin.empty" });
  busy(true);
  try {
    const found = readable(await signIn(key));
    field.value = "";
    showMessage(null);
    done(found);
  } catch (refusal) {
    refuse(wordsFor(refusal));
  } finally {
    busy(false);
  }
}

function refuse(words) {
  showMessage(words);
  byId("key").focus();
  byId("key").select();
}

function busy(is) {
  byId("signin-do").disabled = is;
  setText(byId("signin-do"), say(is ? "signin.busy" : "signin.do"));
}

function showMessage(words) {
  message = words;
  setText(byId("signin-error"), words === null ? "" : say(words.key, words.slots));
  setAttribute(byId("key"), "aria-invalid", words !== null && "true");
}

function wordsFor(refusal) {
  if (refusal.code === "publisher") return { key: "signin.publisher" };
  const key = WORDS[refusal.status];
  return key ? { key } : { key: "signin.trouble", slots: { detail: refusal.detail ?? String(refusal) } };
}

/** A publisher's key is good for the door of events and opens no figure. */
function readable(found) {
  if (found.role === "publisher") throw Object.assign(new Error("publisher"), { code: "publisher" });
  remember("signed-in", "yes");
  return found;
}

function takeKey() {
  const found = /^#key=(.+)$/.exec(location.hash);
  if (found === null) return null;
  history.replaceState(null, "", location.pathname + location.search);
  return decodeURIComponent(found[1]);
}
