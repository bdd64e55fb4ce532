// What this browser remembers of the page. A browser that forbids it remembers nothing.

/** What was kept under a name; null when nothing was, undefined when nothing can be. */
export function recall(name) {
  try {
    return localStorage.getItem(`drumbeat.${name}`);
  } catch {
    return undefined;
  }
}

/** Keep a text under a name; null forgets it. */
export function remember(name, text) {
  try {
    if (text === null) localStorage.removeItem(`drumbeat.${name}`);
    else localStorage.setItem(`drumbeat.${name}`, text);
  } catch {
    // Then it is chosen again next time.
  }
}
