// Elements of the page: finds them by id, makes them, and writes to them. It writes only what has
// changed, because each write costs the browser work.

/**
 * Finds an element of the page by its id.
 *
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 * @throws {TypeError} If the page has no such element
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
 * Height of a row in the table of connections. The style sheet sets it.
 *
 * @param {HTMLElement} element
 * @returns {number} Pixels
 */
export function rowHeightOf(element) {
  return parseFloat(getComputedStyle(element).getPropertyValue("--row-height"));
}

/**
 * Gives a list one child per item, and fills each child.
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
