/**
 * Calls of the daemon. The page's key goes in a header, never in an address; the cookie goes by itself. An answer that is not
 * what was promised is an error with one sentence.
 */
import { when } from './when.js';

const KEY = 'mirror.key';

/** Hears when this browser is not, or no longer, paired. */
export const access = new EventTarget();

export class ApiError extends Error {
  /** @param {number} status of HTTP; 0: nobody answered */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export function key() {
  try {
    return localStorage.getItem(KEY) ?? '';
  } catch {
    return ''; // storage is forbidden: the browser cannot be paired
  }
}

export function keep(value) {
  if (value) localStorage.setItem(KEY, value);
  else localStorage.removeItem(KEY);
}

/**
 * @param {string} path below `api/`
 * @param {{method?: string, body?: *, signal?: AbortSignal}} [options] body is sent as JSON
 * @returns {Promise<*>} the answer
 * @throws {ApiError}
 */
export async function call(path, { method = 'GET', body, signal, headers = {} } = {}) {
  const response = await open(path, { method, body, signal, headers });
  const text = await response.text();
  try {
    return text ? JSON.parse(text) : {};
  } catch {
    throw new ApiError(response.status, 'the answer of the daemon cannot be read');
  }
}

/** The response itself, for streams; one that is not well is thrown. */
export async function open(path, { method = 'GET', body, signal, headers = {} } = {}) {
  let response;
  try {
    response = await fetch(`api/${path}`, {
      method,
      signal,
      cache: 'no-store',
      credentials: 'same-origin',
      redirect: 'error',
      headers: {
        'x-mirror-console': key(),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (failure) {
    if (failure.name === 'AbortError') throw failure;
    throw new ApiError(0, 'the daemon does not answer');
  }
  if (response.ok) return response;
  if (response.status === 401) access.dispatchEvent(new Event('lost'));
  let message = '';
  try {
    message = (await response.json()).error;
  } catch {
    // no sentence came with it
  }
  throw new ApiError(response.status, message || `the daemon refused (${response.status})`);
}

/**
 * What a command prints with --json; of the moment that all pages look at, where that can be told (`now` is true where not).
 *
 * @param {string} name such as `session`
 * @param {...string} args such as `show`, ID
 * @returns {Promise<{exit: number, error: string, data: *, now?: boolean}>}
 */
export function view(name, args = [], signal) {
  const words = new URLSearchParams(args.map((arg) => ['a', arg]));
  if (!when.isLive) words.set('time', when.to);
  return call(`view/${name}${words.size ? `?${words}` : ''}`, { signal });
}

/** The words after a path, without those that are empty. */
export function query(values) {
  const words = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== '' && value !== null && value !== undefined) words.set(name, value);
  }
  const text = words.toString();
  return text ? `?${text}` : '';
}
