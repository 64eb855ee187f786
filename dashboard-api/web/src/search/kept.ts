// What readers keep on the server: searches of the search page and views of the queue.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useMe } from '../session/session';
import { dropSearch, getSchedules, getSearches, keepSearch, type SavedSearch, type Schedule } from './api';

export const KEPT = ['searches'];
export const SCHEDULES = ['schedules'];
/** What runs by itself is looked at again after so long. */
const LOOK_MS = 60_000;

/** One's own of a page, and those shared in one's agencies; none until they were read. */
export function useKept(page: SavedSearch['page']): SavedSearch[] | undefined {
  const { permissions } = useMe();
  const { data } = useQuery({
    queryKey: KEPT,
    queryFn: ({ signal }) => getSearches(signal),
    enabled: permissions.includes('read_events'),
  });
  return data?.items.filter((each) => each.page === page);
}

/** One's own searches that run by themselves, by the search's id. */
export function useSchedules(): Map<string, Schedule> {
  const { permissions } = useMe();
  const { data } = useQuery({
    queryKey: SCHEDULES,
    queryFn: ({ signal }) => getSchedules(signal),
    enabled: permissions.includes('read_events'),
    refetchInterval: LOOK_MS,
  });
  return new Map(data?.items.map((each) => [each.search, each]));
}

/** Keeps one, or takes one away. */
export function useKeeping() {
  const queries = useQueryClient();
  const onSettled = () => queries.invalidateQueries({ queryKey: KEPT });
  return {
    keep: useMutation({ mutationFn: keepSearch, onSettled }),
    drop: useMutation({ mutationFn: dropSearch, onSettled }),
  };
}
