// How the queue's pages are asked for: by the page itself, and before it is there.

import { getAlerts } from '../api/endpoints';
import type { AlertSummary, Paged } from '../api/types';
import { listParams, readFilter, writeFilter, type AlertFilter } from './filter';

/** The first page is what a screen shows; those behind it come before they are reached. */
const FIRST_ROWS = 50;
const PAGE_ROWS = 100;

type Page = Paged<AlertSummary> & { as_of: number };

/** The first page, asked for before the queue was there; whoever comes first takes it. */
let early: { key: string; page: Promise<Page> } | null = null;

const ask = (filter: AlertFilter, cursor: string | null, signal?: AbortSignal): Promise<Page> =>
  getAlerts(
    { ...listParams(filter, Date.now()), limit: cursor === null ? FIRST_ROWS : PAGE_ROWS, cursor },
    signal,
  );

/** Asks for the first page of this address. Whoever is not signed in gets none, and it is asked for again. */
export function askEarly(query: string): void {
  const filter = readFilter(query.replace(/^\?/, ''));
  const page = ask(filter, null);
  page.catch(() => {});
  early = { key: writeFilter(filter), page };
}

/** The query of the queue's list. */
export function listQuery(filter: AlertFilter) {
  const key = writeFilter(filter);
  return {
    queryKey: ['alerts', 'list', key],
    queryFn: async ({ pageParam, signal }: { pageParam: string | null; signal: AbortSignal }) => {
      const asked = early;
      early = null;
      if (pageParam === null && asked?.key === key) {
        try {
          return await asked.page;
        } catch {
          // Asked for again below, and then it says what is wrong.
        }
      }
      return ask(filter, pageParam, signal);
    },
    initialPageParam: null as string | null,
  };
}
