/** The pages of the console. Each is fetched when it is first looked at. */

/** What can be shown: its name, its title, the letter after g, and whether it looks at the time that all pages share. */
export const PAGES = [
  { name: 'map', title: 'Map', key: 'm', timed: true },
  { name: 'timeline', title: 'Timeline', key: 't', timed: true },
  { name: 'approvals', title: 'Approvals', key: 'a' },
  { name: 'sessions', title: 'Sessions', key: 's', timed: true },
  { name: 'trust', title: 'Trust', key: 'p', timed: true },
  { name: 'vault', title: 'Vault', key: 'v' },
  { name: 'tiers', title: 'Tiers', key: 'i', timed: true },
  { name: 'pulse', title: 'Pulse', key: 'h', timed: true },
  { name: 'report', title: 'Report', key: 'r' },
  { name: 'stats', title: 'Stats', key: 'n', timed: true },
  { name: 'capture', title: 'Capture', key: 'c' },
  { name: 'device', title: 'This device', key: 'd' },
];

/** What the thumb reaches on a phone; the rest is behind More. */
export const TABS = ['map', 'timeline', 'approvals', 'capture'];

export const MODULES = {
  map: () => import('./page-map.js'),
  timeline: () => import('./page-timeline.js'),
  approvals: () => import('./page-approvals.js'),
  sessions: () => import('./page-sessions.js'),
  trust: () => import('./page-trust.js'),
  vault: () => import('./page-vault.js'),
  tiers: () => import('./page-tiers.js'),
  pulse: () => import('./page-pulse.js'),
  report: () => import('./page-report.js'),
  stats: () => import('./page-stats.js'),
  capture: () => import('./page-capture.js'),
  device: () => import('./page-device.js'),
  pair: () => import('./page-pair.js'),
  enrol: () => import('./page-enrol.js'),
};
