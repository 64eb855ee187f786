// Threat indicators: the feeds that they come from, and what they list.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useI18n } from '../i18n/i18n';
import { useMe } from '../session/session';
import { Button } from '../ui/Button';
import { Code } from '../ui/Code';
import { Fault, faultText } from '../ui/Fault';
import { Skeleton } from '../ui/Skeleton';
import { toast } from '../ui/toasts';
import { When } from '../ui/When';
import { AddDialog } from './AddDialog';
import { fetchFeed, getFeeds, type Feed } from './api';
import { FeedDialog } from './FeedDialog';
import { ImportDialog } from './ImportDialog';
import { Listing } from './Listing';
import './intel.css';

/** What is read in the background is looked at again after so long. */
const LOOK_MS = 15_000;

type Open = { what: 'feed'; feed: Feed | null } | { what: 'import' | 'add'; feed: Feed } | null;

export function IndicatorsPage() {
  const { t, rich, number } = useI18n();
  const { permissions, agencies } = useMe();
  const [open, setOpen] = useState<Open>(null);
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ['feeds'],
    queryFn: ({ signal }) => getFeeds(signal),
    refetchInterval: LOOK_MS,
  });
  useEffect(() => {
    document.title = t('intel.page', { product: t('common.product') });
  }, [t]);
  const close = () => setOpen(null);
  return (
    <section className="letters intel" aria-label={t('intel.title')}>
      <header className="intel-head">
        <h1>{t('intel.title')}</h1>
        {permissions.includes('manage_indicators') && (
          <Button kind="primary" onPress={() => setOpen({ what: 'feed', feed: null })}>
            {t('intel.newFeed')}
          </Button>
        )}
      </header>
      <p className="quiet">{t('intel.what')}</p>
      {data?.published && (
        <p>
          {rich('intel.published', {
            count: data.published.indicators,
            shown: number(data.published.indicators),
            when: <When key="when" ms={data.published.at} />,
          })}
        </p>
      )}
      {error && <Fault what={t('intel.failed')} error={error} onRetry={() => void refetch()} />}
      {isPending && <Skeleton rows={4} />}
      {data && data.items.length === 0 && <p className="none">{t('intel.noFeeds')}</p>}
      {data && data.items.length > 0 && (
        <>
          <Rows feeds={data.items} onOpen={setOpen} />
          <Listing feeds={data.items} />
        </>
      )}
      {open?.what === 'feed' && data && (
        <FeedDialog feed={open.feed} servers={data.servers} agencies={agencies} onClose={close} />
      )}
      {open?.what === 'import' && <ImportDialog feed={open.feed} onClose={close} />}
      {open?.what === 'add' && <AddDialog feed={open.feed} onClose={close} />}
    </section>
  );
}

function Rows({ feeds, onOpen }: { feeds: Feed[]; onOpen: (open: Open) => void }) {
  const { t } = useI18n();
  return (
    // A box that scrolls must be reachable by the keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="made governance-rows" tabIndex={0} role="region" aria-label={t('intel.feeds')}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t('intel.feed')}</th>
            <th scope="col">{t('intel.counts')}</th>
            <th scope="col">{t('intel.from')}</th>
            <th scope="col" className="number">
              {t('intel.indicators')}
            </th>
            <th scope="col">{t('intel.lastRead')}</th>
            <th scope="col">{t('intel.actions')}</th>
          </tr>
        </thead>
        <tbody>
          {feeds.map((feed) => (
            <Row key={feed.id} feed={feed} onOpen={onOpen} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ feed, onOpen }: { feed: Feed; onOpen: (open: Open) => void }) {
  const i18n = useI18n();
  const { t, number } = i18n;
  const queries = useQueryClient();
  const read = useMutation({
    mutationFn: () => fetchFeed(feed.id),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['feeds'] });
      toast(t('intel.readSoon'));
    },
    onError: (fault) => toast(faultText(fault, i18n), { kind: 'fault' }),
  });
  const { origin } = feed;
  return (
    <tr data-disabled={!feed.enabled || undefined}>
      <th scope="row">
        <span dir="auto">{feed.name}</span> {!feed.enabled && <span className="badge">{t('intel.off')}</span>}
      </th>
      <td>{feed.agency === '*' ? t('intel.everywhere') : <Code>{feed.agency}</Code>}</td>
      <td>
        {origin.kind === 'kept' ? (
          t('intel.kept')
        ) : (
          <>
            {t('intel.taxii', { name: origin.server })} <Code>{origin.collection}</Code>
          </>
        )}
      </td>
      <td className="number">
        {number(feed.indicators)}
        {feed.withdrawn > 0 && <p className="quiet">{t('intel.withdrawnOf', { count: feed.withdrawn })}</p>}
      </td>
      <td className="governance-prose">
        {feed.read !== null && <When ms={feed.read} />}
        {feed.fault && (
          <p className="field-error" role="status">
            {t('intel.fault')} <Code>{feed.fault}</Code>
          </p>
        )}
      </td>
      <td>
        {feed.may_change && (
          <span className="intel-actions">
            {origin.kind === 'kept' ? (
              <>
                <Button onPress={() => onOpen({ what: 'add', feed })}>{t('intel.add')}</Button>
                <Button onPress={() => onOpen({ what: 'import', feed })}>{t('intel.import')}</Button>
              </>
            ) : (
              <Button onPress={() => read.mutate()} isPending={read.isPending} isDisabled={!feed.enabled}>
                {t('intel.readNow')}
              </Button>
            )}
            <Button onPress={() => onOpen({ what: 'feed', feed })}>{t('intel.change')}</Button>
          </span>
        )}
      </td>
    </tr>
  );
}
