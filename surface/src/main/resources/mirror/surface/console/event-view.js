/** One event: what it says, what proves it, what it came from, and the events next to it in the chain. */
import { h } from './dom.js';
import { call } from './api.js';
import { to } from './route.js';
import { anything } from './table.js';
import { plain, shown } from './visible.js';
import { clip, moment, type } from './format.js';

const WORDS = { verified: 'Verified', pending: 'Pending', broken: 'Broken', unsigned: 'Unsigned' };

/**
 * @param {import('./page.js').Page} page that shows it
 * @param {string} id
 */
export function eventView(page, id) {
  const place = h('div.event-view');
  page.load(place, call(`events/${encodeURIComponent(id)}`, { signal: page.signal }), (answer) => parts(answer, id));
  return place;
}

function parts({ event = {}, line = '', proof = {}, causes = [], chain = [] }, id) {
  const state = proof.state ?? 'unknown';
  const about = [
    ['time', h('time', { datetime: event.time }, moment(event.time))],
    ['by', plain(event.actor ?? event.source ?? '')],
    ['subject', event.subject && h('a', { href: to('timeline', [], { subject: event.subject }) }, clip(plain(event.subject), 80))],
    ['session', event.session && h('a', { href: to('sessions', [event.session]) }, clip(plain(event.session), 40))],
    ['permit', event.permit && plain(event.permit)],
    ['number', event.seq],
  ].filter(([, value]) => value !== undefined && value !== '' && value !== null);
  return [
    h('h2', type(event.type ?? '')),
    h('p.quiet.mono', plain(event.id ?? id)),
    h('p.proof-line', h('i.proof', { 'data-proof': state, 'aria-hidden': 'true' }), h('span', h('b', WORDS[state] ?? 'Unknown'), ' ', plain(proof.words ?? ''))),
    h('dl.fields', about.map(([name, value]) => [h('dt', name), h('dd', value)])),
    h('h3', 'What it says'),
    anything(event.data, 'data of the event'),
    links('Came from', causes),
    links('Next to it in the chain', chain.filter((each) => each.id !== event.id)),
    h('details', h('summary', 'Proof'),
      h('dl.fields', [['hash', event.hash], ['previous', event.prev], ['position', proof.position]].filter(([, value]) => value !== undefined && value !== null)
        .map(([name, value]) => [h('dt', name), h('dd.mono.break', plain(value))])),
      proof.checkpoint ? [h('h3', 'Checkpoint'), anything(proof.checkpoint, 'checkpoint')] : h('p.quiet', 'no checkpoint covers it yet'),
      h('p.quiet', 'Check it without this page: ', h('code', `mirror prove ${plain(event.id ?? id)}`))),
    h('details', h('summary', 'Exact bytes'), h('pre.wrap', shown(line))),
  ];
}

function links(title, events) {
  if (!events.length) return null;
  return [h('h3', title), h('ul.links', events.map((each) => {
    const id = typeof each === 'string' ? each : each.id;
    return h('li', h('a', { href: to('timeline', [id]) }, clip(plain(id), 60)), ' ', h('span.quiet', each.type ? type(each.type) : ''));
  }))];
}
