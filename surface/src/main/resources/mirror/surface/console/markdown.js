/**
 * A safe part of Markdown as elements: headings, paragraphs, lists, tasks, quotes and callouts, code, tables, rules, emphasis, and
 * links. HTML in a note is text. Addresses of others are shown and never fetched; only links inside the vault can be followed.
 */
import { h } from './dom.js';
import { shown } from './visible.js';
import { to } from './route.js';

const LINES = 20_000;

/**
 * @param {string} text
 * @param {() => {to: string, text: string}[]} links where the links of the note lead, as the vault resolved them
 */
export function markdown(text, links = () => []) {
  const targets = new Map(links().map((link) => [String(link.text ?? link.to).toLowerCase(), link.to]));
  for (const link of links()) targets.set(String(link.to).toLowerCase().replace(/\.md$/, ''), link.to);
  let lines = String(text ?? '').replace(/\r\n?/g, '\n').split('\n').slice(0, LINES);
  const front = lines[0] === '---' ? lines.indexOf('---', 1) : -1;
  const head = front > 0 ? h('details.front', h('summary', 'Properties'), h('pre.wrap', shown(lines.slice(1, front).join('\n'), true))) : null;
  if (front > 0) lines = lines.slice(front + 1);
  return h('div.markdown', head, blocks(lines, { targets, depth: 0 }));
}

function blocks(lines, context) {
  const all = [];
  let at = 0;
  while (at < lines.length) {
    const [node, next] = block(lines, at, context);
    if (node) all.push(node);
    at = Math.max(next, at + 1);
  }
  return all;
}

const LIST = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/;

/** The block that begins at a line, and the line after it. */
function block(lines, at, context) {
  const line = lines[at];
  if (!line.trim()) return [null, at + 1];
  const fence = /^\s{0,3}(```+|~~~+)\s*([\w+-]*)/.exec(line);
  if (fence) {
    let end = at + 1;
    while (end < lines.length && !lines[end].trim().startsWith(fence[1])) end++;
    return [h('pre', { tabindex: '0' }, h('code', shown(lines.slice(at + 1, end).join('\n'), true))), end + 1];
  }
  const heading = /^(#{1,6})\s+(.*?)\s*#*$/.exec(line);
  if (heading) return [h(`h${Math.min(6, heading[1].length + 1)}`, inline(heading[2], context)), at + 1];
  if (/^\s{0,3}([-*_])(\s*\1){2,}\s*$/.test(line)) return [h('hr'), at + 1];
  if (/^\s{0,3}>/.test(line)) {
    let end = at;
    while (end < lines.length && /^\s{0,3}>/.test(lines[end])) end++;
    const inner = lines.slice(at, end).map((each) => each.replace(/^\s{0,3}>\s?/, ''));
    const callout = /^\[!([\w-]+)\][+-]?\s*(.*)$/.exec(inner[0]);
    const body = callout ? inner.slice(1) : inner;
    const content = context.depth > 8 ? shown(body.join('\n'), true) : blocks(body, { ...context, depth: context.depth + 1 });
    return [h('blockquote', callout && h('p.callout', callout[2] || callout[1]), content), end];
  }
  if (/^\s*\|.*\|\s*$/.test(line) && /^\s*\|?[\s:|-]+\|?\s*$/.test(lines[at + 1] ?? '') && lines[at + 1].includes('-')) return grid(lines, at, context);
  if (LIST.test(line)) return list(lines, at, context);
  let end = at + 1;
  while (end < lines.length && lines[end].trim() && !/^\s{0,3}(#{1,6}\s|>|```|~~~)/.test(lines[end]) && !LIST.test(lines[end])) end++;
  return [h('p', inline(lines.slice(at, end).join('\n'), context)), end];
}

function grid(lines, at, context) {
  const cells = (line) => line.trim().replace(/^\||\|$/g, '').split(/(?<!\\)\|/).map((cell) => cell.trim());
  let end = at + 2;
  while (end < lines.length && lines[end].includes('|') && lines[end].trim()) end++;
  return [h('div.table-frame', { tabindex: '0', role: 'group', 'aria-label': 'Table' }, h('table', h('thead', h('tr', cells(lines[at]).map((cell) => h('th', { scope: 'col' }, inline(cell, context))))),
    h('tbody', lines.slice(at + 2, end).map((line) => h('tr', cells(line).map((cell) => h('td', inline(cell, context)))))))), end];
}

function list(lines, at, context) {
  const [, indent, mark] = LIST.exec(lines[at]);
  const items = [];
  let end = at;
  while (end < lines.length) {
    const found = LIST.exec(lines[end]);
    if (found && found[1].length === indent.length) items.push([found[3]]);
    else if (items.length && lines[end].trim() && /^\s+/.test(lines[end]) && lines[end].search(/\S/) > indent.length) items[items.length - 1].push(lines[end].slice(indent.length + 2));
    else if (lines[end].trim() || !LIST.test(lines[end + 1] ?? '')) break;
    end++;
  }
  return [h(/\d/.test(mark) ? 'ol' : 'ul', items.map(([first, ...rest]) => {
    const task = /^\[([ xX])\]\s+(.*)$/.exec(first);
    const inner = rest.length && context.depth < 8 ? blocks(rest, { ...context, depth: context.depth + 1 }) : rest.length ? shown(rest.join('\n'), true) : null;
    return h('li', task && h('span.task', { role: 'img', 'aria-label': task[1] === ' ' ? 'open' : 'done' }, task[1] === ' ' ? '☐ ' : '☑ '), inline(task ? task[2] : first, context), inner);
  })), end];
}

const INLINE = /(`+)([^`]|[^`].*?[^`])\1(?!`)|!?\[\[([^\]|#^]*)([#^][^\]|]*)?(?:\|([^\]]*))?\]\]|(!?)\[([^\]]*)\]\(([^()\s]*(?:\([^()\s]*\))?[^()\s]*)(?:\s+"[^"]*")?\)|<?(https?:\/\/[^\s<>)]+)>?|\*\*(\S(?:.*?\S)?)\*\*|__(\S(?:.*?\S)?)__|\*(\S(?:.*?\S)?)\*|(?<![\p{L}\p{N}])_(\S(?:.*?\S)?)_(?![\p{L}\p{N}])|~~(\S(?:.*?\S)?)~~|(?<![\p{L}\p{N}])(#[\p{L}][\p{L}\p{N}/_-]*)/su;

/** Text with its marks; what is not a mark is text. */
function inline(text, context, depth = 0) {
  const all = [];
  let rest = text;
  while (rest) {
    const found = depth < 6 ? INLINE.exec(rest) : null;
    if (!found) {
      all.push(...shown(rest, true));
      break;
    }
    all.push(...shown(rest.slice(0, found.index), true), mark(found, context, depth));
    rest = rest.slice(found.index + found[0].length);
  }
  return all;
}

function mark(found, context, depth) {
  const [whole, ticks, code, wiki, place, alias, bang, label, target, bare, strong, strong2, soft, soft2, gone, tag] = found;
  const deeper = (text) => inline(text, context, depth + 1);
  if (ticks) return h('code', shown(code));
  if (wiki !== undefined) return inside(wiki, alias ?? `${wiki}${place ?? ''}`, context);
  if (label !== undefined) return bang || /^[a-z][a-z0-9+.-]*:/i.test(target) ? foreign(label, target) : inside(decodeURIComponentSafely(target).replace(/#.*$/, ''), label, context);
  if (bare) return foreign('', bare);
  if (strong || strong2) return h('strong', deeper(strong ?? strong2));
  if (soft || soft2) return h('em', deeper(soft ?? soft2));
  if (gone) return h('s', deeper(gone));
  if (tag) return h('a.tag', { href: to('vault', [], { q: tag.slice(1) }) }, shown(tag));
  return h('span', shown(whole));
}

function inside(name, label, { targets }) {
  const path = targets.get(name.toLowerCase()) ?? targets.get(name.toLowerCase().replace(/\.md$/, '')) ?? targets.get(label.toLowerCase());
  return path ? h('a', { href: to('vault', [path]) }, shown(label || name)) : h('span.no-link', { title: 'no such note' }, shown(label || name));
}

/** An address of others: shown whole, and not fetched. */
function foreign(label, address) {
  return h('span.foreign', label && [...shown(label), ' '], h('span.quiet.mono.break', shown(address)));
}

function decodeURIComponentSafely(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
