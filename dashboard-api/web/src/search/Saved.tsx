// Searches that are kept, one's own and those shared in an agency; and the found events as a file.

import { lazy, Suspense, useState } from 'react';
import { queryString } from '../api/client';
import { useI18n } from '../i18n/i18n';
import { useMe } from '../session/session';
import type { Span } from '../time/range';
import { Button } from '../ui/Button';
import { faultText } from '../ui/Fault';
import { Icon } from '../ui/Icon';
import { toast } from '../ui/toasts';
import { searchParams, type SearchFilter } from './filter';
import { KeepDialog } from './KeepDialog';
import type { SavedSearch } from './api';
import { useKept, useKeeping, useSchedules } from './kept';

/** Not needed for the first paint. */
const ScheduleDialog = lazy(() =>
  import('./ScheduleDialog').then(({ ScheduleDialog: each }) => ({ default: each })),
);

interface Props {
  filter: SearchFilter;
  span: Span | null;
  onRun: (filter: SearchFilter) => void;
}

export function Saved({ filter, span, onRun }: Props) {
  const i18n = useI18n();
  const { t } = i18n;
  const me = useMe();
  const searches = useKept('search');
  const { drop } = useKeeping();
  const schedules = useSchedules();
  const [keeping, setKeeping] = useState(false);
  const [planning, setPlanning] = useState<SavedSearch | null>(null);
  return (
    <>
      {searches?.map((search) => (
        <span key={search.id} className="chip">
          <button
            type="button"
            className="saved-run"
            title={search.q}
            onClick={() => {
              const [from = '-24h', to = null] = search.range.split(' ');
              onRun({
                ...filter,
                agency: null,
                host: null,
                source: null,
                classUid: null,
                q: search.q,
                range: { from, to },
              });
            }}
          >
            {search.name} {search.agency && <span className="quiet">{search.agency}</span>}
          </button>
          {search.owner === me.user && (
            <button
              type="button"
              className="saved-clock"
              aria-label={t('schedule.title', { name: search.name })}
              data-on={schedules.has(search.id) || undefined}
              onClick={() => setPlanning(search)}
            >
              <Icon name="clock" />
              {(schedules.get(search.id)?.unseen ?? 0) > 0 && (
                <span className="badge">{schedules.get(search.id)?.unseen}</span>
              )}
            </button>
          )}
          {search.owner === me.user && (
            <button
              type="button"
              aria-label={t('search.drop', { name: search.name })}
              onClick={() =>
                drop.mutate(search, {
                  onError: (error) => toast(faultText(error, i18n), { kind: 'fault' }),
                })
              }
            >
              <Icon name="cross" />
            </button>
          )}
        </span>
      ))}
      {me.permissions.includes('read_events') && filter.q.trim() !== '' && (
        <Button kind="quiet" onPress={() => setKeeping(true)}>
          {t('search.keep')}
        </Button>
      )}
      {me.permissions.includes('export_events') && span && <Export filter={filter} span={span} />}
      <Suspense fallback={null}>
        {planning && <ScheduleDialog search={planning} onClose={() => setPlanning(null)} />}
      </Suspense>
      {keeping && (
        <KeepDialog
          title={t('search.keep')}
          label={t('search.name')}
          kept={{ q: filter.q, range: [filter.range.from, filter.range.to].filter(Boolean).join(' ') }}
          onClose={() => setKeeping(false)}
        />
      )}
    </>
  );
}

function Export({ filter, span }: { filter: SearchFilter; span: Span }) {
  const { t } = useI18n();
  const file = (format: 'ndjson' | 'csv' | 'parquet', columns: string | null = null) =>
    `/api/v1/events/export?${queryString({ ...searchParams(filter, span), format, columns })}`;
  const chosen = ['time', 'source', 'agency', 'host', ...filter.columns, 'message', 'raw', 'uid'];
  return (
    <span className="search-export">
      <span className="quiet">{t('search.export')}</span>{' '}
      <a href={file('ndjson')} download>
        {t('search.ndjson')}
      </a>{' '}
      <a href={file('csv', filter.columns.length > 0 ? chosen.join(',') : null)} download>
        {t('search.csv')}
      </a>{' '}
      <a href={file('parquet')} download>
        {t('search.parquet')}
      </a>
    </span>
  );
}
