// The queue's data: the rows being read stay as they are, and what is newer waits beside them.

import {
  keepPreviousData,
  useInfiniteQuery,
  useQuery,
  useQueryClient,
  type InfiniteData,
} from '@tanstack/react-query';
import { useCallback, useMemo, useState } from 'react';
import { getAlertCounts, getAlerts } from '../api/endpoints';
import type { AlertSummary } from '../api/types';
import { filterParams, listParams, OPEN, writeFilter, type AlertFilter } from './filter';
import { useLive } from './live';
import { mergeHead } from './merge';
import { listQuery } from './page';

/** How many of the newest are looked at for what is new; more than this is shown as "50+". */
export const HEAD_ROWS = 50;
const HEAD_POLL_MS = 10_000;
/** While the server tells of news by itself, asking is only for what it might have kept to itself. */
const LIVE_POLL_MS = 60_000;
const COUNTS_POLL_MS = 15_000;

export interface Queue {
  rows: AlertSummary[];
  /** Ids of rows that no longer answer to the filter; they stay until the list is renewed. */
  gone: ReadonlySet<string>;
  waiting: number;
  isPending: boolean;
  isStale: boolean;
  error: unknown;
  hasMore: boolean;
  /** Something is on its way; asking for more now would cut it off. */
  isFetching: boolean;
  loadMore: () => void;
  /** Renews the list from its top. */
  renew: () => void;
  renewals: number;
}

export function useQueue(filter: AlertFilter): Queue {
  const queries = useQueryClient();
  const live = useLive();
  const key = writeFilter(filter);
  const list = useInfiniteQuery({
    ...listQuery(filter),
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
    // Nothing moves under the reader: the list is renewed only when asked for.
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    staleTime: HEAD_POLL_MS,
  });
  const head = useQuery({
    queryKey: ['alerts', 'head', key],
    queryFn: ({ signal }) => getAlerts({ ...listParams(filter, Date.now()), limit: HEAD_ROWS }, signal),
    enabled: list.isSuccess && !list.isPlaceholderData,
    initialData: () => (list.isPlaceholderData ? undefined : list.data?.pages[0]),
    initialDataUpdatedAt: () => list.dataUpdatedAt,
    staleTime: HEAD_POLL_MS,
    refetchInterval: live ? LIVE_POLL_MS : HEAD_POLL_MS,
  });
  const listed = useMemo(() => unique(list.data?.pages.flatMap((page) => page.items) ?? []), [list.data]);
  const merged = useMemo(
    () => mergeHead(listed, list.isPlaceholderData ? undefined : head.data),
    [listed, list.isPlaceholderData, head.data],
  );
  const [renewals, setRenewals] = useState(0);
  const renew = useCallback(() => {
    const listKey = ['alerts', 'list', key];
    // Only the first page is asked for anew; it stays as it is until the new one is there.
    queries.setQueryData<InfiniteData<unknown>>(
      listKey,
      (data) => data && { pages: data.pages.slice(0, 1), pageParams: data.pageParams.slice(0, 1) },
    );
    setRenewals((count) => count + 1);
    void queries.refetchQueries({ queryKey: listKey });
    void queries.invalidateQueries({ queryKey: ['alerts', 'head', key] });
    void queries.invalidateQueries({ queryKey: ['alerts', 'counts'] });
  }, [queries, key]);
  const { fetchNextPage } = list;
  return {
    ...merged,
    isPending: list.isPending,
    isStale: list.isPlaceholderData,
    error: list.error,
    hasMore: list.hasNextPage,
    isFetching: list.isFetching,
    loadMore: useCallback(() => void fetchNextPage(), [fetchNextPage]),
    renew,
    renewals,
  };
}

/** A row may come twice when alerts arrive between two pages. */
function unique(items: AlertSummary[]): AlertSummary[] {
  const seen = new Set<string>();
  return items.filter(({ id }) => !seen.has(id) && seen.add(id));
}

/** How many alerts answer to a filter, by state and severity. */
export function useCounts(filter: AlertFilter = OPEN) {
  return useQuery({
    queryKey: ['alerts', 'counts', writeFilter(filter)],
    queryFn: ({ signal }) => getAlertCounts(filterParams(filter, Date.now()), signal),
    placeholderData: keepPreviousData,
    refetchInterval: COUNTS_POLL_MS,
  }).data;
}
