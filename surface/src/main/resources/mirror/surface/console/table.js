/** Tables: of known columns, and of anything at all, so that a shape nobody foresaw is still shown. */
import { h } from './dom.js';
import { shown, plain } from './visible.js';
import { moment } from './format.js';

/**
 * @param {string} caption what it shows, for those who do not see the page
 * @param {{name: string, of: (row: *) => *, kind?: 'number'|'short'|'mono'}[]} columns
 */
export function table(caption, columns, rows) {
  const kind = (column) => (column.kind ? { class: column.kind } : {});
  return h('div.table-frame', { tabindex: '0', role: 'group', 'aria-label': caption },
    h('table', h('caption.for-readers', caption),
      h('thead', h('tr', columns.map((column) => h('th', { scope: 'col', ...kind(column) }, column.name)))),
      h('tbody', rows.map((row) => h('tr', columns.map((column) => h('td', { 'data-name': column.name, ...kind(column) }, column.of(row))))))));
}

/** Whether it is a list of objects that have these fields; what is not is shown by {@link anything}. */
export function are(data, ...names) {
  return Array.isArray(data) && data.every((each) => each && typeof each === 'object' && !Array.isArray(each) && names.every((name) => name in each));
}

const ROWS = 500;
const DEPTH = 6;

/** Whatever it is, as a table, a list of fields, or text. */
export function anything(value, caption = 'values', depth = 0) {
  if (value === null || value === undefined) return h('span.quiet', 'unknown');
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string') return text(value);
  if (typeof value !== 'object') return h('span.number', String(value));
  if (depth > DEPTH) return h('code', plain(JSON.stringify(value)));
  if (Array.isArray(value)) return list(value, caption, depth);
  const fields = Object.entries(value);
  if (!fields.length) return h('span.quiet', 'nothing');
  return h('dl.fields', fields.map(([name, each]) => [h('dt', plain(name)), h('dd', anything(each, plain(name), depth + 1))]));
}

function list(values, caption, depth) {
  if (!values.length) return h('span.quiet', 'none');
  const cut = values.length > ROWS ? h('p.quiet', `the first ${ROWS} of ${values.length}`) : null;
  const some = values.slice(0, ROWS);
  if (some.every((each) => each && typeof each === 'object' && !Array.isArray(each))) {
    const names = [...new Set(some.flatMap(Object.keys))].slice(0, 12);
    return [table(caption, names.map((name) => ({ name: plain(name), of: (row) => (name in row ? anything(row[name], plain(name), depth + 1) : '') })), some), cut];
  }
  return [h('ul.plain', some.map((each) => h('li', anything(each, caption, depth + 1)))), cut];
}

function text(value) {
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(value)) return h('time', { datetime: value }, moment(value));
  return value.includes('\n') ? h('pre', shown(value, true)) : h('span.text', shown(value));
}
