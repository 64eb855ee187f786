// The events found, newest first; each opens in place to all that is known of it.

import { useVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useEffect, useRef, useState } from 'react';
import type { EventSummary } from '../api/types';
import { useI18n } from '../i18n/i18n';
import { SEARCH_KEYS } from '../keys/map';
import { onControl, useKeys } from '../keys/useKeys';
import { Button } from '../ui/Button';
import { Fault } from '../ui/Fault';
import { Skeleton } from '../ui/Skeleton';
import { ColumnNames } from './Columns';
import type { SearchFilter } from './filter';
import { ResultRow } from './ResultRow';
import type { FoundEvents } from './useEvents';
import type { Tail } from './useTail';

const ROW_PX = 32;
const OVERSCAN_ROWS = 10;

interface Props {
  found: FoundEvents;
  filter: SearchFilter;
  onFilter: (filter: SearchFilter) => void;
}

/** Events that are watched: they come by themselves, but not under the reader's eyes. */
export function TailResults({ tail, filter, onFilter }: Omit<Props, 'found'> & { tail: Tail }) {
  const { t } = useI18n();
  if (tail.rows.length === 0) {
    return (
      <div className="empty">
        <h2>{t('tail.none')}</h2>
        <p>{t('tail.noneNext')}</p>
      </div>
    );
  }
  return (
    <Rows
      rows={tail.rows}
      filter={filter}
      onFilter={onFilter}
      isStale={false}
      more={null}
      onReading={tail.hold}
    />
  );
}

export function Results({ found, filter, onFilter }: Props) {
  const { t } = useI18n();
  const { rows, query } = found;
  const { error, isPending, isPlaceholderData, hasNextPage, isFetchingNextPage, fetchNextPage, refetch } =
    query;
  if (error && rows.length === 0) {
    return <Fault what={t('search.failed')} error={error} onRetry={() => void refetch()} />;
  }
  if (isPending) return <Skeleton rows={12} />;
  if (rows.length === 0) {
    return (
      <div className="empty">
        <h2>{t('search.none')}</h2>
        <p>{t('search.noneNext')}</p>
      </div>
    );
  }
  return (
    <Rows
      rows={rows}
      filter={filter}
      onFilter={onFilter}
      isStale={isPlaceholderData}
      more={
        hasNextPage && (
          <Button isPending={isFetchingNextPage} onPress={() => void fetchNextPage()}>
            {t('search.more')}
          </Button>
        )
      }
    />
  );
}

/** How many columns stand beside the text, for the style sheet. */
const columnStyle = (count: number) => ({ '--columns': count }) as React.CSSProperties;

interface RowsProps {
  rows: EventSummary[];
  filter: SearchFilter;
  onFilter: (filter: SearchFilter) => void;
  isStale: boolean;
  more: React.ReactNode;
  /** Told whether the reader has left the top of the list or opened an event. */
  onReading?: (reading: boolean) => void;
}

function Rows({ rows, filter, onFilter, isStale, more, onReading }: RowsProps) {
  const { t } = useI18n();
  const scroller = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState<string | null>(null);
  const [active, setActive] = useState(0);
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN_ROWS,
    getItemKey: (index) => rows[index]?.uid ?? index,
  });
  const toggle = useCallback((uid: string) => setOpen((before) => (before === uid ? null : uid)), []);
  const move = (to: number) => {
    const index = Math.min(rows.length - 1, Math.max(0, to));
    setActive(index);
    virtualizer.scrollToIndex(index, { align: 'auto' });
    requestAnimationFrame(() =>
      scroller.current
        ?.querySelector<HTMLElement>(`[data-result="${index}"]`)
        ?.focus({ preventScroll: true }),
    );
  };
  useEffect(() => setOpen(null), [filter]);
  const [isAway, setAway] = useState(false);
  useEffect(() => onReading?.(open !== null || active > 0 || isAway), [onReading, open, active, isAway]);
  useKeys(SEARCH_KEYS, {
    next: () => move(active + 1),
    previous: () => move(active - 1),
    open: (event) => {
      const uid = rows[active]?.uid;
      if (onControl(event) || !uid) return false;
      toggle(uid);
      return true;
    },
    back: () => {
      if (open === null) return false;
      setOpen(null);
      move(active);
      return true;
    },
  });
  return (
    <div
      ref={scroller}
      className="results"
      data-stale={isStale || undefined}
      data-columns={filter.columns.length > 0 || undefined}
      style={columnStyle(filter.columns.length)}
      onScroll={(event) => setAway(event.currentTarget.scrollTop > ROW_PX)}
    >
      <ColumnNames filter={filter} onFilter={onFilter} />
      <ul
        aria-label={t('search.results')}
        className="results-list"
        style={{ height: virtualizer.getTotalSize() }}
      >
        {virtualizer.getVirtualItems().map(({ index, start, key }) => {
          const event = rows[index];
          return (
            event && (
              <li
                key={key}
                ref={virtualizer.measureElement}
                data-index={index}
                className="result"
                style={{ transform: `translateY(${start}px)` }}
              >
                <ResultRow
                  event={event}
                  index={index}
                  isActive={index === active}
                  isOpen={event.uid === open}
                  filter={filter}
                  onFilter={onFilter}
                  onFocus={() => setActive(index)}
                  onToggle={() => toggle(event.uid)}
                />
              </li>
            )
          );
        })}
      </ul>
      <div className="results-more">
        <span className="quiet">{t('search.shown', { count: rows.length })}</span>
        {more}
      </div>
    </div>
  );
}
