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
