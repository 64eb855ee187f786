// What readers keep on the server: searches of the search page and views of the queue.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useMe } from '../session/session';
import { dropSearch, getSearches, keepSearch, type SavedSearch } from './api';

export const KEPT = ['searches'];

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

/** Keeps one, or takes one away. */
export function useKeeping() {
  const queries = useQueryClient();
  const onSettled = () => queries.invalidateQueries({ queryKey: KEPT });
  return {
    keep: useMutation({ mutationFn: keepSearch, onSettled }),
    drop: useMutation({ mutationFn: dropSearch, onSettled }),
  };
}
