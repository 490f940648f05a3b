/** What waits for the owner. What is allowed is exactly what this page shows, and it is signed by a passkey for this one action. */
import { h, put } from './dom.js';
import { icon } from './icons.js';
import { Page, head, nothing } from './page.js';
import { live } from './live.js';
import { call } from './api.js';
import { go, route, to } from './route.js';
import { plain, shown } from './visible.js';
import { clip, leaf, ofDay, span } from './format.js';
import { challenge, fourWords, sha256 } from './challenge.js';
import { impossible, sign, why } from './passkeys.js';
import { envelope, open } from './envelope.js';
import { Digits } from './strict-json.js';

const SCOPES = { once: 'this once', session: 'for this session' };

/** The grave risks. */
const GRAVE = /critical|destructive|irreversible|high/;

/** What would be done, in one line; from the envelope and from nothing else. */
export function summary(text) {
  try {
    const { tool, input } = open(text).said;
    const first = input instanceof Map ? input.get('command') ?? input.get('file_path') ?? input.get('url') ?? [...input.values()].find((each) => typeof each === 'string') : input;
    return { tool: plain(tool ?? '?'), line: clip(plain(first instanceof Digits ? first.text : typeof first === 'string' ? first : ''), 160) };
  } catch {
    return { tool: '?', line: 'The request cannot be read in one way only.' };
  }
}

/** When it is too late to sign what is shown; what waits longer can be asked for anew. */
const until = (each) => each.until || each.expires;

/** What the envelope says, as far as it can be read. */
function said(each) {
  try {
    return open(each.envelope).said;
  } catch {
    return {};
  }
}

class ApprovalsPage extends Page {
  #list = null;
  #one = '';
  #passkeys = null;
  #scope = '';
  #busy = false;

  show() {
    this.#list = h('div.approvals');
    this.on(live, 'change', ({ detail }) => (detail.approvals || detail.snapshot) && this.#changed());
    this.every(1_000, () => this.#tick());
    this.#keys();
    this.moved();
  }

  moved() {
    this.#one = route().args[0] ?? '';
    this.#scope = '';
    if (this.#one) this.#paintOne();
    else this.#paintList();
  }

  step(by) {
    const all = [...this.querySelectorAll('a.approval')];
    const at = all.indexOf(document.activeElement);
    all[Math.max(0, Math.min(all.length - 1, at + by))]?.focus();
  }

  choose() {
    document.activeElement?.click?.();
  }

  async #keys() {
    try {
      this.#passkeys = await call('passkeys', { signal: this.signal });
    } catch {
      this.#passkeys = null;
    }
  }

  #changed() {
    if (!this.#one) this.#paintList();
    else if (!this.#busy && !live.approvals.some((each) => each.id === this.#one)) this.#gone('It was answered elsewhere, or its time is over.');
  }

  #paintList() {
    if (!live.ready) {
      put(this, head('Approvals'), h('p.quiet', 'Loading…'));
      return;
    }
    const waiting = [...live.approvals].sort((a, b) => Date.parse(a.expires) - Date.parse(b.expires));
    put(this, head('Approvals'), waiting.length
      ? h('ul.approval-list', waiting.map((each) => h('li', this.#card(each))))
      : nothing('Nothing waits for you.', 'What asks for your word appears here, and on your phone.'));
    this.#tick();
  }

  #card(each) {
    const { tool, line } = each.envelope ? summary(each.envelope) : { tool: plain(each.tool), line: clip(plain(each.summary ?? each.reason), 160) };
    const { risk = each.risk, project = each.project } = said(each);
    return h('a.approval', { href: to('approvals', [each.id]), 'data-grave': GRAVE.test(risk) },
      h('span.approval-top', h('b', tool), risk && h('span.tag', { 'data-tone': GRAVE.test(risk) ? 'failing' : 'waiting' }, plain(risk)), h('span.left', { 'data-expires': each.expires })),
      h('span.approval-line.mono', line),
      h('span.quiet', `${plain(each.actor)}${project ? ` in ${plain(leaf(project))}` : ''}`, each.signatures?.needed > 1 ? ` · ${each.signatures.given} of ${each.signatures.needed} signed` : ''));
  }

  #tick() {
    for (const element of this.querySelectorAll('[data-expires]')) {
      const left = Date.parse(element.dataset.expires) - Date.now();
      element.textContent = left > 0 ? `${span(left)} left` : 'over';
      element.classList.toggle('late', left < 60_000);
      if (left <= 0 && this.#one && !this.#busy) this.#over();
    }
  }

  /** What was shown can be signed no more; what still waits is shown anew, and read anew. */
  #over() {
    const each = live.approvals.find((known) => known.id === this.#one);
    if (each && Date.parse(each.expires) > Date.now() + 2_000) this.#paintOne();
    else for (const button of this.querySelectorAll('.answer button')) button.disabled = true;
  }

  async #paintOne() {
    // Asked anew, because the time in which it can be signed begins when it is asked for.
    let each;
    try {
      each = ((await call('approvals', { signal: this.signal })).approvals ?? []).find((known) => known.id === this.#one);
    } catch (failure) {
      if (failure.name !== 'AbortError') this.#gone(failure.message);
      return;
    }
    if (!each) {
      this.#gone('It is not waiting any more.');
      return;
    }
    this.#render(each);
  }

  #gone(words) {
    put(this, head('Approvals'), nothing(words), h('p.centred', h('a.button', { href: to('approvals') }, 'What else waits')));
  }

  async #render(each) {
    let what;
    let fault = '';
    try {
      what = envelope(each.envelope);
      const differs = ['tool', 'session', 'actor'].find((name) => each[name] !== undefined && what.said[name] !== each[name]);
      if (differs) fault = `What is signed and what the daemon says of it differ in "${differs}".`;
    } catch (failure) {
      what = { said: {}, exact: '', nodes: [h('pre.wrap.exact', shown(each.envelope))] };
      fault = each.envelope ? `The request cannot be read in one way only (${failure.message}).` : `${plain(each.why ?? 'The whole of it is not known')}.`;
    }
    const scopes = each.scopes?.length ? each.scopes : ['once'];
    this.#scope ||= scopes[0];
    let digest = null;
    let words = '';
    try {
      digest = await challenge(each.envelope, this.#scope);
      words = what.exact ? await fourWords(await sha256(what.exact)) : '';
      if (words !== each.code) fault ||= 'The four words of the daemon are not those of what is shown here.';
    } catch (failure) {
      fault ||= failure.message;
    }
    if (this.signal.aborted || this.#one !== each.id) return;
    const end = h('div.read-to-end');
    const allow = h('button.button.first', { type: 'button', disabled: true, click: () => this.#allow(each, digest) }, 'Read to the end to allow');
    const deny = h('button.button.grave', { type: 'button', click: () => this.#deny(each) }, 'Deny');
    const told = h('p.said', { role: 'status' }, fault ? `${fault} It can only be denied.` : '');
    // Only what is signed is told as what is asked; the daemon adds the rule.
    const { actor = each.actor, risk = each.risk, reason = '', effects = [], expires = until(each), session = each.session } = what.said;
    const grave = GRAVE.test(risk);
    put(this,
      h('div.one',
        h('header.one-head', h('a.icon-button', { href: to('approvals'), 'aria-label': 'All approvals' }, icon('back')),
          h('h1', `${plain(actor)} asks`), h('span.left', { 'data-expires': expires })),
        h('div.one-body', { tabindex: '0', role: 'group', 'aria-label': 'The whole request' },
          h('p', h('span.tag', { 'data-tone': grave ? 'failing' : 'waiting' }, plain(risk))),
          h('p.why', plain(reason), each.rule && h('span.quiet', ` · rule ${plain(each.rule)}`)),
          effects.length ? h('ul.effects.exact', effects.map((effect) => h('li', shown(typeof effect === 'string' ? effect : JSON.stringify(effect))))) : null,
          h('div.signed', what.nodes),
          h('p.quiet', `Asked ${ofDay(each.asked)} by session `, h('a', { href: to('sessions', [session]) }, clip(plain(session), 13)), each.signatures?.needed > 1 ? `; ${each.signatures.needed} devices have to sign, ${each.signatures.given} did` : ''),
          end),
        h('footer.answer',
          h('p.words', { 'aria-label': 'Four words; the terminal shows the same' }, words || '—'),
          scopes.length > 1 && h('div.scopes', { role: 'radiogroup', 'aria-label': 'For how long' }, scopes.map((scope) => h('label.scope',
            h('input', { type: 'radio', name: 'scope', value: scope, checked: scope === this.#scope, change: () => { this.#scope = scope; this.#render(each); } }), SCOPES[scope] ?? plain(scope)))),
          told, h('div.answers', deny, allow))));
    this.#tick();
    const ready = () => {
      if (Date.parse(expires) <= Date.now()) {
        put(allow, 'Its time is over');
        return;
      }
      allow.disabled = Boolean(fault) || Boolean(impossible());
      put(allow, fault ? 'Cannot be allowed' : impossible() ? 'No passkey here' : 'Allow with passkey');
      if (impossible() && !fault) told.textContent = impossible();
    };
    const seen = new IntersectionObserver(([entry]) => {
      if (!entry.isIntersecting) return;
      seen.disconnect();
      ready();
    }, { root: this.querySelector('.one-body'), rootMargin: '0px 0px 24px 0px' });
    seen.observe(end);
    this.signal.addEventListener('abort', () => seen.disconnect(), { once: true });
  }

  async #allow(each, digest) {
    const said = this.querySelector('.said');
    if (!this.#passkeys) await this.#keys();
    if (!this.#passkeys?.list?.length) {
      put(said, 'No passkey is enrolled. On the computer: mirror device invite NAME');
      return;
    }
    await this.#answer(async () => {
      const assertion = await sign(digest, this.#passkeys);
      return call(`approvals/${encodeURIComponent(each.id)}/allow`, { method: 'POST', body: { scope: this.#scope, assertion } });
    }, 'Allowed');
  }

  #deny(each) {
    this.#answer(() => call(`approvals/${encodeURIComponent(each.id)}/deny`, { method: 'POST', body: { reason: 'denied in the console' } }), 'Denied');
  }

  async #answer(work, done) {
    const buttons = [...this.querySelectorAll('.answer button')];
    const were = buttons.map((button) => button.disabled);
    const said = this.querySelector('.said');
    this.#busy = true;
    for (const button of buttons) button.disabled = true;
    put(said, done === 'Allowed' ? 'Waiting for your passkey…' : '');
    try {
      const answer = await work();
      const missing = answer.signatures && answer.signatures.given < answer.signatures.needed;
      put(said, missing ? `Signed; ${answer.signatures.needed - answer.signatures.given} more has to sign.` : `${done}.`);
      setTimeout(() => !this.signal.aborted && go('approvals'), 700);
    } catch (failure) {
      put(said, why(failure));
      buttons.forEach((button, at) => { button.disabled = were[at]; });
    } finally {
      this.#busy = false;
    }
  }
}

customElements.define('page-approvals', ApprovalsPage);
