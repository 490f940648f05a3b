/**
 * Characters that hide: what changes the direction of text, has no width, or looks like another letter is shown as what it is.
 * Sources: Unicode TR 36 and TR 39; "Trojan Source" (CVE-2021-42574).
 */

// Format and control characters, unusual spaces and line ends, variation selectors, tags, fillers, private use, unassigned, surrogates.
const HIDDEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}\u00A0\u1680\u2000-\u200A\u202F\u205F\u3000\u034F\u115F\u1160\u17B4\u17B5\u180B-\u180F\u2800\u3164\uFE00-\uFE0F\uFFA0\u{E0100}-\u{E01EF}]/gu;

/** The name of one character, such as `U+202E`. */
export function codePoint(character) {
  return `U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
}

/**
 * The text cut into pieces: those that can be read as they are and those that hide.
 *
 * @param {boolean} lines whether line ends and tabs are layout and stay
 * @returns {{text: string, hidden: boolean}[]}
 */
export function pieces(text, lines = false) {
  const all = [];
  let at = 0;
  for (const found of text.matchAll(HIDDEN)) {
    if (lines && (found[0] === '\n' || found[0] === '\t')) continue;
    if (found.index > at) all.push({ text: text.slice(at, found.index), hidden: false });
    all.push({ text: `⟨${codePoint(found[0])}⟩`, hidden: true });
    at = found.index + found[0].length;
  }
  if (at < text.length) all.push({ text: text.slice(at), hidden: false });
  return all;
}

/** One line of text in which nothing hides. */
export function plain(text) {
  return pieces(String(text ?? '').replace(/\r?\n/g, ' ⏎ ')).map((piece) => piece.text).join('');
}

/** Nodes for a text in which nothing hides, every character of it. */
export function shown(text, lines = false) {
  return pieces(String(text ?? ''), lines).map((piece) => {
    if (!piece.hidden) return document.createTextNode(piece.text);
    const mark = document.createElement('mark');
    mark.className = 'hidden-char';
    mark.textContent = piece.text;
    return mark;
  });
}

const SCRIPTS = ['Latin', 'Cyrillic', 'Greek', 'Armenian', 'Cherokee', 'Hebrew', 'Arabic', 'Han', 'Hiragana', 'Katakana', 'Hangul', 'Thai']
  .map((name) => [name, new RegExp(`\\p{Script=${name}}`, 'u')]);

/**
 * Why a host may not be the one that it looks like, or ''.
 *
 * @param {string} host as it is written
 */
export function suspicion(host) {
  if (/[^\x21-\x7e]/.test(host)) {
    const scripts = SCRIPTS.filter(([, expression]) => expression.test(host)).map(([name]) => name);
    const odd = [...new Set(host.match(/[^\x21-\x7e]/gu))].map((letter) => `${letter} is ${codePoint(letter)}`).join(', ');
    return scripts.length > 1 ? `letters of ${scripts.join(' and ')} are mixed (${odd})` : `it has letters beyond ASCII (${odd})`;
  }
  if (/(^|\.)xn--/i.test(host)) return 'an encoded name (xn--), shown by browsers as other letters';
  if (/@/.test(host)) return 'what stands before @ is not the host';
  if (/^(0x|\d+$|0\d)/i.test(host)) return 'a number in place of a name';
  return '';
}

/** The hosts of the addresses in a text, each once, as they are written, and what looks like a host and is not plain ASCII. */
export function hosts(text) {
  const found = new Set();
  for (const match of String(text).matchAll(/\b(?:https?|wss?|ftp|ssh|git):\/\/([^\s/'"`\\?#<>|;)]+)/giu)) {
    found.add(match[1].replace(/:\d+$/, ''));
  }
  for (const [name] of String(text).matchAll(/[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+/gu)) {
    if (/[^\x21-\x7e]/.test(name) || /(^|\.)xn--/i.test(name)) found.add(name);
  }
  return [...found];
}
