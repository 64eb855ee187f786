// The audit log: who did what, and the signed note that holds it fast. For auditors of all agencies.

import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { getAudit, getAuditCheckpoint } from '../api/endpoints';
import type { AuditRecord } from '../api/types';
import { useI18n, type Key } from '../i18n/i18n';
import { address, go, usePlace } from '../route/route';
import { Button } from '../ui/Button';
import { Chip } from '../ui/Chip';
import { Code } from '../ui/Code';
import { Copy } from '../ui/Copy';
import { Fault } from '../ui/Fault';
import { Link } from '../ui/Link';
import { Skeleton } from '../ui/Skeleton';
import { When } from '../ui/When';
import { ACTIONS } from './actions';
import { Check } from './Check';
import { told } from './detail';

const PAGE_ROWS = 100;

/** What can be asked for, as it stands in the address. */
const FILTERS = ['actor', 'action', 'target'] as const;
type Name = (typeof FILTERS)[number];

const LABELS: Record<Name, Key> = {
  actor: 'audit.actor',
  action: 'audit.action',
  target: 'audit.target',
};

/** The address with one filter set anew. */
function where(query: string, name: Name, value: string | null): string {
  const params = new URLSearchParams(query);
  if (value === null) params.delete(name);
  else params.set(name, value);
  return address('/audit', params.toString());
}

export function AuditPage() {
  const { t } = useI18n();
  const { query } = usePlace();
  const params = new URLSearchParams(query);
  const asked = Object.fromEntries(FILTERS.map((name) => [name, params.get(name)]));
  useEffect(() => {
    document.title = t('audit.page', { product: t('common.product') });
  }, [t]);
  const { data, error, isPending, hasNextPage, isFetchingNextPage, fetchNextPage, refetch } =
    useInfiniteQuery({
      queryKey: ['audit', asked],
      queryFn: ({ pageParam, signal }) => getAudit({ ...asked, limit: PAGE_ROWS, before: pageParam }, signal),
      initialPageParam: null as number | null,
      getNextPageParam: (page) => page.next_before,
    });
  const records = data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section className="audit" aria-label={t('audit.title')}>
      <h1>{t('audit.title')}</h1>
      <p className="quiet">{t('audit.what')}</p>
      <Checkpoint />
      <Check />
      <div className="search-filters">
        {FILTERS.map((name) => {
          const value = asked[name];
          return (
            value && (
              <Chip
                key={name}
                label={t(LABELS[name])}
                value={value}
                onRemove={() => go(where(query, name, null))}
              />
            )
          );
        })}
      </div>
      {error && <Fault what={t('audit.failed')} error={error} onRetry={() => void refetch()} />}
      {isPending && <Skeleton rows={8} />}
      {data && records.length === 0 && (
        <div className="empty">
          <h2>{t('audit.none')}</h2>
        </div>
      )}
      {records.length > 0 && <Records records={records} query={query} />}
      {hasNextPage && (
        <Button isPending={isFetchingNextPage} onPress={() => void fetchNextPage()}>
          {t('search.more')}
        </Button>
      )}
    </section>
  );
}

/** Nothing is shown before the first entry has been sealed. */
function Checkpoint() {
  const { t } = useI18n();
  const { data } = useQuery({
    queryKey: ['audit-checkpoint'],
    queryFn: ({ signal }) => getAuditCheckpoint(signal),
    retry: false,
  });
  if (!data) return null;
  return (
    <p className="audit-checkpoint">
      {t('audit.sealed')} <When ms={data.at_ms} /> <Copy text={data.note} label={t('audit.copy')} />
    </p>
  );
}

function Records({ records, query }: { records: AuditRecord[]; query: string }) {
  const { t } = useI18n();
  return (
    // A box that scrolls must be reachable by the keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="made audit-rows" tabIndex={0} role="region" aria-label={t('audit.entries')}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t('column.time')}</th>
            <th scope="col">{t('audit.actor')}</th>
            <th scope="col">{t('audit.action')}</th>
            <th scope="col">{t('audit.target')}</th>
            <th scope="col">{t('audit.detail')}</th>
          </tr>
        </thead>
        <tbody>
          {records.map((record) => (
            <tr key={record.seq}>
              <td>
                <When ms={record.at_ms} />
              </td>
              <td>
                <Value name="actor" value={record.actor} query={query} />
              </td>
              <td>
                <Link to={where(query, 'action', record.action)} title={record.action}>
                  {ACTIONS[record.action] ? t(ACTIONS[record.action]!) : <Code>{record.action}</Code>}
                </Link>
              </td>
              <td>{record.target !== '' && <Value name="target" value={record.target} query={query} />}</td>
              <td className="audit-detail">
                <Detail record={record} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Value({ name, value, query }: { name: Name; value: string; query: string }) {
  return (
    <Link to={where(query, name, value)}>
      <Code>{value}</Code>
    </Link>
  );
}

/** Moments among the details, which stand there in milliseconds. */
const MOMENTS = new Set(['from', 'to', 'before', 'until', 'expires', 'expires_ms']);

/** What was asked or changed, part by part; what was left empty is not told. */
function Detail({ record }: { record: AuditRecord }) {
  const { exact } = useI18n();
  const parts = told(record.detail);
  if (parts === null) return <Code title={record.trace_id}>{record.detail}</Code>;
  return (
    <span title={record.trace_id}>
      {parts.map(([name, value]) => (
        <span key={name} className="audit-part">
          <span className="quiet" lang="en" translate="no">
            {name}
          </span>{' '}
          {MOMENTS.has(name.split('.').at(-1) ?? '') && typeof value === 'number' ? (
            <span className="when">{exact(value)}</span>
          ) : (
            <Code>{typeof value === 'string' ? value : JSON.stringify(value)}</Code>
          )}
        </span>
      ))}
    </span>
  );
}
