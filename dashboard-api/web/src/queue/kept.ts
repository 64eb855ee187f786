// Views that are kept on the server: one's own, and those shared in an agency.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { changeSettings, useSettings } from '../settings/settings';
import { dropSearch, getSearches, keepSearch, type SavedSearch } from '../search/api';

const KEY = ['searches'];

/** The views that the reader sees; what an older dashboard kept in this browser moves to the server. */
export function useViews(): SavedSearch[] {
  const queries = useQueryClient();
  const { views } = useSettings();
  const { data, isSuccess } = useQuery({ queryKey: KEY, queryFn: ({ signal }) => getSearches(signal) });
  useEffect(() => {
    if (!isSuccess || views.length === 0) return;
    changeSettings({ views: [] });
    void Promise.allSettled(
      views.map(({ name, query }) => keepSearch({ name, page: 'queue', q: query })),
    ).then(() => queries.invalidateQueries({ queryKey: KEY }));
  }, [isSuccess, views, queries]);
  return data?.items.filter(({ page }) => page === 'queue') ?? [];
}

/** Keeps a view, or takes one away. */
export function useKeeping() {
  const queries = useQueryClient();
  const onSettled = () => queries.invalidateQueries({ queryKey: KEY });
  return {
    keep: useMutation({ mutationFn: keepSearch, onSettled }),
    drop: useMutation({ mutationFn: dropSearch, onSettled }),
  };
}
