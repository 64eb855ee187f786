// Events as they are stored: the newest on top, and what comes while one reads waits.

import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { queryString } from '../api/client';
import type { EventSummary } from '../api/types';
import { tailParams, type SearchFilter } from './filter';

/** Rows that are held; a tail is for looking, a search for finding. */
const ROWS_MAX = 500;
/** More than come again after a break, so that a tail of a whole shift stays as small as it began. */
const KNOWN_MAX = 5000;
/** What arrives within this time is drawn together. */
const TOGETHER_MS = 250;

export interface Tail {
  rows: EventSummary[];
  /** Events that came while one reads. */
  waiting: number;
  /** Events of which the server tells only how many they were. */
  leftOut: number;
  isConnected: boolean;
  /** Whether somebody reads: then the rows stay where they are. */
  hold: (reading: boolean) => void;
  /** Shows what waits. */
  take: () => void;
}

const NONE = { rows: [] as EventSummary[], came: [] as EventSummary[], leftOut: 0 };

/** Watches while `on`; a change of the filter begins anew. */
export function useTail(filter: SearchFilter, on: boolean): Tail {
  const [held, setHeld] = useState(NONE);
  const [isConnected, setConnected] = useState(false);
  const reading = useRef(false);
  const query = useMemo(() => queryString(tailParams(filter)), [filter]);
  useEffect(() => {
    setHeld(NONE);
    setConnected(false);
    if (!on) return undefined;
    const source = new EventSource(`/api/v1/events/tail?${query}`);
    // After a break the last seconds come again.
    const known = new Set<string>();
    let came: EventSummary[] = [];
    let leftOut = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const draw = () => {
      timer = undefined;
      const [next, more] = [came.reverse(), leftOut];
      [came, leftOut] = [[], 0];
      setHeld((before) => {
        const all = [...next, ...before.came].slice(0, ROWS_MAX);
        const sum = before.leftOut + more;
        return reading.current
          ? { rows: before.rows, came: all, leftOut: sum }
          : { rows: [...all, ...before.rows].slice(0, ROWS_MAX), came: [], leftOut: sum };
      });
    };
    source.addEventListener('event', ({ data }: MessageEvent<string>) => {
      const event = JSON.parse(data) as EventSummary;
      if (known.has(event.uid)) return;
      known.add(event.uid);
      if (known.size > KNOWN_MAX) known.delete(known.values().next().value ?? '');
      came.push(event);
      timer ??= setTimeout(draw, TOGETHER_MS);
    });
    source.addEventListener('left_out', ({ data }: MessageEvent<string>) => {
      leftOut += (JSON.parse(data) as { count: number }).count;
      timer ??= setTimeout(draw, TOGETHER_MS);
    });
    source.addEventListener('open', () => setConnected(true));
    // The browser comes again by itself, with the id of the last event.
    source.addEventListener('error', () => setConnected(false));
    return () => {
      clearTimeout(timer);
      source.close();
    };
  }, [query, on]);
  const take = useCallback(
    () =>
      setHeld(({ rows, came, leftOut }) => ({
        rows: [...came, ...rows].slice(0, ROWS_MAX),
        came: [],
        leftOut,
      })),
    [],
  );
  const hold = useCallback(
    (now: boolean) => {
      reading.current = now;
      if (!now) take();
    },
    [take],
  );
  return { rows: held.rows, waiting: held.came.length, leftOut: held.leftOut, isConnected, hold, take };
}
