// The requests that only the search page makes.

import { call, type Query } from '../api/client';

export interface Completion {
  insert: string;
  kind: 'field' | 'value' | 'operator' | 'command';
  count: number | null;
}

export interface SavedSearch {
  id: string;
  version: number;
  owner: string;
  /** Whose readers see it too; none: the owner's alone. */
  agency: string | null;
  name: string;
  page: 'search' | 'queue';
  /** A search; of a view the queue's address without its path. */
  q: string;
  range: string;
}

export interface FieldInfo {
  /** As it is typed. */
  name: string;
  path: string;
  column: boolean;
}

type Signal = AbortSignal | undefined;

export const complete = (body: { before: string; from?: number; to?: number }, signal: Signal) =>
  call<{ replace: number; items: Completion[] }>('POST', '/query:complete', { body, signal });
export const getFields = (signal: Signal) => call<{ items: FieldInfo[] }>('GET', '/fields', { signal });
export const getFieldValues = (field: string, query: Query, signal: Signal) =>
  call<{ items: { value: string; count: number }[]; more: boolean }>(
    'GET',
    `/fields/${encodeURIComponent(field)}/values`,
    { query, signal },
  );
export const getSearches = (signal: Signal) => call<{ items: SavedSearch[] }>('GET', '/searches', { signal });
export const keepSearch = (body: {
  name: string;
  page?: 'queue';
  q: string;
  range?: string;
  agency?: string;
}) => call<SavedSearch>('POST', '/searches', { body });
export const dropSearch = ({ id, version }: SavedSearch) =>
  call<void>('DELETE', `/searches/${encodeURIComponent(id)}`, { ifMatch: version });

/** A search that runs by itself. */
export interface Schedule {
  search: string;
  minutes: number;
  at_least: number;
  channel: string | null;
  enabled: boolean;
  /** What was stored before this has been looked through. */
  to: number;
  next: number;
  /** Runs that found enough since its owner looked. */
  unseen: number;
}

export interface SearchRun {
  at: number;
  from: number;
  to: number;
  events: number;
  found: boolean;
  fault: string;
}

const scheduleOf = (id: string) => `/searches/${encodeURIComponent(id)}/schedule`;

export const getSchedules = (signal: Signal) => call<{ items: Schedule[] }>('GET', '/schedules', { signal });
export const getSchedule = (id: string, signal: Signal) =>
  call<{ schedule: Schedule | null; runs: SearchRun[] }>('GET', scheduleOf(id), { signal });
export const setSchedule = (id: string, body: Pick<Schedule, 'minutes' | 'at_least' | 'channel'>) =>
  call<Schedule>('PUT', scheduleOf(id), { body });
export const endSchedule = (id: string) => call<void>('DELETE', scheduleOf(id));
export const getChannelNames = (signal: Signal) =>
  call<{ items: { id: string; name: string }[] }>('GET', '/notification-channels', { signal });
