// The queue's filter and its two spellings: the address bar's and the API's.

import type { Query } from '../api/client';
import { OPEN_STATES, STATES, type State } from '../api/types';
import { toLatin } from '../i18n/digits';
import { resolve } from '../time/range';

export interface AlertFilter {
  /** Empty: every state. */
  state: State[];
  severityMin: number | null;
  agency: string | null;
  host: string | null;
  rule: string | null;
  /** Alerts that belong together. */
  group: string | null;
  /** `me`, `none` or a user. */
  assignee: string | null;
  q: string | null;
  from: string | null;
  to: string | null;
  /** Only what is late by its agency's policy. */
  late: boolean;
  order: Order;
  /** One row for all alerts of a group. */
  grouped: boolean;
}

export type Order = 'arrival' | 'risk';

/** What the queue shows when the address says nothing: everything that is still open. */
export const OPEN: AlertFilter = {
  state: [...OPEN_STATES],
  severityMin: null,
  agency: null,
  host: null,
  rule: null,
  group: null,
  assignee: null,
  q: null,
  from: null,
  to: null,
  late: false,
  order: 'arrival',
  grouped: false,
};

const TEXTS = ['agency', 'host', 'rule', 'group', 'assignee', 'q', 'from', 'to'] as const;
const ANY_STATE = 'any';

/** Reads the address; what it does not understand it leaves at the default. */
export function readFilter(query: string): AlertFilter {
  const params = new URLSearchParams(query);
  const filter: AlertFilter = { ...OPEN, state: readStates(params.get('state')) };
  const severity = Number(params.get('severity'));
  filter.severityMin = Number.isInteger(severity) && severity >= 2 && severity <= 6 ? severity : null;
  for (const name of TEXTS) filter[name] = params.get(name)?.trim() || null;
  filter.late = params.get('late') === 'yes';
  if (params.get('order') === 'risk') filter.order = 'risk';
  filter.grouped = params.get('grouped') === 'yes';
  return filter;
}

function readStates(text: string | null): State[] {
  if (text === null) return [...OPEN_STATES];
  if (text === ANY_STATE) return [];
  const asked = text.split(',');
  const known = STATES.filter((state) => asked.includes(state));
  return known.length === 0 ? [...OPEN_STATES] : known;
}

/** The shortest address that reads back as this filter. */
export function writeFilter(filter: AlertFilter): string {
  const params = new URLSearchParams();
  const states = STATES.filter((state) => filter.state.includes(state));
  const isDefault =
    states.length === OPEN_STATES.length && OPEN_STATES.every((state) => states.includes(state));
  if (!isDefault)
    params.set(
      'state',
      states.length === 0 || states.length === STATES.length ? ANY_STATE : states.join(','),
    );
  if (filter.severityMin !== null) params.set('severity', String(filter.severityMin));
  for (const name of TEXTS) {
    const value = filter[name]?.trim();
    if (value) params.set(name, value);
  }
  if (filter.late) params.set('late', 'yes');
  if (filter.order === 'risk') params.set('order', 'risk');
  if (filter.grouped) params.set('grouped', 'yes');
  return params.toString().replaceAll('%2C', ',');
}

/** The API's parameters; relative times are resolved against `now`. */
export function filterParams(filter: AlertFilter, now: number): Query {
  const span = filter.from === null ? null : resolve({ from: filter.from, to: filter.to }, now);
  return {
    state: filter.state.length === 0 ? null : filter.state.join(','),
    severity_min: filter.severityMin,
    agency: filter.agency,
    host: filter.host,
    rule: filter.rule,
    group: filter.group,
    assignee: filter.assignee,
    q: filter.q === null ? null : toLatin(filter.q),
    from: span?.from ?? null,
    to: filter.to === null ? null : (span?.to ?? null),
    over_sla: filter.late ? 'true' : null,
  };
}

/** The same as the API takes it in a body. */
export function bulkFilter(filter: AlertFilter, now: number): Record<string, unknown> {
  const given = Object.entries(filterParams(filter, now)).filter(([, value]) => value !== null);
  const late = filter.late ? { over_sla: true } : {};
  return { ...Object.fromEntries(given), ...late, state: filter.state };
}

/** How the API is to list what the filter finds. */
export function listParams(filter: AlertFilter, now: number): Query {
  return {
    ...filterParams(filter, now),
    order: filter.order === 'risk' ? 'risk' : null,
    grouped: filter.grouped ? 'true' : null,
  };
}

/** Whether anything narrows the list beyond the states. */
export function isNarrowed(filter: AlertFilter): boolean {
  return filter.severityMin !== null || filter.late || TEXTS.some((name) => filter[name] !== null);
}
