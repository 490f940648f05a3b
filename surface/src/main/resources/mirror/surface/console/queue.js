/**
 * What was captured and is not known to be in the log yet. Kept by the browser, so that neither a dead network nor a closed page loses
 * it; sent as often as it takes, which is safe because each has an id of its own and is recorded once.
 */

const NAME = 'mirror-console';

/** Who does not answer within this is asked again later. */
const PATIENCE = 15_000;

function database() {
  return new Promise((done, failed) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore('captures', { keyPath: 'id' });
      request.result.createObjectStore('meta');
    };
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
}

async function within(store, mode, work) {
  const base = await database();
  try {
    return await new Promise((done, failed) => {
      const transaction = base.transaction(store, mode, { durability: 'strict' });
      const request = work(transaction.objectStore(store));
      transaction.oncomplete = () => done(request?.result);
      transaction.onerror = () => failed(transaction.error);
      transaction.onabort = () => failed(transaction.error);
    });
  } finally {
    base.close();
  }
}

/** Oldest first. @returns {Promise<{id: string, text: string, time: string}[]>} */
export async function queued() {
  const all = await within('captures', 'readonly', (store) => store.getAll());
  return all.sort((a, b) => a.time.localeCompare(b.time));
}

/** Resolves when it is on disk. */
export const put = (capture) => within('captures', 'readwrite', (store) => store.put(capture));

export const remove = (id) => within('captures', 'readwrite', (store) => store.delete(id));

/** The page's key, for the worker, which cannot read the page's storage. */
export const lend = (key) => within('meta', 'readwrite', (store) => (key ? store.put(key, 'key') : store.delete('key')));

const lent = () => within('meta', 'readonly', (store) => store.get('key'));

/**
 * Sends what is queued, oldest first; what was refused for good is kept with the reason, for the person to see.
 *
 * @param {string} [given] the page's key; without one that which was lent
 * @returns {Promise<number>} how many are left
 */
export async function flush(given) {
  const key = given ?? (await lent()) ?? '';
  for (const { id, text, time } of await queued()) {
    let response;
    try {
      response = await fetch('api/capture', {
        method: 'POST', signal: AbortSignal.timeout(PATIENCE), credentials: 'same-origin', cache: 'no-store', redirect: 'error',
        headers: { 'content-type': 'application/json', 'x-mirror-console': key }, body: JSON.stringify({ id, text, time }),
      });
    } catch {
      break; // nobody answers
    }
    if (response.ok) await remove(id);
    else if (response.status === 401 || response.status >= 500 || response.status === 429) break;
    else await put({ id, text, time, refused: (await response.json().catch(() => ({}))).error ?? `refused (${response.status})` });
  }
  return (await queued()).length;
}
