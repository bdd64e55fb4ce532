// The live stream: server-sent events, opened again whenever it is lost.
//
// A connection that is dead without saying so (a sleeping laptop, a lost Wi-Fi)
// shows in silence: the server tells its lag twice a second, so a few seconds
// without any message count as lost too.

import { Refusal, address, read } from "./api.js";

const PARTS = ["boards", "funnel", "sla", "latest", "lag"];
const SILENCE_MS = 6_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
const HIDDEN_MS = 60_000;

export class Stream {
  #source = null;
  #wanted = false;
  #query = {};
  #wait = FIRST_WAIT_MS;
  #timer = 0;
  #silence = 0;
  #hidden = 0;

  /**
   * @param {(part: string, value: any) => void} onPart told each part as it comes
   * @param {(state: {name: "opening" | "live" | "lost", retryAt?: number}) => void} onState
   * @param {(refusal: Refusal) => void} onRefused told when the server answers, but not with a stream
   */
  constructor(onPart, onState, onRefused) {
    Object.assign(this, { onPart, onState, onRefused });
    addEventListener("online", () => this.#again());
    document.addEventListener("visibilitychange", () => this.#seen());
  }

  /** Follow a view: `{period, team, pipeline}`; what came for the one before is no longer handed on. */
  follow(query) {
    this.#query = query;
    this.#wanted = true;
    this.#wait = FIRST_WAIT_MS;
    this.#open();
  }

  /** Try at once instead of waiting. */
  retry() {
    this.#wait = FIRST_WAIT_MS;
    this.#open();
  }

  /** End it until another view is followed. */
  end() {
    this.#wanted = false;
    this.#close();
  }

  #close() {
    clearTimeout(this.#timer);
    clearTimeout(this.#silence);
    this.#source?.close();
    this.#source = null;
  }

  #open() {
    this.#close();
    this.onState({ name: "opening" });
    const source = new EventSource(address("live", this.#query));
    this.#source = source;
    for (const part of PARTS) {
      source.addEventListener(part, (message) => this.#take(source, part, message.data));
    }
    // The browser would try again by itself, but not after an answer such as 503, and without telling when.
    source.onerror = () => this.#lost(source);
    this.#listen(source);
  }

  #take(source, part, text) {
    if (source !== this.#source) return;
    this.#wait = FIRST_WAIT_MS;
    this.#listen(source);
    this.onState({ name: "live" });
    this.onPart(part, JSON.parse(text));
  }

  #listen(source) {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#lost(source), SILENCE_MS);
  }

  async #lost(source) {
    if (source !== this.#source) return;
    this.#close();
    const wait = this.#wait * (0.8 + 0.4 * Math.random());
    this.#wait = Math.min(2 * this.#wait, LONGEST_WAIT_MS);
    this.onState({ name: "lost", retryAt: Date.now() + wait });
    this.#timer = setTimeout(() => this.#open(), wait);
    const timer = this.#timer;
    const refusal = await this.#reason();
    if (refusal !== null && timer === this.#timer && this.#source === null) this.onRefused(refusal);
  }

  /** An EventSource does not tell the status: the same question with a plain answer does. */
  async #reason() {
    const { period, team } = this.#query;
    try {
      await read("boards/visits", { period, team, top: 1 });
      return null;
    } catch (refusal) {
      return refusal instanceof Refusal && refusal.status >= 400 && refusal.status < 500 ? refusal : null;
    }
  }

  #again() {
    if (this.#wanted && this.#source === null) this.retry();
  }

  #rest() {
    this.#close();
    this.onState({ name: "opening" });
  }

  /** A page nobody looks at costs the server nothing after a while. */
  #seen() {
    clearTimeout(this.#hidden);
    if (document.hidden) this.#hidden = setTimeout(() => this.#rest(), HIDDEN_MS);
    else this.#again();
  }
}
