// Every request of the dashboard, one function each.

import { call, type Query } from './client';
import type {
  AlertChange,
  AlertCounts,
  AlertDetail,
  AlertSummary,
  AuditCheckpoint,
  AuditVerified,
  AuditRecord,
  BulkResult,
  DeadLetter,
  EventDetail,
  EventSummary,
  Histogram,
  HistoryEntry,
  Ledger,
  Me,
  Paged,
  Parsed,
  Similar,
  Table,
  Timeline,
} from './types';

type Signal = AbortSignal | undefined;
const id = encodeURIComponent;

/** What a sign-in begins with; a code comes along once it was asked for. */
export type Credentials = { user: string; password: string } | { token: string };

export const signIn = (body: Credentials & { code?: string }) => call<Me>('POST', '/session', { body });
/** With an address where one signs out at the identity provider too, if the session came from there. */
export const signOut = () => call<{ provider: string } | undefined>('DELETE', '/session');
export const getMeta = (signal: Signal) =>
  call<{ identity_provider: string | null }>('GET', '/meta', { signal });
export const getMe = (signal: Signal) => call<Me>('GET', '/me', { signal });
export const setPassword = (body: { current?: string; new: string }) =>
  call<void>('PUT', '/me/password', { body });
export const setLanguage = (language: 'bn' | 'en') =>
  call<void>('PUT', '/me/language', { body: { language } });

export const getAlerts = (query: Query, signal: Signal) =>
  call<Paged<AlertSummary> & { as_of: number }>('GET', '/alerts', { query, signal });
export const getAlertCounts = (query: Query, signal: Signal) =>
  call<AlertCounts>('GET', '/alerts/counts', { query, signal });
export const getAlert = (alert: string, signal: Signal) =>
  call<AlertDetail>('GET', `/alerts/${id(alert)}`, { signal });
export const changeAlert = (alert: string, ifMatch: number, body: AlertChange) =>
  call<AlertDetail>('PATCH', `/alerts/${id(alert)}`, { body, ifMatch });
export const changeMany = (body: {
  filter: Record<string, unknown>;
  expected: number;
  change: AlertChange;
  cursor?: string;
}) => call<BulkResult>('POST', '/alerts:bulk', { body });
export const commentOn = (alert: string, text: string) =>
  call<unknown>('POST', `/alerts/${id(alert)}/comments`, { body: { text } });
export const getHistory = (alert: string, signal: Signal) =>
  call<{ items: HistoryEntry[] }>('GET', `/alerts/${id(alert)}/history`, { signal });
export const getTimeline = (alert: string, signal: Signal) =>
  call<Timeline>('GET', `/alerts/${id(alert)}/timeline`, { signal });

export const getSimilar = (alert: string, signal: Signal) =>
  call<Similar>('GET', `/alerts/${id(alert)}/similar`, { signal });
export const bundleAddress = (alert: string) => `/api/v1/alerts/${id(alert)}/bundle`;

export const getEvents = (query: Query, signal: Signal) =>
  call<Paged<EventSummary>>('GET', '/events', { query, signal });
export const getEvent = (uid: string, signal: Signal) =>
  call<EventDetail>('GET', `/events/${id(uid)}`, { signal });
export const getTable = (query: Query, signal: Signal) =>
  call<Table>('GET', '/events/table', { query, signal });
export const parseQuery = (body: { q: string; from?: number; to?: number }, signal: Signal) =>
  call<Parsed>('POST', '/query:parse', { body, signal });
export const getHistogram = (query: Query, signal: Signal) =>
  call<Histogram>('GET', '/events/histogram', { query, signal });
export const getLedger = (signal: Signal) => call<Ledger>('GET', '/ledger', { signal });
export const getAudit = (query: Query, signal: Signal) =>
  call<{ items: AuditRecord[]; next_before: number | null }>('GET', '/audit', { query, signal });
export const getAuditCheckpoint = (signal: Signal) =>
  call<AuditCheckpoint>('GET', '/audit/checkpoint', { signal });
export const verifyAudit = (kept: string[]) =>
  call<AuditVerified>('POST', '/audit:verify', { body: { kept } });
export const getDeadLetters = (query: Query, signal: Signal) =>
  call<Paged<DeadLetter>>('GET', '/dead-letters', { query, signal });
