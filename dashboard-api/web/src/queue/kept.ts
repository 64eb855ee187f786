// Views that are kept on the server.

import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { keepSearch, type SavedSearch } from '../search/api';
import { KEPT, useKept } from '../search/kept';
import { changeSettings, useSettings } from '../settings/settings';

/** The views that the reader sees; what an older dashboard kept in this browser moves to the server. */
export function useViews(): SavedSearch[] {
  const queries = useQueryClient();
  const { views } = useSettings();
  const kept = useKept('queue');
  const known = kept !== undefined;
  useEffect(() => {
    if (!known || views.length === 0) return;
    changeSettings({ views: [] });
    void Promise.allSettled(
      views.map(({ name, query }) => keepSearch({ name, page: 'queue', q: query })),
    ).then(() => queries.invalidateQueries({ queryKey: KEPT }));
  }, [known, views, queries]);
  return kept ?? [];
}
