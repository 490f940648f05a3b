/**
 * Elements from data. Text only ever becomes text: nothing here, and nothing elsewhere in the console, parses markup.
 */

const SVG = 'http://www.w3.org/2000/svg';

/**
 * @param {string} spec a tag with classes, such as `li.row.is-new`
 * @param {...*} parts an object of attributes (functions are listeners), nodes, texts, lists of these; null and false are nothing
 */
export function h(spec, ...parts) {
  const [tag, ...classes] = spec.split('.');
  return fill(document.createElement(tag), classes, parts);
}

/** The same for a picture. */
export function svg(spec, ...parts) {
  const [tag, ...classes] = spec.split('.');
  return fill(document.createElementNS(SVG, tag), classes, parts);
}

function fill(element, classes, parts) {
  if (classes.length) element.classList.add(...classes);
  for (const part of parts.flat(Infinity)) {
    if (part === null || part === undefined || part === false) continue;
    if (part instanceof Node) element.append(part);
    else if (typeof part === 'object') attributes(element, part);
    else element.append(String(part));
  }
  return element;
}

function attributes(element, all) {
  for (const [name, value] of Object.entries(all)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (name === 'class') value && element.classList.add(...value.split(' '));
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
}

/** Replaces what an element holds. */
export function put(element, ...parts) {
  element.replaceChildren();
  return fill(element, [], parts);
}
