// Every change to an alert goes through here: made against the version that was seen, told, undone, or met by another's.

import { useMutation, useQueryClient, type InfiniteData, type QueryClient } from '@tanstack/react-query';
import { createContext, useCallback, useContext, useMemo, useRef, useState, type ReactNode } from 'react';
import { Problem } from '../api/client';
import { changeAlert } from '../api/endpoints';
import type { AlertChange, AlertDetail, AlertSummary, ConflictCurrent, Paged } from '../api/types';
import { useI18n, type I18n } from '../i18n/i18n';
import { faultText } from '../ui/Fault';
import { toast } from '../ui/toasts';
import { undoing } from './undo';

/** Someone else was faster: what they did and what was asked for. */
export interface Conflict {
  mine: AlertChange;
  theirs: ConflictCurrent;
}

export type Outcome = 'changed' | 'conflict' | 'failed';

interface Changes {
  /** Makes the same change to each; says so once, with an undo for all. */
  change: (alerts: AlertSummary[], change: AlertChange) => Promise<Outcome[]>;
  conflicts: ReadonlyMap<string, Conflict>;
  /** Keeps what the other one did. */
  keepTheirs: (id: string) => void;
  /** Makes one's own change on top of the other's. */
  applyMine: (alert: AlertSummary) => Promise<void>;
}

interface Request {
  alert: AlertSummary;
  change: AlertChange;
}

const Context = createContext<Changes | null>(null);

/** Many at once would keep the page's own requests waiting behind them. */
const CHANGES_AT_ONCE = 4;

export function ChangesProvider({ children }: { children: ReactNode }) {
  const i18n = useI18n();
  const queries = useQueryClient();
  const send = useSend();
  const [conflicts, setConflicts] = useState<ReadonlyMap<string, Conflict>>(new Map());
  const setConflict = useCallback((id: string, conflict: Conflict | null) => {
    setConflicts((before) => {
      const next = new Map(before);
      if (conflict) next.set(id, conflict);
      else next.delete(id);
      return next;
    });
  }, []);
  const changeOne = useCallback(
    async (alert: AlertSummary, change: AlertChange): Promise<Result> => {
      try {
        const after = await send({ alert, change });
        setConflict(alert.id, null);
        return { outcome: 'changed', before: alert, after };
      } catch (error) {
        const theirs =
          error instanceof Problem && error.code === 'version_conflict' ? error.params.current : null;
        if (!theirs) return { outcome: 'failed', error };
        setConflict(alert.id, { mine: change, theirs: theirs as ConflictCurrent });
        await refresh(queries, alert.id);
        return { outcome: 'conflict' };
      }
    },
    [queries, send, setConflict],
  );
  const change = useCallback(
    async (alerts: AlertSummary[], wanted: AlertChange): Promise<Outcome[]> => {
      const results = await inTurn(alerts, (alert) => changeOne(alert, wanted));
      tell(results, wanted, i18n, changeOne);
      return results.map(({ outcome }) => outcome);
    },
    [changeOne, i18n],
  );
  const value = useMemo<Changes>(
    () => ({
      change,
      conflicts,
      keepTheirs: (id) => setConflict(id, null),
      applyMine: async (alert) => {
        const conflict = conflicts.get(alert.id);
        if (!conflict) return;
        await change([{ ...alert, ...conflict.theirs, version: conflict.theirs.version }], conflict.mine);
      },
    }),
    [change, conflicts, setConflict],
  );
  return <Context value={value}>{children}</Context>;
}

type Result =
  | { outcome: 'changed'; before: AlertSummary; after: AlertDetail }
  | { outcome: 'conflict' }
  | { outcome: 'failed'; error: unknown };

/** Sends one change; while offline it waits, and then goes against the version that one's own earlier change made. */
function useSend(): (request: Request) => Promise<AlertDetail> {
  const queries = useQueryClient();
  const own = useRef(new Map<string, number>());
  const { mutateAsync } = useMutation({
    mutationKey: ['change'],
    mutationFn: async ({ alert, change }: Request) => {
      let version = alert.version;
      for (let next; (next = own.current.get(`${alert.id} ${version}`)) !== undefined;) version = next;
      const after = await changeAlert(alert.id, version, change);
      own.current.set(`${alert.id} ${version}`, after.version);
      return after;
    },
    onSuccess: (after) => {
      place(queries, after);
      void refresh(queries, after.id, after);
    },
  });
  return mutateAsync;
}

/** Puts the alert as it stands where it is shown, without moving anything. */
export function place(queries: QueryClient, after: AlertDetail): void {
  queries.setQueryData<AlertDetail>(['alert', after.id], (before) =>
    before && before.version >= after.version ? before : after,
  );
  queries.setQueriesData<InfiniteData<Paged<AlertSummary>>>({ queryKey: ['alerts', 'list'] }, (data) => {
    const isOld = (item: AlertSummary) => item.id === after.id && item.version < after.version;
    if (!data?.pages.some((page) => page.items.some(isOld))) return data;
    const items = (page: Paged<AlertSummary>) =>
      page.items.map((item) => (isOld(item) ? { ...item, ...summaryOf(after) } : item));
    return { ...data, pages: data.pages.map((page) => ({ ...page, items: items(page) })) };
  });
}

function summaryOf({ version, state, verdict, assignee }: AlertSummary): Partial<AlertSummary> {
  return { version, state, verdict, assignee };
}

async function refresh(queries: QueryClient, id: string, after?: AlertDetail): Promise<void> {
  void queries.invalidateQueries({ queryKey: ['alerts', 'counts'] });
  void queries.invalidateQueries({ queryKey: ['alerts', 'head'] });
  await queries.invalidateQueries({ queryKey: after ? ['alert', id, 'history'] : ['alert', id] });
}

async function inTurn<T, R>(items: T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let start = 0; start < items.length; start += CHANGES_AT_ONCE) {
    // Deliberately in groups: see CHANGES_AT_ONCE.
    results.push(...(await Promise.all(items.slice(start, start + CHANGES_AT_ONCE).map(work))));
  }
  return results;
}

function tell(
  results: Result[],
  wanted: AlertChange,
  i18n: I18n,
  changeOne: (alert: AlertSummary, change: AlertChange) => Promise<Result>,
): void {
  const { t } = i18n;
  const changed = results.filter((result) => result.outcome === 'changed');
  const failed = results.filter((result) => result.outcome === 'failed');
  const conflicts = results.filter((result) => result.outcome === 'conflict').length;
  if (changed.length > 0) {
    const undo = async () => {
      const undone = await inTurn(changed, ({ before, after }) => changeOne(after, undoing(before, after)));
      const lost = undone.find((result) => result.outcome === 'failed');
      if (lost) toast(t('changes.undoFailed', { why: faultText(lost.error, i18n) }), { kind: 'fault' });
      else if (undone.every((result) => result.outcome === 'changed')) toast(t('changes.undone'));
    };
    const canUndo = changed.some(({ before, after }) => Object.keys(undoing(before, after)).length > 0);
    toast(changeText(wanted, changed.length, i18n), canUndo ? { undo: () => void undo() } : {});
  }
  if (failed.length > 0) {
    toast(t('changes.failed', { count: failed.length, why: faultText(failed[0]!.error, i18n) }), {
      kind: 'fault',
    });
  }
  if (conflicts > 0 && results.length > 1)
    toast(t('changes.conflicts', { count: conflicts }), { kind: 'fault' });
}

/** "Acknowledged", "3 alerts closed: false positive". */
export function changeText(change: AlertChange, count: number, { t }: I18n): string {
  if (change.state === 'closed') {
    return t('changes.closed', { count, verdict: t(`verdict.${change.verdict ?? 'benign'}`) });
  }
  if (change.state) return t(`changes.${change.state}`, { count });
  return change.assignee
    ? t('changes.assigned', { count, name: change.assignee })
    : t('changes.unassigned', { count });
}

export function useChanges(): Changes {
  const value = useContext(Context);
  if (!value) throw new Error('useChanges outside ChangesProvider');
  return value;
}
