/** The start of the console: a one-time code is taken first, then the shell stands, then the stream begins. */
import { access, call, key } from './api.js';
import { live } from './live.js';
import { takeCode } from './route.js';
import './shell.js';

const shell = document.querySelector('mirror-shell');
const code = takeCode();

async function begin() {
  if (code?.kind === 'enrol') {
    await shell.alone('enrol', code.code);
    return;
  }
  if (code || !key()) {
    await shell.alone('pair', code?.code ?? '');
    return;
  }
  live.start();
  shell.start();
  try {
    shell.me = await call('me');
  } catch {
    // the stream tells whether somebody answers
  }
}

access.addEventListener('lost', () => {
  live.stop();
  shell.alone('pair', '');
});

// A page that the browser keeps for its Back button would keep its stream, too, and a browser has few connections for one host.
addEventListener('pagehide', () => live.stop());
addEventListener('pageshow', (event) => event.persisted && key() && live.start());

/** The one script address that the console ever makes: its own worker. */
function worker() {
  if (!navigator.serviceWorker) return;
  const only = (url) => {
    if (url !== 'sw.js') throw new TypeError('only the console\'s own worker is started');
    return url;
  };
  try {
    const address = window.trustedTypes
      ? window.trustedTypes.createPolicy('mirror-worker', { createScriptURL: only }).createScriptURL('sw.js')
      : only('sw.js');
    navigator.serviceWorker.register(address, { type: 'module' }).catch(() => {}); // works without, only not offline
  } catch {
    // the page may not make the policy: works without, only not offline
  }
}

begin();
worker();
