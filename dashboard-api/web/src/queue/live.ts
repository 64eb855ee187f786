// News of alerts as the server tells them; while it cannot, the queue asks by itself.

import { useEffect, useState } from 'react';
import { useQueryClient } from '@tanstack/react-query';

/** News of one moment are taken together: an attack raises many alerts at once. */
const TOGETHER_MS = 500;

/** Listens while mounted; true while the stream stands. */
export function useLive(): boolean {
  const queries = useQueryClient();
  const [live, setLive] = useState(false);
  useEffect(() => {
    if (!('EventSource' in globalThis)) return undefined;
    const source = new EventSource('/api/v1/alerts/stream');
    const changed = new Set<string>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const take = () => {
      timer = undefined;
      void queries.invalidateQueries({ queryKey: ['alerts', 'head'] });
      void queries.invalidateQueries({ queryKey: ['alerts', 'counts'] });
      for (const id of changed) void queries.invalidateQueries({ queryKey: ['alert', id] });
      changed.clear();
    };
    const hear = (event: MessageEvent<string>) => {
      if (event.type === 'change') changed.add((JSON.parse(event.data) as { id: string }).id);
      timer ??= setTimeout(take, TOGETHER_MS);
    };
    source.addEventListener('alert', hear);
    source.addEventListener('change', hear);
    source.addEventListener('reset', hear);
    source.addEventListener('open', () => setLive(true));
    // The browser comes again by itself, with the id of the last event.
    source.addEventListener('error', () => setLive(false));
    return () => {
      clearTimeout(timer);
      source.close();
    };
  }, [queries]);
  return live;
}
