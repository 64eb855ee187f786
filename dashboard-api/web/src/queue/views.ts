// The views that everyone has.

import type { AlertCounts } from '../api/types';
import type { Key } from '../i18n/i18n';
import { OPEN, writeFilter, type AlertFilter } from './filter';

export interface View {
  label: Key;
  query: string;
  /** How many alerts it holds, from the counts of everything open. */
  count: (counts: AlertCounts) => number | null;
}

function view(label: Key, change: Partial<AlertFilter>, count: View['count']): View {
  return { label, query: writeFilter({ ...OPEN, ...change }), count };
}

const severities = (counts: AlertCounts, ids: readonly number[]) =>
  ids.reduce((sum, id) => sum + (counts.by_severity[String(id)] ?? 0), 0);

export const BUILT_IN: readonly View[] = [
  view('view.open', {}, (counts) => counts.total),
  view('view.severe', { severityMin: 4 }, (counts) => severities(counts, [4, 5, 6])),
  view('view.new', { state: ['new'] }, (counts) => counts.by_state.new ?? 0),
  view('view.mine', { assignee: 'me' }, (counts) => counts.mine),
  view('view.unassigned', { assignee: 'none' }, (counts) => counts.unassigned),
  view('view.late', { late: true }, (counts) => counts.over_sla),
  view('view.inProgress', { state: ['in_progress'] }, (counts) => counts.by_state.in_progress ?? 0),
  view('view.closed', { state: ['closed'] }, () => null),
];
