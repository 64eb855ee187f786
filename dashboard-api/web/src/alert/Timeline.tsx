// What else the host did, an hour either way.

import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { getTimeline } from '../api/endpoints';
import type { AlertDetail, EventSummary } from '../api/types';
import { useI18n } from '../i18n/i18n';
import { address } from '../route/route';
import { EMPTY, writeSearch } from '../search/filter';
import { around } from '../time/range';
import { Button } from '../ui/Button';
import { Code } from '../ui/Code';
import { Fault } from '../ui/Fault';
import { Link } from '../ui/Link';
import { Skeleton } from '../ui/Skeleton';
import { When } from '../ui/When';
import { AROUND_MS } from './Summary';

/** How many events either side of the alert are shown before being asked for the rest. */
const EITHER_SIDE = 8;
const MINUTE_MS = 60_000;

export function Timeline({ alert }: { alert: AlertDetail }) {
  const { t } = useI18n();
  const { data, error, refetch } = useQuery({
    queryKey: ['alert', alert.id, 'timeline'],
    queryFn: ({ signal }) => getTimeline(alert.id, signal),
    staleTime: 60_000,
  });
  const search = address(
    '/search',
    writeSearch({ ...EMPTY, host: alert.host, range: around(alert.time, AROUND_MS) }),
  );
  return (
    <section>
      <h3>
        {t('timeline.title')} <Code>{alert.host}</Code>
        <Link to={search} className="section-link">
          {t('timeline.search')}
        </Link>
      </h3>
      {error && <Fault what={t('timeline.failed')} error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Skeleton rows={5} />}
      {data && <Rows items={data.items} alert={alert} />}
      {data?.truncated && <p className="quiet">{t('timeline.truncated')}</p>}
    </section>
  );
}

function Rows({ items, alert }: { items: EventSummary[]; alert: AlertDetail }) {
  const { t } = useI18n();
  const [all, setAll] = useState(false);
  const own = useMemo(() => evidenceUids(alert), [alert]);
  const shown = all ? items : nearest(items, alert.time);
  if (items.length === 0) return <p className="quiet">{t('timeline.none')}</p>;
  return (
    <>
      <ol className="timeline">
        {shown.map((event) => (
          <li key={event.uid} data-own={own.has(event.uid) || undefined}>
            <Link to={minuteAround(event)} className="timeline-when" title={t('timeline.minute')}>
              <When ms={event.time} />
            </Link>
            <Code>{event.source}</Code>
            <span className="timeline-text" lang="en" dir="auto" title={event.raw}>
              {event.message || event.gist || event.raw}
            </span>
          </li>
        ))}
      </ol>
      {shown.length < items.length && (
        <Button kind="quiet" onPress={() => setAll(true)}>
          {t('timeline.all', { count: items.length })}
        </Button>
      )}
    </>
  );
}

/** The minute either side of an event, on its host. */
function minuteAround({ time, host }: EventSummary): string {
  return address('/search', writeSearch({ ...EMPTY, host, range: around(time, MINUTE_MS) }));
}

function evidenceUids(alert: AlertDetail): Set<string> {
  return new Set(
    alert.events.flatMap(({ metadata }) => {
      const uid = metadata && typeof metadata === 'object' && !Array.isArray(metadata) ? metadata.uid : null;
      return typeof uid === 'string' ? [uid] : [];
    }),
  );
}

function nearest(items: EventSummary[], time: number): EventSummary[] {
  const after = items.findIndex((event) => event.time >= time);
  const middle = after === -1 ? items.length : after;
  return items.slice(Math.max(0, middle - EITHER_SIDE), middle + EITHER_SIDE);
}
