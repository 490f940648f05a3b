/**
 * Reads JSON so that nothing of it is lost or read twice: a name that comes twice is refused, and numbers stay as they are written.
 * Source: RFC 8259, with the limits of RFC 7493 (I-JSON).
 */

/** A number as it is written; JavaScript's own would round it. */
export class Digits {
  constructor(text) {
    this.text = text;
  }
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const WORDS = { true: true, false: false, null: null };
const DEEPEST = 64;

/**
 * @param {string} text
 * @param {(path: string[], from: number, to: number) => void} [place] hears where each value stands, of those that are not in lists
 * @returns {*} Map for objects, arrays, strings, {@link Digits}, true, false, null
 * @throws {SyntaxError} one sentence, with the place
 */
export function read(text, place = () => {}) {
  let at = 0;
  const fail = (what) => {
    throw new SyntaxError(`${what} at character ${at + 1}`);
  };
  const space = () => {
    while (at < text.length && ' \t\r\n'.includes(text[at])) at++;
  };
  const take = (expression) => {
    expression.lastIndex = at;
    const found = expression.exec(text);
    if (found) at = expression.lastIndex;
    return found?.[0];
  };
  const string = () => {
    const found = take(STRING) ?? fail('a text does not end, or has a character that it may not have');
    return JSON.parse(found);
  };
  const path = [];
  const value = (depth) => {
    if (depth > DEEPEST) fail('it is nested too deeply');
    space();
    const first = text[at];
    if (first === '{') return object(depth);
    if (first === '[') return array(depth);
    if (first === '"') return string();
    for (const [word, meaning] of Object.entries(WORDS)) {
      if (text.startsWith(word, at)) {
        at += word.length;
        return meaning;
      }
    }
    return new Digits(take(NUMBER) ?? fail('no value'));
  };
  const object = (depth) => {
    const all = new Map();
    at++;
    space();
    if (text[at] === '}') return at++, all;
    for (;;) {
      space();
      const name = text[at] === '"' ? string() : fail('a name is missing');
      if (all.has(name)) fail(`the name ${JSON.stringify(name)} comes twice`);
      space();
      if (text[at++] !== ':') fail('a colon is missing');
      path.push(name);
      space();
      const from = at;
      all.set(name, value(depth + 1));
      if (path.length === depth + 1) place([...path], from, at);
      path.pop();
      space();
      const next = text[at++];
      if (next === '}') return all;
      if (next !== ',') fail('an object does not end');
    }
  };
  const array = (depth) => {
    const all = [];
    at++;
    space();
    if (text[at] === ']') return at++, all;
    for (;;) {
      all.push(value(depth + 1));
      space();
      const next = text[at++];
      if (next === ']') return all;
      if (next !== ',') fail('a list does not end');
    }
  };
  const result = value(0);
  space();
  if (at < text.length) fail('something follows the end');
  return result;
}
