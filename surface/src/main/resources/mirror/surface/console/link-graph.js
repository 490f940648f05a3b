/** The notes around one note, as a picture that can be followed: it links to those on the right, and those on the left link to it. */
import { svg } from './dom.js';
import { to } from './route.js';
import { plain } from './visible.js';
import { clip, leaf } from './format.js';

const MOST = 8;
const ROW = 30;

export function linkGraph(note) {
  const unique = (paths) => [...new Set(paths.filter(Boolean))];
  const left = unique((note.backlinks ?? []).map((each) => each.from)).slice(0, MOST);
  const right = unique((note.links ?? []).map((each) => each.to)).slice(0, MOST);
  const height = Math.max(left.length, right.length, 2) * ROW + 10;
  const middle = height / 2;
  const side = (paths, x, anchor) => paths.map((path, at) => {
    const y = middle + (at - (paths.length - 1) / 2) * ROW;
    const towards = x < 150 ? 1 : -1;
    return svg('g', svg('path', { d: `M${x} ${y} C ${x + towards * 26} ${y}, ${150 - towards * 30} ${middle}, 150 ${middle}` }),
      svg('a', { href: to('vault', [path]) }, svg('circle', { cx: x, cy: y, r: 5 }), svg('text', { x, y: y - 9, 'text-anchor': anchor }, clip(plain(leaf(path).replace(/\.md$/, '')), 20))));
  });
  return svg('svg.link-graph', { viewBox: `0 0 300 ${height}`, role: 'group', 'aria-label': 'Notes around this one' },
    side(left, 70, 'middle'), side(right, 230, 'middle'), svg('circle.middle', { cx: 150, cy: middle, r: 8 }));
}
