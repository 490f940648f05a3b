/**
 * Shows an action envelope: every field and every character of it, in an order that helps, with nothing cut and nothing hidden. What
 * has no form of its own here is shown by its name and value, so that no field can be left out.
 */
import { h } from './dom.js';
import { Digits, read } from './strict-json.js';
import { diff } from './diff.js';
import { hosts, shown, suspicion } from './visible.js';
import { moment } from './format.js';

/** Fields of tools that hold code or long text. */
const BLOCKS = new Set(['command', 'content', 'code', 'body', 'text', 'prompt', 'script', 'query', 'patch', 'diff', 'new_source', 'message', 'data']);

/** Fields that the page shows above: why, what follows, how grave. They are in the answer of {@link envelope}. */
const ABOVE = ['reason', 'effects', 'risk'];

/**
 * @typedef {{tool: *, actor: *, session: *, project: *, expires: *, reason: *, risk: *, effects: *[], input: *}} Said what the envelope
 *   says, and nobody else
 */

/**
 * Reads an envelope without showing it.
 *
 * @returns {{fields: Map, action: Map, said: Said, exact: string}} exact: the part that is the action, as it stands; its digest is what
 *   every screen's four words are made of
 * @throws {SyntaxError} when it cannot be read in one way only; then nothing may be allowed
 */
export function open(text) {
  let exact = text;
  const fields = read(text, (path, from, to) => {
    if (path.length === 1 && path[0] === 'action') exact = text.slice(from, to);
  });
  if (!(fields instanceof Map)) throw new SyntaxError('it is not an object');
  const action = fields.get('action') instanceof Map ? fields.get('action') : fields;
  const names = ['tool', 'actor', 'session', 'project', 'expires', 'reason', 'risk', 'input'];
  const said = Object.fromEntries(names.map((name) => [name, action.get(name) ?? fields.get(name)]));
  const effects = fields.get('effects') ?? action.get('effects');
  said.effects = Array.isArray(effects) ? effects : [];
  return { fields, action, said, exact };
}

/**
 * @param {string} text canonical JSON, exactly as it will be signed
 * @returns {{said: Said, exact: string, nodes: Node[]}} nodes show all of it but what is in `reason`, `effects` and `risk`
 * @throws {SyntaxError} when it cannot be read in one way only; then nothing may be allowed
 */
export function envelope(text) {
  const { fields, action, said, exact } = open(text);
  const rest = (map, without) => [...map].filter(([name]) => !without.includes(name));
  const nested = action !== fields;
  // What has another form than these are shown in above is shown here after all.
  const above = ABOVE.filter((name) => (name === 'effects' ? Array.isArray(fields.get(name)) && fields.get(name).every((each) => typeof each === 'string') : typeof fields.get(name) === 'string'));
  const about = rest(action, ['tool', 'input', ...(nested ? [] : above)]);
  const nodes = [
    h('p.tool', h('span.quiet', 'Tool '), h('b', value(said.tool))),
    ...warnings(text),
    ...inputs(said.input),
    h('h2', 'Who and where'),
    rows(about),
    nested ? [h('h2', 'The request'), rows(rest(fields, ['action', ...above]))] : null,
    h('details', h('summary', 'Exactly what is signed'), h('pre.wrap.exact', shown(text))),
  ];
  return { said, exact, nodes: nodes.flat().filter(Boolean) };
}

/** A value that has a form, as text; others by their name and value. */
function inputs(input) {
  if (!(input instanceof Map)) return input === undefined ? [] : [h('h2', 'Input'), value(input)];
  const left = new Map(input);
  const nodes = [];
  const path = left.get('file_path') ?? left.get('path') ?? left.get('notebook_path');
  if (typeof path === 'string') {
    for (const name of ['file_path', 'path', 'notebook_path']) if (left.get(name) === path) left.delete(name);
    nodes.push(h('h2', 'File'), h('p.path.exact', shown(path)));
  }
  if (typeof left.get('old_string') === 'string' && typeof left.get('new_string') === 'string') {
    nodes.push(h('h2', 'Change'), changes(left.get('old_string'), left.get('new_string')));
    left.delete('old_string');
    left.delete('new_string');
  }
  const edits = left.get('edits');
  if (Array.isArray(edits) && edits.length && edits.every(isEdit)) {
    left.delete('edits');
    edits.forEach((edit, at) => {
      nodes.push(h('h2', `Change ${at + 1} of ${edits.length}`), changes(edit.get('old_string'), edit.get('new_string')));
      const rest = [...edit].filter(([name]) => !['old_string', 'new_string'].includes(name));
      if (rest.length) nodes.push(rows(rest));
    });
  }
  if (typeof left.get('before') === 'string' && typeof left.get('content') === 'string') {
    nodes.push(h('h2', 'Change'), changes(left.get('before'), left.get('content')));
    left.delete('before');
    left.delete('content');
  }
  for (const [name, each] of [...left]) {
    if (typeof each !== 'string' || !(BLOCKS.has(name) || each.includes('\n') || each.length > 120)) continue;
    left.delete(name);
    nodes.push(h('h2', shown(name)), typeof path === 'string' && name === 'content' ? changes('', each) : block(each));
  }
  if (left.size) nodes.push(h('h2', 'Fields'), rows([...left]));
  return nodes;
}

const isEdit = (edit) => edit instanceof Map && typeof edit.get('old_string') === 'string' && typeof edit.get('new_string') === 'string';

/** Text whose line ends are layout; every other character that hides is named. */
function block(text) {
  return h('pre.wrap.exact', { tabindex: '0' }, text === '' ? h('i.quiet', 'empty') : shown(text, true));
}

function changes(before, after) {
  const names = { same: ' ', cut: '−', add: '+' };
  return h('div.diff.exact', { role: 'table', 'aria-label': 'Lines that go and come', tabindex: '0' },
    diff(before, after).map(({ kind, text }) => h('div', { role: 'row', 'data-kind': kind },
      h('span', { role: 'rowheader' }, names[kind], h('i.for-readers', { same: 'same', cut: 'goes', add: 'comes' }[kind])), h('span', { role: 'cell' }, shown(text, true)))));
}

function rows(pairs) {
  return h('dl.fields', pairs.map(([name, each]) => [h('dt', shown(name)), h('dd.exact', value(each))]));
}

function value(each) {
  if (each === null) return h('i.quiet', 'null');
  if (each === undefined) return h('i.quiet', 'missing');
  if (typeof each === 'boolean') return String(each);
  if (each instanceof Digits) return each.text;
  if (typeof each === 'string') {
    if (each === '') return h('i.quiet', 'empty');
    const text = h('span', shown(each, true));
    return /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(each) ? [text, h('span.quiet', ` (${moment(each)})`)] : text;
  }
  if (Array.isArray(each)) return each.length ? h('ol.values', each.map((one) => h('li', value(one)))) : h('i.quiet', 'empty list');
  return each.size ? rows([...each]) : h('i.quiet', 'no fields');
}

/** What looks like something else, said before it is read. */
function warnings(text) {
  const plain = flat(read(text));
  const all = plain.flatMap(hosts).map((host) => [host, suspicion(host)]).filter(([, why]) => why);
  const hidden = plain.some((each) => /[\p{Bidi_Control}\u200b-\u200d\u2060\ufeff]/u.test(each));
  return [
    hidden && h('p.warning', { role: 'alert' }, 'It has characters that hide or turn text around; they are marked.'),
    ...new Map(all.map(([host, why]) => [host, h('p.warning', { role: 'alert' }, h('b', shown(host)), ` is suspicious: ${why}`)])).values(),
  ].filter(Boolean);
}

function flat(node) {
  if (typeof node === 'string') return [node];
  if (Array.isArray(node)) return node.flatMap(flat);
  if (node instanceof Map) return [...node].flatMap(([name, each]) => [name, ...flat(each)]);
  return [];
}
