// Where the reader is: the address bar as state, without a router library.

import { useMemo, useSyncExternalStore } from 'react';

export interface Place {
  path: string;
  query: string;
}

/** The pages that exist; everything else goes to the queue. */
export type Page =
  { name: 'queue'; alert: string | null } | { name: 'search' } | { name: 'letters' } | { name: 'audit' };

const listeners = new Set<() => void>();
let place: Place = here();

function here(): Place {
  return { path: globalThis.location?.pathname ?? '/', query: (globalThis.location?.search ?? '').slice(1) };
}

function announce(): void {
  place = here();
  listeners.forEach((listener) => listener());
}

globalThis.addEventListener?.('popstate', announce);

/** Goes to an address within the app; `replace` leaves no step to come back to. */
export function go(to: string, { replace = false } = {}): void {
  if (to === location.pathname + location.search) return;
  if (replace) history.replaceState(null, '', to);
  else history.pushState(null, '', to);
  announce();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function usePlace(): Place {
  return useSyncExternalStore(subscribe, () => place);
}

export function pageOf(path: string): Page {
  if (path === '/search') return { name: 'search' };
  if (path === '/dead-letters') return { name: 'letters' };
  if (path === '/audit') return { name: 'audit' };
  const alert = /^\/alerts\/([^/]+)$/.exec(path)?.[1];
  return { name: 'queue', alert: alert === undefined ? null : decode(alert) };
}

function decode(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}

export function usePage(): Page {
  const { path } = usePlace();
  return useMemo(() => pageOf(path), [path]);
}

export function address(path: string, query: string): string {
  return query === '' ? path : `${path}?${query}`;
}

export function alertAddress(id: string, query: string): string {
  return address(`/alerts/${encodeURIComponent(id)}`, query);
}
