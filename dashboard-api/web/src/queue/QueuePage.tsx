// The queue, and beside it the alert that is open.

import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { ActionsProvider, useActions } from '../alert/actions';
import type { AlertSummary } from '../api/types';
import type { PageProps } from '../pages';
import { useI18n } from '../i18n/i18n';
import { ALERT_KEYS, QUEUE_KEYS } from '../keys/map';
import { onControl, useKeys } from '../keys/useKeys';
import { address, alertAddress, go, usePlace } from '../route/route';
import { Fault } from '../ui/Fault';
import { Skeleton } from '../ui/Skeleton';
import { Split } from '../ui/Split';
import { BulkAll } from './BulkAll';
import { BulkBar } from './BulkBar';
import { Empty } from './Empty';
import { FilterBar } from './FilterBar';
import { readFilter, writeFilter, type AlertFilter } from './filter';
import { Grid } from './Grid';
import { PickValue } from './PickValue';
import { QueueHead } from './QueueHead';
import { toggled, type Selection } from './selection';
import { useCounts, useQueue, type Queue } from './useQueue';
import { Views } from './Views';

const loadPane = () => import('../alert/AlertPane').then(({ AlertPane: each }) => ({ default: each }));
/** Not needed for the first look at the queue, and fetched right after it. */
const AlertPane = lazy(loadPane);

export function QueuePage({ id: openId }: PageProps) {
  const { query } = usePlace();
  const { t, number } = useI18n();
  const filter = useMemo(() => readFilter(query), [query]);
  const queue = useQueue(filter);
  const { waiting } = queue;
  useEffect(() => {
    if (!queue.isPending) void loadPane().catch(() => {});
  }, [queue.isPending]);
  useEffect(() => {
    const title = t('queue.title', { product: t('common.product') });
    document.title = waiting > 0 ? `(${number(waiting)}) ${title}` : title;
  }, [t, number, waiting]);
  return (
    <ActionsProvider>
      <QueueView queue={queue} filter={filter} openId={openId} query={query} />
    </ActionsProvider>
  );
}

interface ViewProps {
  queue: Queue;
  filter: AlertFilter;
  openId: string | null;
  query: string;
}

function QueueView({ queue, filter, openId, query }: ViewProps) {
  const { t } = useI18n();
  const [selection, setSelection] = useState<Selection>({});
  const selected = useMemo(() => queue.rows.filter(({ id }) => selection[id]), [queue.rows, selection]);
  const actions = useActions();
  const walk = useWalk(queue, openId, query);
  const setFilter = useCallback(
    (next: AlertFilter) =>
      go(address(openId ? `/alerts/${encodeURIComponent(openId)}` : '/alerts', writeFilter(next))),
    [openId],
  );
  // Another list: what was selected in the old one must not be acted on unseen.
  const key = writeFilter(filter);
  useEffect(() => setSelection({}), [key]);
  const search = useRef<HTMLInputElement>(null);
  const [picking, setPicking] = useState<{ alert: AlertSummary; out: boolean } | null>(null);
  const [isAll, setAll] = useState(false);
  useEffect(() => setAll(false), [key]);
  const counts = useCounts(filter);
  useQueueKeys({
    queue,
    walk,
    openId,
    filter,
    setFilter,
    setPicking,
    selection,
    setSelection,
    selected,
    search,
  });
  const list = (
    <section className="queue-list" aria-label={t('nav.queue')}>
      <div className="queue-top">
        <QueueHead queue={queue} filter={filter} />
        <FilterBar filter={filter} onChange={setFilter} rows={queue.rows} searchRef={search} />
        {selected.length > 0 && actions.allowed && (
          <BulkBar
            selected={selected}
            onClear={() => setSelection({})}
            all={counts?.total ?? 0}
            onAll={() => {
              setSelection({});
              setAll(true);
            }}
          />
        )}
        {isAll && counts && <BulkAll filter={filter} count={counts.total} onDone={() => setAll(false)} />}
      </div>
      <QueueBody queue={queue} filter={filter} setFilter={setFilter}>
        <Grid
          rows={queue.rows}
          gone={queue.gone}
          activeIndex={walk.index}
          openId={openId}
          selection={selection}
          onSelection={setSelection}
          onActivate={walk.activate}
          onMove={walk.moveTo}
          moves={walk.moves}
          onOpen={walk.open}
          hasMore={queue.hasMore}
          isFetching={queue.isFetching}
          loadMore={queue.loadMore}
          isStale={queue.isStale}
          renewals={queue.renewals}
        />
      </QueueBody>
    </section>
  );
  return (
    <div className="queue" data-open={openId ? '' : undefined}>
      <h1 className="hidden">{t('nav.queue')}</h1>
      {picking && (
        <PickValue
          alert={picking.alert}
          out={picking.out}
          filter={filter}
          onFilter={setFilter}
          onClose={() => setPicking(null)}
        />
      )}
      <Views query={query} filter={filter} />
      <Split
        main={list}
        beside={
          openId && (
            <Suspense fallback={<Skeleton rows={8} />}>
              <AlertPane
                id={openId}
                query={query}
                focusOnOpen={walk.openedByKey}
                onClose={walk.close}
                onPrevious={walk.index > 0 ? () => walk.moveTo(walk.index - 1) : undefined}
                onNext={walk.index < queue.rows.length - 1 ? () => walk.moveTo(walk.index + 1) : undefined}
              />
            </Suspense>
          )
        }
      />
    </div>
  );
}

interface BodyProps {
  queue: Queue;
  filter: AlertFilter;
  setFilter: (filter: AlertFilter) => void;
  children: React.ReactNode;
}

function QueueBody({ queue, filter, setFilter, children }: BodyProps) {
  const { t } = useI18n();
  if (queue.error && queue.rows.length === 0) {
    return <Fault what={t('queue.failed')} error={queue.error} onRetry={queue.renew} />;
  }
  if (queue.isPending) return <Skeleton rows={14} />;
  if (queue.rows.length === 0) return <Empty filter={filter} setFilter={setFilter} />;
  return children;
}

/** Walking through the rows: the active one by id, so that it stays itself when the list changes. */
function useWalk(queue: Queue, openId: string | null, query: string) {
  const { rows, renewals } = queue;
  const [activeId, setActiveId] = useState<string | null>(openId);
  const [moves, setMoves] = useState(0);
  const [openedByKey, setOpenedByKey] = useState(false);
  const found = rows.findIndex(({ id }) => id === activeId);
  const index = found === -1 ? 0 : found;
  const activate = useCallback((to: number) => setActiveId(rows[to]?.id ?? null), [rows]);
  const moveTo = (to: number) => {
    const row = rows[Math.min(rows.length - 1, Math.max(0, to))];
    if (!row) return;
    setActiveId(row.id);
    setMoves((count) => count + 1);
    if (openId) go(alertAddress(row.id, query), { replace: true });
  };
  const open = (at: number, by: 'pointer' | 'key') => {
    const row = rows[at];
    if (!row) return;
    setActiveId(row.id);
    setOpenedByKey(by === 'key');
    go(alertAddress(row.id, query), { replace: openId !== null });
  };
  // A renewed list is read from its top, unless an alert of it is open.
  useEffect(() => {
    if (renewals > 0 && !openId) setActiveId(null);
    // oxlint-disable-next-line react/exhaustive-deps
  }, [renewals]);
  const close = useCallback(() => {
    go(address('/alerts', query));
    // The pane is about to go; the focus returns to the row it was opened from.
    requestAnimationFrame(() => setMoves((count) => count + 1));
  }, [query]);
  return { index, active: rows[index], moves, openedByKey, activate, moveTo, open, close };
}

interface KeyProps {
  queue: Queue;
  walk: ReturnType<typeof useWalk>;
  openId: string | null;
  filter: AlertFilter;
  setFilter: (filter: AlertFilter) => void;
  setPicking: (picking: { alert: AlertSummary; out: boolean }) => void;
  selection: Selection;
  setSelection: (selection: Selection) => void;
  selected: AlertSummary[];
  search: React.RefObject<HTMLInputElement | null>;
}

function useQueueKeys(props: KeyProps) {
  const { queue, walk, openId, filter, setFilter, selection, setSelection, selected, search } = props;
  const { rows } = queue;
  const pick = (out: boolean) => {
    if (!walk.active) return false;
    props.setPicking({ alert: walk.active, out });
    return true;
  };
  const actions = useActions();
  const lastSelected = useRef(0);
  const select = (index: number, on: boolean) => {
    const id = rows[index]?.id;
    if (!id) return;
    setSelection(toggled(selection, [id], on));
    lastSelected.current = index;
  };
  useKeys(QUEUE_KEYS, {
    next: () => walk.moveTo(walk.index + 1),
    previous: () => walk.moveTo(walk.index - 1),
    open: (event) => {
      if (onControl(event) || !walk.active) return false;
      walk.open(walk.index, 'key');
      return true;
    },
    back: () => {
      if (openId) walk.close();
      else if (selected.length > 0) setSelection({});
      else return false;
      return true;
    },
    select: () => walk.active && select(walk.index, !selection[walk.active.id]),
    selectRange: () => {
      const [from, to] = [
        Math.min(lastSelected.current, walk.index),
        Math.max(lastSelected.current, walk.index),
      ];
      setSelection(
        toggled(
          selection,
          rows.slice(from, to + 1).map(({ id }) => id),
          true,
        ),
      );
    },
    group: () => setFilter({ ...filter, grouped: !filter.grouped }),
    filterIn: () => pick(false),
    filterOut: () => pick(true),
    showNew: () => queue.renew(),
    refresh: () => queue.renew(),
    find: () => search.current?.focus(),
  });
  // The keys act on what is selected, else on the alert that is open, else on the row that is active.
  const open = rows.find(({ id }) => id === openId);
  const targets = selected.length > 0 ? selected : [open ?? walk.active].filter((each) => each !== undefined);
  const onTargets = (work: (alerts: AlertSummary[]) => void) => () => {
    if (targets.length === 0) return false;
    work(targets);
    return true;
  };
  useKeys(ALERT_KEYS, {
    assignMe: onTargets(actions.assignMe),
    state: onTargets(actions.askState),
    truePositive: onTargets((alerts) => actions.askClose(alerts, 'true_positive')),
    falsePositive: onTargets((alerts) => actions.askClose(alerts, 'false_positive')),
    benign: onTargets((alerts) => actions.askClose(alerts, 'benign')),
    duplicate: onTargets((alerts) => actions.askClose(alerts, 'duplicate')),
    insufficientData: onTargets((alerts) => actions.askClose(alerts, 'insufficient_data')),
    case: onTargets(actions.askCase),
  });
}
