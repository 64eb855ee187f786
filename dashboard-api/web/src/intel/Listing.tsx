// What the feeds list: looked up by what an event would show, and withdrawn where a feed is wrong.

import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { useI18n } from '../i18n/i18n';
import { address } from '../route/route';
import { Button } from '../ui/Button';
import { ChooseOne } from '../ui/Choice';
import { Code } from '../ui/Code';
import { Dialog } from '../ui/Dialog';
import { Fault, faultText } from '../ui/Fault';
import { Field } from '../ui/Field';
import { Link } from '../ui/Link';
import { useNow } from '../ui/now';
import { Skeleton } from '../ui/Skeleton';
import { toast } from '../ui/toasts';
import { When } from '../ui/When';
import { getIndicators, KINDS, restore, withdraw, type Feed, type Filter, type Indicator } from './api';

const ALL: Filter = { feed: '', kind: '', value: '', withdrawn: '' };
const REASON_CHARS_MAX = 500;

export function Listing({ feeds }: { feeds: Feed[] }) {
  const { t } = useI18n();
  const [filter, setFilter] = useState(ALL);
  const [typed, setTyped] = useState('');
  const { data, error, isPending, hasNextPage, isFetchingNextPage, fetchNextPage, refetch } =
    useInfiniteQuery({
      queryKey: ['indicators', filter],
      queryFn: ({ pageParam, signal }) => getIndicators(filter, pageParam, signal),
      initialPageParam: null as string | null,
      getNextPageParam: (page) => page.next_cursor,
    });
  const look = (event: FormEvent) => {
    event.preventDefault();
    setFilter({ ...filter, value: typed.trim() });
  };
  const items = data?.pages.flatMap((page) => page.items) ?? [];
  const changeable = new Set(feeds.filter((feed) => feed.may_change).map((feed) => feed.id));
  return (
    <>
      <h2>{t('intel.listed')}</h2>
      <p className="quiet">{t('intel.lookUpHelp')}</p>
      <form className="governance-tools" role="search" onSubmit={look}>
        <Field label={t('intel.lookUp')} value={typed} onChange={setTyped} maxLength={REASON_CHARS_MAX} />
        <Button type="submit">{t('intel.look')}</Button>
        <ChooseOne
          label={t('intel.feed')}
          value={filter.feed}
          unset=""
          options={[{ id: '', name: t('intel.anyFeed') }, ...feeds.map(({ id, name }) => ({ id, name }))]}
          onChange={(feed) => setFilter({ ...filter, feed })}
        />
        <ChooseOne
          label={t('intel.kind')}
          value={filter.kind}
          unset=""
          options={[
            { id: '' as const, name: t('intel.anyKind') },
            ...KINDS.map((id) => ({ id, name: t(`intel.kind.${id}`) })),
          ]}
          onChange={(kind) => setFilter({ ...filter, kind })}
        />
        <ChooseOne
          label={t('intel.state')}
          value={filter.withdrawn}
          unset=""
          options={[
            { id: '' as const, name: t('intel.anyState') },
            { id: 'false' as const, name: t('intel.inForce') },
            { id: 'true' as const, name: t('intel.withdrawn') },
          ]}
          onChange={(withdrawn) => setFilter({ ...filter, withdrawn })}
        />
      </form>
      {error && <Fault what={t('intel.failed')} error={error} onRetry={() => void refetch()} />}
      {isPending && <Skeleton rows={8} />}
      {data && items.length === 0 && (
        <p className="none" role="status">
          {filter.value === '' ? t('intel.none') : t('intel.notListed')}
        </p>
      )}
      {items.length > 0 && <Rows items={items} changeable={changeable} />}
      {hasNextPage && (
        <Button isPending={isFetchingNextPage} onPress={() => void fetchNextPage()}>
          {t('search.more')}
        </Button>
      )}
    </>
  );
}

function Rows({ items, changeable }: { items: Indicator[]; changeable: Set<string> }) {
  const { t } = useI18n();
  return (
    // A box that scrolls must be reachable by the keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="made governance-rows" tabIndex={0} role="region" aria-label={t('intel.listed')}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t('intel.value')}</th>
            <th scope="col">{t('intel.kind')}</th>
            <th scope="col">{t('intel.feed')}</th>
            <th scope="col">{t('intel.about')}</th>
            <th scope="col" className="number">
              {t('intel.confidence')}
            </th>
            <th scope="col">{t('intel.tlp')}</th>
            <th scope="col">{t('intel.ends')}</th>
            <th scope="col">{t('intel.added')}</th>
            <th scope="col">{t('intel.actions')}</th>
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <Row key={item.id} item={item} mayChange={changeable.has(item.feed)} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Leads to the events that hold it. */
function Value({ item: { value } }: { item: Indicator }) {
  const q = `"${value.replaceAll('"', '\\"')}"`;
  return (
    <Link to={address('/search', new URLSearchParams({ q }).toString())}>
      <Code>{value}</Code>
    </Link>
  );
}

function Row({ item, mayChange }: { item: Indicator; mayChange: boolean }) {
  const i18n = useI18n();
  const { t, number } = i18n;
  const now = useNow();
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  const back = useMutation({
    mutationFn: () => restore(item.id),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['indicators'] });
      void queries.invalidateQueries({ queryKey: ['feeds'] });
      toast(t('intel.restored'));
    },
    onError: (fault) => toast(faultText(fault, i18n), { kind: 'fault' }),
  });
  const ended = item.expires !== null && item.expires <= now;
  return (
    <tr data-disabled={item.withdrawn !== null || ended || undefined}>
      <td>
        <Value item={item} />
      </td>
      <td>{t(`intel.kind.${item.kind}`)}</td>
      <td>
        <span dir="auto">{item.feed_name}</span>
        {item.source && <p className="quiet">{item.source}</p>}
      </td>
      <td className="governance-prose">
        <span dir="auto">{item.label}</span>
        {item.reference && (
          <p className="quiet">
            <Code>{item.reference}</Code>
          </p>
        )}
        {item.withdrawn !== null && (
          <p>{t('intel.withdrawnBy', { name: item.withdrawn_by ?? '', reason: item.reason ?? '' })}</p>
        )}
      </td>
      <td className="number">{item.confidence !== null && number(item.confidence)}</td>
      <td>{item.tlp && t(`intel.tlp.${item.tlp}`)}</td>
      <td>
        {item.expires !== null && <When ms={item.expires} />} {ended && t('intel.ended')}
      </td>
      <td>
        <When ms={item.added} />
        <p className="quiet">{item.added_by}</p>
      </td>
      <td>
        {mayChange &&
          (item.withdrawn === null ? (
            <Button onPress={() => setAsking(true)}>{t('intel.withdraw')}</Button>
          ) : (
            <Button onPress={() => back.mutate()} isPending={back.isPending}>
              {t('intel.restore')}
            </Button>
          ))}
        {asking && <WithdrawDialog item={item} onClose={() => setAsking(false)} />}
      </td>
    </tr>
  );
}

function WithdrawDialog({ item, onClose }: { item: Indicator; onClose: () => void }) {
  const i18n = useI18n();
  const { t } = i18n;
  const queries = useQueryClient();
  const [reason, setReason] = useState('');
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => withdraw(item.id, reason.trim()),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['indicators'] });
      void queries.invalidateQueries({ queryKey: ['feeds'] });
      toast(t('intel.withdrawnDone'));
      onClose();
    },
  });
  return (
    <Dialog title={t('intel.withdraw')} onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          mutate();
        }}
      >
        <p>
          <Code>{item.value}</Code>
        </p>
        <Field
          label={t('intel.reason')}
          help={t('intel.reasonHelp')}
          value={reason}
          onChange={setReason}
          maxLength={REASON_CHARS_MAX}
          isRequired
        />
        {error && (
          <p className="field-error" role="alert">
            {faultText(error, i18n)}
          </p>
        )}
        <div className="form-actions">
          <Button onPress={onClose}>{t('common.cancel')}</Button>
          <Button kind="primary" type="submit" isPending={isPending} isDisabled={reason.trim() === ''}>
            {t('intel.withdraw')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
