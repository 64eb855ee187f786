// Where the reader is: the address bar as state, without a router library.

import { useMemo, useSyncExternalStore } from 'react';
import { PAGE_NAMES, PAGES, type PageName } from '../pages';

export interface Place {
  path: string;
  query: string;
}

/** A page, and what of it is looked at. */
export interface Page {
  name: PageName;
  id: string | null;
}

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

/** The page of an address; none for an address that is no page's. */
export function pageOf(path: string): Page | null {
  const [, head = '', id, ...more] = path.split('/');
  const name = PAGE_NAMES.find((each) => PAGES[each].path === head);
  if (name === undefined || more.length > 0) return null;
  return { name, id: id === undefined || id === '' ? null : decode(id) };
}

function decode(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}

export function usePage(): Page | null {
  const { path } = usePlace();
  return useMemo(() => pageOf(path), [path]);
}

export function address(path: string, query: string): string {
  return query === '' ? path : `${path}?${query}`;
}

export function alertAddress(id: string, query: string): string {
  return address(`/alerts/${encodeURIComponent(id)}`, query);
}

/** The page of a host, a user, an address, a hash or a domain. */
export function entityAddress(kind: 'host' | 'user' | 'ip' | 'hash' | 'domain', value: string): string {
  return `/entities/${encodeURIComponent(`${kind}:${value}`)}`;
}
