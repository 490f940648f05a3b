/**
 * Where one is: `#/name/argument?words`. The fragment never reaches a server, and one-time codes that come in it are wiped at once.
 */

/** @returns {{name: string, args: string[], words: URLSearchParams}} */
export function route() {
  const [path, words = ''] = location.hash.replace(/^#\/?/, '').split('?');
  const [name, ...args] = path.split('/').map(decode);
  return { name: name || 'map', args, words: new URLSearchParams(words) };
}

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The address of a page. */
export function to(name, args = [], words = {}) {
  const given = Object.entries(words).filter(([, value]) => value !== '' && value !== null && value !== undefined);
  const tail = given.length ? `?${new URLSearchParams(given)}` : '';
  return `#/${[name, ...args].map((part) => encodeURIComponent(part)).join('/')}${tail}`;
}

export function go(name, args, words) {
  location.hash = to(name, args, words);
}

/** Changes the words of this page without a step in the history. */
export function reword(words) {
  const { name, args } = route();
  history.replaceState(null, '', to(name, args, words));
}

/**
 * The one-time code in the fragment, such as of `#pair=CODE`; the address bar does not have it any more.
 *
 * @returns {{kind: string, code: string}|null}
 */
export function takeCode() {
  const found = /^#(pair|enrol)=([^&]+)$/.exec(location.hash);
  if (!found) return null;
  history.replaceState(null, '', location.pathname);
  return { kind: found[1], code: decode(found[2]) };
}
