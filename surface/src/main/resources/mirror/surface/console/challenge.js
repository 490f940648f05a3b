/**
 * What a passkey signs for an approval, made by this page over exactly the text that it shows, and the four words of the action by
 * which a person compares two screens.
 */

const PREFIX = 'mirror.approval.v1\n';
let words = null;

/**
 * SHA-256 over the prefix, the envelope, a line end and the scope, in UTF-8.
 *
 * @param {string} envelope exactly as it came
 * @param {string} scope
 * @returns {Promise<Uint8Array>} 32 bytes
 * @throws {TypeError} when the envelope is not well-formed Unicode, which would be signed as something else
 */
export async function challenge(envelope, scope) {
  if (/\p{Surrogate}/u.test(envelope)) throw new TypeError('the request has a half of a character; it cannot be signed');
  const bytes = new TextEncoder().encode(`${PREFIX}${envelope}\n${scope}`);
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}

/** The first 44 bits as four words, 11 bits each; the list is BIP-39's English one. */
export async function fourWords(digest) {
  words ??= fetch('words.json').then((response) => response.json());
  const list = await words;
  let bits = 0n;
  for (const byte of digest.subarray(0, 6)) bits = (bits << 8n) | BigInt(byte);
  bits >>= 4n;
  return [33n, 22n, 11n, 0n].map((shift) => list[Number((bits >> shift) & 2047n)]).join(' ');
}

/** SHA-256 of a text in UTF-8. */
export async function sha256(text) {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
}

export function base64url(buffer) {
  const bytes = new Uint8Array(buffer);
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

export function unbase64url(text) {
  return Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (character) => character.charCodeAt(0));
}
