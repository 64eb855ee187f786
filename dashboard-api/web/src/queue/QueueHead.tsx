// What waits above the rows, and how many there are.

import { useEffect, useRef, useState } from 'react';
import { useI18n } from '../i18n/i18n';
import { QUEUE_KEYS } from '../keys/map';
import { Button, IconButton } from '../ui/Button';
import type { AlertFilter } from './filter';
import { HEAD_ROWS, useCounts, type Queue } from './useQueue';

/** New alerts are spoken at most this often, so that a busy queue does not talk without end. */
const SPEAK_MS = 20_000;

export function QueueHead({ queue, filter }: { queue: Queue; filter: AlertFilter }) {
  const { t, number } = useI18n();
  const counts = useCounts(filter);
  const many = queue.waiting >= HEAD_ROWS;
  return (
    <div className="queue-head">
      {queue.waiting > 0 && (
        <Button kind="primary" icon="right" onPress={queue.renew} shortcut={QUEUE_KEYS.showNew}>
          {t(many ? 'queue.waitingMany' : 'queue.waiting', { count: queue.waiting })}
        </Button>
      )}
      <Spoken waiting={queue.waiting} />
      {counts && (
        <dl className="counts">
          <Count label={t('queue.total')} value={number(counts.total)} />
          <Count label={t('queue.unassigned')} value={number(counts.unassigned)} />
          <Count label={t('queue.mine')} value={number(counts.mine)} />
          <Count label={t('queue.late')} value={number(counts.over_sla)} />
        </dl>
      )}
      <IconButton icon="refresh" label={t('keys.refresh')} onPress={queue.renew} />
    </div>
  );
}

function Count({ label, value }: { label: string; value: string }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{value}</dd>
    </div>
  );
}

/** Tells a screen reader about new alerts, politely and not too often. */
function Spoken({ waiting }: { waiting: number }) {
  const { t } = useI18n();
  const [spoken, setSpoken] = useState(0);
  const lastAt = useRef(0);
  useEffect(() => {
    if (waiting === spoken) return undefined;
    const delay = Math.max(0, lastAt.current + SPEAK_MS - Date.now());
    const timer = setTimeout(() => {
      lastAt.current = Date.now();
      setSpoken(waiting);
    }, delay);
    return () => clearTimeout(timer);
  }, [waiting, spoken]);
  return (
    <span role="status" className="hidden">
      {spoken > 0 && t('queue.waiting', { count: spoken })}
    </span>
  );
}
