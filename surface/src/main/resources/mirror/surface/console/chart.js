/** Small charts as pictures, each with its table beside it for those who want the numbers. */
import { h, svg } from './dom.js';
import { table } from './table.js';
import { plain } from './visible.js';

const HEIGHT = 190;
const FOOT = 24;

/** A picture, and its numbers behind a fold. */
function figure(title, picture, columns, rows) {
  return h('figure.chart', h('figcaption', title), picture, h('details', h('summary', 'As a table'), table(title, columns, rows)));
}

/**
 * Bars, one for each row, with a line for a limit.
 *
 * @param {{name: string, value: number}[]} all in order; what is not known is left out
 * @param {(value: number) => string} say
 * @param {number} [limit] per bar
 */
export function bars(title, all, say, limit = 0) {
  const rows = all.filter((row) => Number.isFinite(row.value));
  const narrow = matchMedia('(max-width: 899px)').matches;
  const width = narrow ? 420 : 1000;
  const most = Math.max(limit * 1.1, ...rows.map((row) => row.value), 1e-9);
  const step = width / Math.max(1, rows.length);
  const y = (value) => HEIGHT - (value / most) * HEIGHT;
  const every = Math.ceil(rows.length / (narrow ? 4 : 8));
  const picture = svg('svg.bars', { viewBox: `0 0 ${width} ${HEIGHT + FOOT}`, role: 'img', 'aria-label': `${title}: ${rows.length} values, the largest ${say(Math.max(0, ...rows.map((row) => row.value)))}` },
    rows.map((row, at) => svg('g', svg('rect', { class: limit && row.value > limit ? 'over' : null, x: at * step + step * 0.14, y: y(row.value), width: step * 0.72, height: Math.max(row.value > 0 ? 1.5 : 0, HEIGHT - y(row.value)), rx: Math.min(4, step * 0.2) }, svg('title', `${plain(row.name)}: ${say(row.value)}`)),
      at % every === 0 && svg('text', { x: at * step + step / 2, y: HEIGHT + 19, 'text-anchor': at ? 'middle' : 'start' }, plain(row.name).slice(5) || plain(row.name)))),
    limit ? [svg('line.limit', { x1: 0, x2: width, y1: y(limit), y2: y(limit) }), svg('text.limit-text', { x: width, y: y(limit) - 5, 'text-anchor': 'end' }, `budget ${say(limit)}`)] : null);
  return figure(title, picture, [{ name: 'Of', of: (row) => plain(row.name) }, { name: 'Value', kind: 'number', of: (row) => say(row.value) }], rows);
}

/**
 * Lying bars with what they are of; each row is whole in itself.
 *
 * @param {{name: string, value: number, note?: string}[]} all what is not known is left out
 */
export function lanes(title, all, say) {
  const rows = all.filter((row) => Number.isFinite(row.value));
  const most = Math.max(...rows.map((row) => row.value), 1e-9);
  const picture = h('ul.lanes', { role: 'list' }, rows.map((row) => {
    const bar = svg('svg', { viewBox: '0 0 100 6', preserveAspectRatio: 'none', 'aria-hidden': 'true' }, svg('rect.track', { width: 100, height: 6, rx: 3 }), svg('rect', { width: Math.max(0.5, (100 * row.value) / most), height: 6, rx: 3 }));
    return h('li', h('span', plain(row.name)), h('span.number', say(row.value), row.note && h('small', ` ${row.note}`)), bar);
  }));
  return h('figure.chart', h('figcaption', title), picture);
}

/**
 * Points with the range in which the true value may lie.
 *
 * @param {{name: string, least: number, middle: number, most: number, note: string}[]} rows shares from 0 to 1
 */
export function intervals(title, rows) {
  const percent = (value) => `${(100 * value).toFixed(1)} %`;
  const picture = h('ul.lanes', { role: 'list' }, rows.map((row) => h('li', h('span', plain(row.name)), h('span.number', `${percent(row.least)} – ${percent(row.most)}`, h('small', ` ${row.note}`)),
    svg('svg.interval', { viewBox: '0 0 100 8', preserveAspectRatio: 'none', 'aria-hidden': 'true' }, svg('rect.track', { y: 3, width: 100, height: 2 }), svg('rect', { x: 100 * row.least, y: 2, width: Math.max(0.6, 100 * (row.most - row.least)), height: 4, rx: 2 }), svg('rect.point', { x: 100 * row.middle - 0.4, y: 0, width: 0.8, height: 8 })))));
  return figure(title, picture, [{ name: 'Of', of: (row) => plain(row.name) }, { name: 'At least', kind: 'number', of: (row) => percent(row.least) }, { name: 'At most', kind: 'number', of: (row) => percent(row.most) }, { name: 'From', of: (row) => row.note }], rows);
}
