// The search and its two spellings: the address bar's and the API's.

import type { Query } from '../api/client';
import { toLatin } from '../i18n/digits';
import { parted } from './commands';
import type { Span, TimeRange } from '../time/range';

export interface SearchFilter {
  range: TimeRange;
  q: string;
  agency: string | null;
  host: string | null;
  source: string | null;
  classUid: number | null;
  /** Fields shown beside the text. */
  columns: string[];
  /** Whether events are watched as they arrive, instead of found in the range. */
  live: boolean;
}

/** More do not fit beside the text. */
export const COLUMNS_MAX = 10;

export const DEFAULT_RANGE: TimeRange = { from: '-24h', to: null };

export const EMPTY: SearchFilter = {
  range: DEFAULT_RANGE,
  q: '',
  agency: null,
  host: null,
  source: null,
  classUid: null,
  columns: [],
  live: false,
};

export function readSearch(query: string): SearchFilter {
  const params = new URLSearchParams(query);
  const text = (name: string) => params.get(name)?.trim() || null;
  const classUid = Number(params.get('class'));
  return {
    range: { from: text('from') ?? DEFAULT_RANGE.from, to: text('to') },
    q: params.get('q')?.trim() ?? '',
    agency: text('agency'),
    host: text('host'),
    source: text('source'),
    classUid: Number.isInteger(classUid) && classUid > 0 ? classUid : null,
    columns: readColumns(params.get('columns')),
    live: params.get('live') === 'yes',
  };
}

function readColumns(text: string | null): string[] {
  const names = (text ?? '').split(',').map((name) => name.trim());
  return [...new Set(names.filter(Boolean))].slice(0, COLUMNS_MAX);
}

export function writeSearch(filter: SearchFilter): string {
  const params = new URLSearchParams();
  const put = (name: string, value: string | null) => value && params.set(name, value);
  put('q', filter.q.trim());
  if (filter.range.from !== DEFAULT_RANGE.from || filter.range.to !== null) put('from', filter.range.from);
  put('to', filter.range.to);
  put('agency', filter.agency);
  put('host', filter.host);
  put('source', filter.source);
  put('class', filter.classUid === null ? null : String(filter.classUid));
  put('columns', filter.columns.join(','));
  if (filter.live) params.set('live', 'yes');
  return params.toString().replaceAll('%2C', ',');
}

export function searchParams(filter: SearchFilter, span: Span): Query {
  return {
    from: span.from,
    to: span.to,
    // Digits are stored in ASCII; whoever types Bangla ones means the same.
    q: toLatin(filter.q),
    agency: filter.agency,
    host: filter.host,
    source: filter.source,
    class_uid: filter.classUid,
  };
}

/** The same of a live tail, which knows no range. */
export function tailParams({ q, agency, host, source, classUid, columns }: SearchFilter): Query {
  return {
    q: q.trim() === '' ? null : toLatin(parted(q).events),
    agency,
    host,
    source,
    class_uid: classUid,
    columns: columns.join(',') || null,
  };
}

/** The search with one more column. */
export function withColumn(filter: SearchFilter, name: string): SearchFilter {
  const columns = [...new Set([...filter.columns, name])].slice(0, COLUMNS_MAX);
  return { ...filter, columns };
}

/** The search without a column. */
export function withoutColumn(filter: SearchFilter, name: string): SearchFilter {
  return { ...filter, columns: filter.columns.filter((each) => each !== name) };
}

/** Paths of an OCSF event that have a filter of their own. */
const OWN: Record<string, 'agency' | 'host' | 'source'> = {
  'metadata.tenant_uid': 'agency',
  'device.hostname': 'host',
  'metadata.log_source': 'source',
};

/** The search narrowed to events that have this value. */
export function including(filter: SearchFilter, path: string, value: string): SearchFilter {
  if (path === 'class_uid') return { ...filter, classUid: Number(value) };
  const own = OWN[path];
  return own ? { ...filter, [own]: value } : { ...filter, q: withTerm(filter.q, quoted(value)) };
}

/** The search without events that have this value. */
export function excluding(filter: SearchFilter, value: string): SearchFilter {
  return { ...filter, q: withTerm(filter.q, `-${quoted(value)}`) };
}

/** A search with one more term. */
export function withTerm(q: string, term: string): string {
  return q.includes(term) ? q : `${q} ${term}`.trim();
}

/** A value as one term: in quotation marks unless it is a plain word. */
export function quoted(value: string): string {
  return /^[\p{L}\p{N}_][\p{L}\p{N}_.:/@-]*$/u.test(value) ? value : `"${value.replaceAll('"', ' ').trim()}"`;
}
