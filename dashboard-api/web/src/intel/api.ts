// The requests about indicators: feeds, what they list, and TAXII servers.

import { call } from '../api/client';

type Signal = AbortSignal | undefined;

export const KINDS = ['address', 'domain', 'hash', 'url', 'email'] as const;
export type Kind = (typeof KINDS)[number];

export const TLPS = ['clear', 'green', 'amber', 'amber_strict', 'red'] as const;
export type Tlp = (typeof TLPS)[number];

export type Origin =
  { kind: 'kept' } | { kind: 'taxii'; server: string; collection: string; minutes: number };

export interface FeedBody {
  /** `*`: in every agency's events. */
  agency: string;
  name: string;
  origin: Origin;
  /** What is so of indicators that bring nothing of their own. */
  confidence: number | null;
  tlp: Tlp | null;
  days: number | null;
  enabled: boolean;
}

export interface Feed extends FeedBody {
  id: string;
  version: number;
  indicators: number;
  withdrawn: number;
  read: number | null;
  next: number | null;
  fault: string;
  changed_by: string;
  changed: number;
  may_change: boolean;
}

export interface Feeds {
  items: Feed[];
  servers: string[];
  published: { version: string; at: number; indicators: number } | null;
  indicators_max: number;
}

export interface Indicator {
  id: string;
  feed: string;
  feed_name: string;
  agency: string;
  kind: Kind;
  value: string;
  reference: string | null;
  source: string | null;
  label: string | null;
  confidence: number | null;
  tlp: Tlp | null;
  expires: number | null;
  added: number;
  added_by: string;
  withdrawn: number | null;
  withdrawn_by: string | null;
  reason: string | null;
}

/** What a file holds, and what was done with it. */
export interface Imported {
  indicators: number;
  added: number;
  removed: number;
  skipped: number;
  first: string[];
  left_out: Record<string, number>;
}

export interface Filter {
  feed: string;
  kind: Kind | '';
  value: string;
  withdrawn: '' | 'true' | 'false';
}

const at = (id: string) => `/indicator-feeds/${encodeURIComponent(id)}`;
const withdrawal = (id: string) => `/indicators/${encodeURIComponent(id)}/withdrawal`;

export const getFeeds = (signal: Signal) => call<Feeds>('GET', '/indicator-feeds', { signal });
export const makeFeed = (body: FeedBody) => call<Feed>('POST', '/indicator-feeds', { body });
export const changeFeed = (id: string, ifMatch: number, body: FeedBody) =>
  call<Feed>('PUT', at(id), { body, ifMatch });
export const deleteFeed = (id: string, ifMatch: number) => call<void>('DELETE', at(id), { ifMatch });
export const fetchFeed = (id: string) => call<void>('POST', `${at(id)}/fetch`, { body: {} });
export const importFile = (id: string, file: Blob, how: { replace?: 'true'; dry_run?: 'true' }) =>
  call<Imported>('POST', `${at(id)}/import`, { file, query: how });
export const addIndicators = (
  id: string,
  indicators: { value: string; confidence?: number; label?: string; reference?: string }[],
) => call<Imported>('POST', `${at(id)}/indicators`, { body: { indicators } });
export const getIndicators = (filter: Filter, cursor: string | null, signal: Signal) =>
  call<{ items: Indicator[]; next_cursor: string | null }>('GET', '/indicators', {
    query: { ...filter, cursor, limit: 100 },
    signal,
  });
export const withdraw = (id: string, reason: string) =>
  call<Indicator>('PUT', withdrawal(id), { body: { reason } });
export const restore = (id: string) => call<Indicator>('DELETE', withdrawal(id));
export const getCollections = (server: string, signal: Signal) =>
  call<{ items: { id: string; title: string }[] }>(
    'GET',
    `/taxii-servers/${encodeURIComponent(server)}/collections`,
    { signal },
  );
