// Elements of the page: found by id, made, and written to only where something has changed, since each write costs the browser work.

/**
 * The element of an id, which the page has.
 *
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
export function byId(id, type) {
  const found = document.getElementById(id);
  if (found instanceof type) return found;
  throw new TypeError(`The page has no ${type.name} #${id}`);
}

/**
 * Makes an element.
 *
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} name
 * @param {Readonly<Record<string, string>>} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) {
    element.setAttribute(attribute, value);
  }
  element.append(...children);
  return element;
}

/**
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * @param {Element} element
 * @param {string} name
 * @param {string} value
 */
export function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/**
 * @param {HTMLElement} element
 * @param {boolean} isShown
 */
export function setShown(element, isShown) {
  if (element.hidden === isShown) element.hidden = !isShown;
}

/** @param {HTMLElement} element */
export function show(element) {
  element.hidden = false;
}

/** @param {HTMLElement} element */
export function hide(element) {
  element.hidden = true;
}

/**
 * Height of a row in the table of connections, which the style sheet says.
 *
 * @param {HTMLElement} element
 * @returns {number} Pixels
 */
export function rowHeightOf(element) {
  return parseFloat(getComputedStyle(element).getPropertyValue("--row-height"));
}

/**
 * Makes the children of a list as many as there are items, and fills each.
 *
 * @template T
 * @template {HTMLElement} E
 * @param {HTMLElement} list
 * @param {readonly T[]} items
 * @param {{ readonly create: () => E, readonly fill: (element: E, item: T) => void }} how
 */
export function fillList(list, items, { create, fill }) {
  while (list.children.length > items.length) list.lastElementChild?.remove();
  while (list.children.length < items.length) list.append(create());
  for (const [i, item] of items.entries()) fill(/** @type {E} */ (list.children[i]), item);
}
