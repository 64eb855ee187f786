// The requests and values of entities.

import { call, type Query } from '../api/client';
import type { AlertCounts, AlertSummary, EventSummary, Paged } from '../api/types';

export const KINDS = ['host', 'user', 'ip', 'hash', 'domain'] as const;
export type Kind = (typeof KINDS)[number];

export interface Seen {
  agency: string;
  role: 'device' | 'user' | 'source' | 'destination' | 'other' | 'observed';
  first: number;
  last: number;
  events: number;
}

export interface Profile {
  kind: Kind;
  value: string;
  seen: Seen[];
  first: number | null;
  last: number | null;
  events: number;
  alerts: AlertCounts;
  risk: number;
}

export interface Day {
  day: number;
  events: number;
  alerts: number;
  risk: number;
}

export interface Related {
  kind: Kind;
  role: Seen['role'];
  value: string;
  events: number;
  first: number;
  last: number;
}

type Signal = AbortSignal | undefined;
const at = (kind: Kind, value: string, rest = '') => `/entities/${kind}/${encodeURIComponent(value)}${rest}`;

export const getEntity = (kind: Kind, value: string, signal: Signal) =>
  call<Profile>('GET', at(kind, value), { signal });
export const getDays = (kind: Kind, value: string, query: Query, signal: Signal) =>
  call<{ items: Day[]; truncated: boolean }>('GET', at(kind, value, '/days'), { query, signal });
export const getEntityEvents = (kind: Kind, value: string, query: Query, signal: Signal) =>
  call<Paged<EventSummary>>('GET', at(kind, value, '/timeline'), { query, signal });
export const getEntityAlerts = (kind: Kind, value: string, query: Query, signal: Signal) =>
  call<Paged<AlertSummary>>('GET', at(kind, value, '/alerts'), { query, signal });
export const getRelated = (kind: Kind, value: string, query: Query, signal: Signal) =>
  call<{ items: Related[] }>('GET', at(kind, value, '/related'), { query, signal });
