// The events that answer to a search, page by page.

import { keepPreviousData, useInfiniteQuery, type UseInfiniteQueryResult } from '@tanstack/react-query';
import { useMemo } from 'react';
import { getEvents } from '../api/endpoints';
import type { EventSummary } from '../api/types';
import type { Span } from '../time/range';
import { searchParams, type SearchFilter } from './filter';

const PAGE_ROWS = 100;

export interface FoundEvents {
  rows: EventSummary[];
  query: Pick<
    UseInfiniteQueryResult,
    | 'error'
    | 'isPending'
    | 'isPlaceholderData'
    | 'hasNextPage'
    | 'isFetchingNextPage'
    | 'fetchNextPage'
    | 'refetch'
  >;
}

/** Without a readable range nothing is asked. */
export function useEvents(filter: SearchFilter, span: Span | null): FoundEvents {
  const params = span && searchParams(filter, span);
  const columns = filter.columns.join(',') || null;
  const query = useInfiniteQuery({
    queryKey: ['events', params, columns],
    queryFn: ({ pageParam, signal }) =>
      getEvents({ ...params, columns, limit: PAGE_ROWS, cursor: pageParam }, signal),
    enabled: params !== null,
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
    // A page of the past does not change; the search is run anew when asked for.
    refetchOnWindowFocus: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  return { rows, query };
}
