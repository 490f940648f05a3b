/** Line pictures, 24 by 24, in the colour of the text around them. */
import { svg } from './dom.js';

const PATHS = {
  map: 'M12 3v4M12 17v4M3 12h4M17 12h4M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6M5.6 5.6l2.9 2.9M15.5 15.5l2.9 2.9M18.4 5.6l-2.9 2.9M8.5 15.5l-2.9 2.9',
  timeline: 'M6 3v18M6 7h11M6 12h14M6 17h8M6 7a1 1 0 1 0 0 .01M6 12a1 1 0 1 0 0 .01M6 17a1 1 0 1 0 0 .01',
  sessions: 'M4 5h16v11H9l-5 4zM8 9h8M8 12h5',
  approvals: 'M12 3l7 3v5c0 5-3 8-7 10-4-2-7-5-7-10V6zM8.5 12l2.5 2.5 4.5-5',
  trust: 'M7 11V8a5 5 0 0 1 10 0v3M5 11h14v10H5zM12 15v2.5',
  vault: 'M5 3h10l4 4v14H5zM15 3v4h4M8.5 12h7M8.5 16h5',
  tiers: 'M4 20V11M10 20V5M16 20v-6M21 20H3',
  pulse: 'M3 12h4l2.5-7 4 14 2.5-7h5',
  report: 'M12 4v2M5.6 6.6l1.4 1.4M18.4 6.6L17 8M4 13h1.5M18.5 13H20M8 14a4 4 0 0 1 8 0M3 18h18M7 21h10',
  stats: 'M9 4L7 20M17 4l-2 16M4 9h17M3 15h17',
  capture: 'M4 20l1-5L16 4l4 4L9 19zM14 6l4 4',
  device: 'M7 3h10v18H7zM11 18h2',
  search: 'M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13M15.5 15.5L21 21',
  more: 'M5 12h.01M12 12h.01M19 12h.01',
  close: 'M6 6l12 12M18 6L6 18',
  back: 'M15 5l-7 7 7 7',
  plus: 'M12 5v14M5 12h14',
  minus: 'M5 12h14',
  fit: 'M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5',
  table: 'M4 5h16v14H4zM4 10h16M4 14.5h16M10 10v9',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  clock: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16M12 8v4.5l3 2',
  link: 'M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1',
  help: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16M9.8 9.7a2.3 2.3 0 1 1 3.2 2.1c-.7.3-1 .8-1 1.7M12 16.2v.1',
};

export function icon(name) {
  return svg('svg.icon', { viewBox: '0 0 24 24', 'aria-hidden': 'true' }, svg('path', { d: PATHS[name] ?? PATHS.more }));
}
