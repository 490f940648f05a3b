/** Numbers, each with what it means, how to get it without this page, and what proves it. */
import { h, put } from './dom.js';
import { Page, head, nothing, part } from './page.js';
import { when } from './when.js';
import { view } from './api.js';
import { to } from './route.js';
import { plain } from './visible.js';
import { clip, count, moment } from './format.js';
import { anything } from './table.js';

class StatsPage extends Page {
  show() {
    const place = h('div');
    put(this, head('Stats'), place);
    const show = () => this.load(place, view('stats', [], this.signal), ({ data, error }) => {
      if (!data) return nothing('No numbers yet.', error);
      const numbers = find(data);
      if (!numbers) return anything(data);
      const at = data.head ?? data.at?.head ?? {};
      return [h('p.quiet.stats-head', `As of ${moment(data.at ?? data.time ?? data.made)}`, at.seq !== undefined && [', at event ', h('a', { href: to('timeline', at.id ? [at.id] : at.origin ? [`${at.origin}-${at.seq}`] : []) }, count(at.seq)), at.hash && h('span.mono', ` ${clip(plain(at.hash), 17)}`)], '. Signed by this device; check a copy with ', h('code', 'mirror stats --check'), '.'),
        h('div.cards', numbers.map((each) => card(each, at))),
        h('details.proofs', h('summary', 'The signed statement, as it is'), part('Statement', anything(data)))];
    });
    this.on(when, 'change', show);
    show();
  }
}

/** The list of numbers, wherever it is. */
function find(data) {
  const all = Array.isArray(data) ? data : data.numbers ?? data.stats ?? data.statement?.numbers;
  return Array.isArray(all) && all.every((each) => each && typeof each === 'object' && 'name' in each) ? all : null;
}

function card(each, at) {
  const known = each.value !== null && each.value !== undefined;
  const head = each.head ?? at;
  return h('article.card.number-card', h('b', known ? (typeof each.value === 'number' ? count(each.value) : plain(each.value)) : 'unknown', known && each.unit && h('small', ` ${plain(each.unit)}`)), h('h2', plain(each.name)), h('p', plain(known ? each.definition ?? '' : each.reason ?? each.definition ?? '')),
    h('details', h('summary', 'Proof'), h('dl.fields', [['how', (each.query ?? each.source) && h('code', plain(each.query ?? each.source))], ['time', each.time && moment(each.time)], ['log', head.seq !== undefined && h('a', { href: to('timeline', head.origin ? [`${head.origin}-${head.seq}`] : []) }, `event ${count(head.seq)}`)], ['digest', each.digest && h('span.mono.break', plain(each.digest))]]
      .filter(([, value]) => value).map(([name, value]) => [h('dt', name), h('dd', value)]))));
}

customElements.define('page-stats', StatsPage);
