/**
 * Server-sent events over fetch, so that the page's key and Last-Event-ID can be sent (an EventSource cannot send headers).
 * Source: HTML, 9.2.6 "Interpreting an event stream".
 */
import { open } from './api.js';

/**
 * Reads the text of a stream piece by piece.
 *
 * @param {(event: {name: string, id: string, data: string}) => void} hear
 * @returns {(piece: string) => void}
 */
export function reader(hear) {
  let rest = '';
  let name = '';
  let id = '';
  let data = [];
  return (piece) => {
    const lines = (rest + piece).split('\n');
    rest = lines.pop();
    for (const raw of lines) {
      const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
      if (line === '') {
        if (data.length) hear({ name: name || 'message', id, data: data.join('\n') });
        name = '';
        data = [];
        continue;
      }
      const colon = line.indexOf(':');
      if (colon === 0) continue;
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (field === 'event') name = value;
      else if (field === 'data') data.push(value);
      else if (field === 'id' && !value.includes('\0')) id = value;
    }
  };
}

const FIRST = 400;
const LONGEST = 15_000;

/** Silence after which a connection is taken for dead; the daemon sends a comment more often than that. */
const SILENCE = 45_000;

/**
 * Keeps a stream open until it is told to end: reconnects with growing waits, at once when the page wakes up or is online again.
 *
 * @param {(name: string, id: string, data: *) => void} hear
 * @param {(online: boolean, why: string) => void} state
 * @param {AbortSignal} signal ends it
 */
export async function follow(path, hear, state, signal) {
  let last = '';
  let wait = FIRST;
  while (!signal.aborted) {
    const attempt = new AbortController();
    const stop = () => attempt.abort();
    signal.addEventListener('abort', stop, { once: true });
    let heard = performance.now();
    const watch = setInterval(() => performance.now() - heard > SILENCE && stop(), 5_000);
    try {
      const response = await open(path, {
        signal: attempt.signal,
        headers: { accept: 'text/event-stream', ...(last ? { 'last-event-id': last } : {}) },
      });
      state(true, '');
      const text = response.body.pipeThrough(new TextDecoderStream()).getReader();
      const read = reader(({ name, id, data }) => {
        if (name === 'reset') {
          last = '';
          stop();
          return;
        }
        let value;
        try {
          value = JSON.parse(data);
        } catch {
          return; // a garbled event is not shown; the next snapshot has it
        }
        if (id) last = id;
        hear(name, id, value);
      });
      for (let part = await text.read(); !part.done; part = await text.read()) {
        heard = performance.now();
        wait = FIRST;
        read(part.value);
      }
      throw new Error('the daemon ended the stream');
    } catch (failure) {
      if (signal.aborted) return;
      state(false, failure.message);
      if (failure.status === 401) return;
    } finally {
      clearInterval(watch);
      signal.removeEventListener('abort', stop);
    }
    await pause(wait * (0.5 + Math.random()), signal);
    wait = Math.min(LONGEST, wait * 2);
  }
}

/** Waits, or less when there is a reason to try again at once. */
function pause(ms, signal) {
  return new Promise((done) => {
    const over = new AbortController();
    const end = () => {
      clearTimeout(timer);
      over.abort();
      done();
    };
    const timer = setTimeout(end, ms);
    const { signal: until } = over;
    window.addEventListener('online', end, { signal: until });
    window.addEventListener('pageshow', end, { signal: until });
    document.addEventListener('visibilitychange', () => document.hidden || end(), { signal: until });
    document.addEventListener('resume', end, { signal: until });
    signal.addEventListener('abort', end, { signal: until });
  });
}
