// Changes every alert that the filter finds, if there are as many as the reader was told.

import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useActions } from '../alert/actions';
import { CloseDialog } from '../alert/CloseDialog';
import { StateDialog } from '../alert/StateDialog';
import { Problem } from '../api/client';
import { changeMany } from '../api/endpoints';
import type { AlertChange, BulkResult } from '../api/types';
import { useI18n } from '../i18n/i18n';
import { useMe } from '../session/session';
import { Button } from '../ui/Button';
import { Dialog } from '../ui/Dialog';
import { faultText } from '../ui/Fault';
import { toast } from '../ui/toasts';
import { bulkFilter, type AlertFilter } from './filter';

/** Counts by outcome of the requests that have been made. */
type Counts = Record<string, number>;

interface Props {
  filter: AlertFilter;
  /** How many alerts the reader was told there are. */
  count: number;
  onDone: () => void;
}

export function BulkAll({ filter, count, onDone }: Props) {
  const { t } = useI18n();
  const me = useMe();
  const { allowed } = useActions();
  const [asking, setAsking] = useState<'state' | 'close' | null>(null);
  const [work, setWork] = useState<AlertChange | null>(null);
  if (!allowed) return null;
  return (
    <>
      <div className="bulk" role="group" aria-label={t('bulk.all', { count })}>
        <strong>{t('bulk.all', { count })}</strong>
        <Button onPress={() => setWork({ assignee: me.user })}>{t('action.assignMe')}</Button>
        <Button onPress={() => setAsking('state')}>{t('action.state')}</Button>
        <Button onPress={() => setAsking('close')}>{t('action.close')}</Button>
        <Button kind="quiet" onPress={onDone}>
          {t('common.cancel')}
        </Button>
      </div>
      {asking === 'state' && (
        <StateDialog
          alerts={[]}
          count={count}
          onChoose={(state) => {
            if (state === 'closed') return setAsking('close');
            setAsking(null);
            return setWork({ state });
          }}
          onClose={() => setAsking(null)}
        />
      )}
      {asking === 'close' && (
        <CloseDialog
          alerts={[]}
          count={count}
          verdict={null}
          onSubmit={(verdict, reason) => {
            setAsking(null);
            setWork({ state: 'closed', verdict, reason });
          }}
          onClose={() => setAsking(null)}
        />
      )}
      {work && (
        <Work
          filter={filter}
          count={count}
          change={work}
          onClose={() => setWork(null)}
          onDone={() => {
            setWork(null);
            onDone();
          }}
        />
      )}
    </>
  );
}

type WorkProps = Props & { change: AlertChange; onClose: () => void };

/** Asks once more, and then goes from request to request until none is left. */
function Work({ filter, count, change, onClose, onDone }: WorkProps) {
  const i18n = useI18n();
  const { t, number } = i18n;
  const queries = useQueryClient();
  const [left, setLeft] = useState<number | null>(null);
  const [expected, setExpected] = useState(count);
  const [fault, setFault] = useState<string | null>(null);
  const run = async () => {
    setFault(null);
    setLeft(expected);
    const done: Counts = {};
    try {
      let next: BulkResult | null = null;
      // "The last hour" is the same hour for all requests.
      const asked = bulkFilter(filter, Date.now());
      do {
        // Each goes on behind the last one.
        // oxlint-disable-next-line no-await-in-loop
        next = await changeMany({
          filter: asked,
          expected: next ? next.remaining : expected,
          change,
          ...(next?.next_cursor ? { cursor: next.next_cursor } : {}),
        });
        for (const [outcome, many] of Object.entries(next.counts))
          done[outcome] = (done[outcome] ?? 0) + many;
        setLeft(next.remaining);
      } while (next.next_cursor !== null);
      const others = Object.entries(done).filter(([outcome]) => outcome !== 'changed');
      toast(t('bulk.done', { count: done.changed ?? 0 }));
      if (others.length > 0) {
        const why = others.map(([outcome, many]) => `${outcome} ${number(many)}`).join(', ');
        toast(t('bulk.notDone', { why }), { kind: 'fault' });
      }
      onDone();
    } catch (error) {
      if (error instanceof Problem && error.code === 'count_differs') {
        const found = Number(error.params.found);
        setExpected(found);
        setFault(t('bulk.differs', { count: found }));
      } else {
        setFault(`${t('bulk.broken', { count: done.changed ?? 0 })} ${faultText(error, i18n)}`);
      }
      setLeft(null);
    } finally {
      void queries.invalidateQueries({ queryKey: ['alerts'] });
    }
  };
  return (
    <Dialog title={t('bulk.sure', { count: expected })} onClose={onClose}>
      <p>{t('bulk.sureWhat')}</p>
      {fault && (
        <p className="field-error" role="alert">
          {fault}
        </p>
      )}
      {left !== null && <p role="status">{t('bulk.left', { count: left })}</p>}
      <div className="form-actions">
        <Button onPress={onClose} isDisabled={left !== null}>
          {t('common.cancel')}
        </Button>
        <Button kind="primary" onPress={() => void run()} isPending={left !== null}>
          {t('bulk.change', { count: expected })}
        </Button>
      </div>
    </Dialog>
  );
}
