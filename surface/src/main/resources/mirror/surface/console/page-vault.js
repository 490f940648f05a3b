/** The vault: find, read, and see what a note hangs together with, what is disputed and what wants a look. */
import { h, put } from './dom.js';
import { icon } from './icons.js';
import { Page, head, nothing, part, tabs } from './page.js';
import { call, query, view } from './api.js';
import { reword, route, to } from './route.js';
import { plain, shown } from './visible.js';
import { clip, count, leaf, moment } from './format.js';
import { anything, are, table } from './table.js';
import { markdown } from './markdown.js';
import { whole } from './note.js';
import { linkGraph } from './link-graph.js';

const noteLink = (path) => h('a', { href: to('vault', [path]) }, plain(String(path).replace(/\.md$/, '')));

class VaultPage extends Page {
  #found = null;

  show() {
    const { args, words } = route();
    if (args[0]) this.#note(args.join('/'));
    else this.#front(words.get('q') ?? '', words.get('tab') ?? 'Search');
  }

  #front(words, tab) {
    const freshness = h('p.quiet');
    put(this, head('Vault', freshness), ...tabs('Vault', [
      ['Search', () => this.#search(words)], ['Review', () => this.#review()], ['Disputes', () => this.#disputes()], ['Upkeep', () => this.#upkeep()],
    ], tab, (chosen) => reword({ tab: chosen === 'Search' ? '' : chosen })));
    this.load(freshness, view('vault', ['status'], this.signal), ({ data }) => Number.isFinite(data?.notes) && `${count(data.notes)} notes${data.pending ? `, ${count(data.pending)} still being read` : ''}`);
  }

  #search(words) {
    this.#found = h('div.found');
    const field = h('input', { type: 'search', name: 'q', 'aria-label': 'Find notes, or ask', placeholder: 'Find notes, or ask a question', value: words, autocomplete: 'off' });
    const form = h('form.vault-search', { role: 'search', submit: (event) => { event.preventDefault(); reword({ q: field.value.trim() }); this.#find(field.value.trim()); } }, field, h('button.button.first', { type: 'submit' }, 'Find'));
    if (words) this.#find(words);
    else if (!matchMedia('(max-width: 899px)').matches) queueMicrotask(() => field.focus());
    return h('div.narrow', form, this.#found);
  }

  #find(words) {
    if (!words) {
      put(this.#found);
      return;
    }
    this.load(this.#found, Promise.all([view('search', [...words.split(/\s+/).filter(Boolean), '--limit', '20'], this.signal), view('ask', [words], this.signal).catch(() => ({ data: null }))]), ([hits, answer]) => {
      const said = are(answer.data?.sentences, 'quote', 'path') ? answer.data.sentences : [];
      const list = are(hits.data?.hits, 'path') ? hits.data.hits : [];
      return [
        said.length ? part('Your notes say', said.slice(0, 3).map((each) => h('blockquote.quote', h('p', shown(each.quote)), h('footer', noteLink(each.path), h('span.quiet', ` line ${each.first}`))))) : null,
        list.length ? part(`${count(hits.data.total ?? list.length)} found`, h('div.items', list.map((hit) => h('a.item', { href: to('vault', [hit.path]) }, icon('vault'),
          h('span', h('span.title', plain(leaf(hit.path).replace(/\.md$/, '')), hit.heading && h('span.quiet', ` › ${plain(hit.heading)}`)), h('span.under', marked(hit))), h('span.end', plain(hit.path.split('/').slice(0, -1).join('/')))))))
          : nothing('Nothing found.', hits.error),
      ];
    });
  }

  #note(path) {
    const place = h('article.note', { 'aria-label': 'Note' });
    put(this, place);
    this.load(place, call(`note${query({ path })}`, { signal: this.signal }).then(whole), (note) => [
      h('nav.note-nav', { 'aria-label': 'Vault' }, h('a.icon-button', { href: to('vault'), 'aria-label': 'To the vault' }, icon('back')), h('span.quiet.break', plain(note.path))),
      h('div.note-columns',
        h('div.note-text', h('h1', { class: titled(note) ? 'for-readers' : null }, title(note)), markdown(note.text, () => note.links ?? [])),
        h('aside.note-side', { 'aria-label': 'About the note' },
          note.links?.length || note.backlinks?.length ? part('Around it', linkGraph(note)) : null,
          part('Links to it', note.backlinks?.length ? h('ul.links', note.backlinks.map((each) => h('li', noteLink(each.from), h('span.quiet', ` line ${each.line}`)))) : h('p.quiet', 'none')),
          part('Links from it', note.links?.length ? h('ul.links', note.links.map((each) => h('li', each.to ? noteLink(each.to) : plain(each.text)))) : h('p.quiet', 'none')),
          note.claims?.length ? part('Claims from it', note.claims.map(claim)) : null,
          h('p.quiet.mono.break', `SHA-256 ${plain(note.digest)}`))),
    ]);
  }

  #review() {
    const place = h('div');
    this.load(place, view('vault', ['review'], this.signal), ({ data, error }) => (are(data) && data.length
      ? h('div.items', data.map((each) => h('a.item', { href: to('vault', [each.path ?? each.note ?? String(each)]) }, icon('clock'), h('span', h('span.title', plain(each.path ?? each.note ?? String(each))), h('span.under', plain(each.why ?? each.reason ?? ''))), h('span.end', plain(each.due ?? '')))))
      : data && !(Array.isArray(data) && !data.length) ? anything(data) : nothing('No note wants a look.', error)));
    return place;
  }

  #disputes() {
    const place = h('div.narrow');
    this.load(place, Promise.all([view('canon', ['claims'], this.signal), view('canon', ['check'], this.signal).catch(() => ({ data: null }))]), ([{ data, error }, check]) => {
      if (!are(data, 'says')) return data && !(Array.isArray(data) && !data.length) ? anything(data) : nothing('Nothing is claimed yet.', error);
      const disputed = data.filter((each) => each.disputed?.length || each.disputes?.length || each.stale);
      return [
        part('Under dispute', disputed.length ? disputed.map(claim) : h('p.quiet', 'No claim is disputed, and none has a source that changed.')),
        Array.isArray(check.data) && check.data.length ? part('Found by looking', anything(check.data)) : null,
        data.length ? part(`All ${count(data.length)} claims`, table('All claims', [
          { name: 'About', of: (row) => plain(row.about) }, { name: 'Says', of: (row) => plain(row.says) }, { name: 'Standing', of: (row) => plain(row.standing) },
          { name: 'Quote', of: (row) => clip(plain(row.quote), 200) }, { name: 'Admitted', of: (row) => moment(row.admitted) }], data)) : null,
      ];
    });
    return place;
  }

  #upkeep() {
    const place = h('div');
    const ask = (name) => view('vault', [name], this.signal).catch((failure) => ({ data: null, error: failure.message }));
    this.load(place, Promise.all(['broken', 'orphans', 'duplicates', 'faults', 'changes'].map(ask)), (all) => ['Links that lead nowhere', 'Notes without links', 'Near-duplicates', 'Notes that cannot be read', 'Changes by Mirror'].map((title, at) => {
      const { data, error } = all[at];
      const rows = Array.isArray(data) ? data : data?.groups ?? data;
      return part(title, Array.isArray(rows) && !rows.length ? h('p.quiet', 'none') : rows === null || rows === undefined ? h('p.quiet', error || 'unknown') : anything(rows, title));
    }));
    return place;
  }

  step(by) {
    const all = [...this.querySelectorAll('a.item')];
    all[Math.max(0, Math.min(all.length - 1, all.indexOf(document.activeElement) + by))]?.focus();
  }

  choose() {
    document.activeElement?.click?.();
  }
}

const title = (note) => plain(leaf(note.path).replace(/\.md$/, ''));

/** Whether the note says its own name as a heading. */
const titled = (note) => new RegExp('^# ', 'm').test(note.text) && String(note.text).split('\n').find((line) => line.startsWith('# ')).slice(2).trim() === title(note);

function claim(each) {
  return h('div.card.claim', h('h3', plain(each.says ?? each.claim)), h('p', `${plain(each.standing ?? '')}${each.about ? ` about ${plain(each.about)}` : ''}`, each.stale && h('span.tag', { 'data-tone': 'warning' }, 'its source changed')),
    each.quote && h('blockquote.quote', shown(each.quote)), (each.disputed ?? each.disputes)?.length ? h('p.quiet', `against ${(each.disputed ?? each.disputes).map((one) => plain(one.claim ?? one)).join(', ')}`) : null);
}

/** The found text with what was found in it. */
function marked({ text, marks = [] }) {
  const nodes = [];
  let at = 0;
  const flat = String(text).slice(0, 400);
  for (const [start, end] of marks) {
    if (!(start >= at && end <= flat.length)) continue;
    nodes.push(plain(flat.slice(at, start)), h('b', plain(flat.slice(start, end))));
    at = end;
  }
  return [...nodes, plain(flat.slice(at))];
}

customElements.define('page-vault', VaultPage);
