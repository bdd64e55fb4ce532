// Elements, and writing to them only what has changed: an open page is told of
// new figures several times a second, and most of what it shows stays as it is.

/**
 * Make an element.
 * @param {string} tag
 * @param {Record<string, unknown>} attributes `class`, `text`, `on<event>`, or any attribute; null and false leave it out.
 * @param {...(Node | null)} children
 * @returns {HTMLElement}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") made.textContent = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else setAttribute(made, name, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** The element of an id, which the page is known to have. */
export const byId = (id) => document.getElementById(id);

/** Write a text, if it is another one. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Write a text in which what stands between `backticks` is something to type. */
export function setTextWithCode(node, text) {
  if (node.dataset.text === text) return;
  node.dataset.text = text;
  const pieces = text.split("`");
  node.replaceChildren(...pieces.map((piece, place) => (place % 2 ? element("code", { text: piece }) : piece)));
}

/** Set an attribute, if it is another one; null and false take it away, true sets it empty. */
export function setAttribute(node, name, value) {
  if (value === null || value === undefined || value === false) {
    if (node.hasAttribute(name)) node.removeAttribute(name);
    return;
  }
  const text = value === true ? "" : String(value);
  if (node.getAttribute(name) !== text) node.setAttribute(name, text);
}

/** Fill a bar to a share from 0 to 1. */
export function setShare(bar, share) {
  const text = `scaleX(${Math.min(1, Math.max(0, share)).toFixed(3)})`;
  if (bar.style.transform !== text) bar.style.transform = text;
}

/** Bring the children of a node into an order, moving as few of them as possible. */
export function arrange(parent, wanted) {
  const keep = new Set(wanted);
  for (const child of [...parent.children]) if (!keep.has(child)) child.remove();
  let place = parent.firstElementChild;
  for (const child of wanted) {
    if (child === place) place = place.nextElementSibling;
    else parent.insertBefore(child, place);
  }
}

const SVG = "http://www.w3.org/2000/svg";

/** One of the drawings at the top of the page; words beside it say the same, so it is hidden from readers. */
export function icon(name) {
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("class", "icon");
  drawing.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#icon-${name}`);
  drawing.append(use);
  return drawing;
}

/** Whether the user asked for less motion. */
export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
