// Every rule with its stage, how often it fired and how often it was wrong.

import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState, type FormEvent } from 'react';
import { STAGES, type RuleSummary } from '../api/types';
import { useI18n } from '../i18n/i18n';
import { SEARCH_KEYS } from '../keys/map';
import { useKeys } from '../keys/useKeys';
import { address, go, usePlace } from '../route/route';
import { useMe } from '../session/session';
import { Button } from '../ui/Button';
import { ChooseOne } from '../ui/Choice';
import { Code } from '../ui/Code';
import { Fault } from '../ui/Fault';
import { Link } from '../ui/Link';
import { SearchBox } from '../ui/SearchBox';
import { Skeleton } from '../ui/Skeleton';
import { When } from '../ui/When';
import { getRules, getRuleset, STATS_DAYS } from './api';
import { Level, StageName } from './Pieces';

const PAGE_ROWS = 100;
const ANY = 'any';
const LEVELS = ['critical', 'high', 'medium', 'low', 'informational'] as const;
const ORDERS = ['title', 'alerts', 'false_positives', 'last'] as const;

/** The list's address with one thing set anew. */
function where(query: string, name: string, value: string): string {
  const params = new URLSearchParams(query);
  if (value === '' || value === ANY) params.delete(name);
  else params.set(name, value);
  return address('/rules', params.toString());
}

export function RuleList() {
  const { t } = useI18n();
  const { query } = usePlace();
  const { permissions } = useMe();
  const params = new URLSearchParams(query);
  const asked = {
    kind: 'rule',
    q: params.get('q'),
    stage: params.get('stage'),
    level: params.get('level'),
    order: params.get('order'),
  };
  useEffect(() => {
    document.title = t('rules.page', { product: t('common.product') });
  }, [t]);
  const { data, error, isPending, hasNextPage, isFetchingNextPage, fetchNextPage, refetch } =
    useInfiniteQuery({
      queryKey: ['rules', asked],
      queryFn: ({ pageParam, signal }) => getRules({ ...asked, limit: PAGE_ROWS, cursor: pageParam }, signal),
      initialPageParam: null as string | null,
      getNextPageParam: (page) => page.next_cursor,
    });
  const rules = data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section className="rules" aria-label={t('rules.title')}>
      <header className="rules-head">
        <h1>{t('rules.title')}</h1>
        <span className="rules-verbs">
          <Link to="/exceptions">{t('rules.exceptions')}</Link>
          {permissions.includes('write_rules') && (
            <Button kind="primary" onPress={() => go('/rules/new')}>
              {t('rules.new')}
            </Button>
          )}
        </span>
      </header>
      <Published />
      <Filters query={query} />
      {error && <Fault what={t('rules.failed')} error={error} onRetry={() => void refetch()} />}
      {isPending && <Skeleton rows={10} />}
      {data && rules.length === 0 && (
        <div className="empty">
          <h2>{t('rules.none')}</h2>
        </div>
      )}
      {rules.length > 0 && (
        <>
          <p className="quiet">{t('rules.count', { count: data?.pages[0]?.total ?? 0 })}</p>
          <Rows rules={rules} />
        </>
      )}
      {hasNextPage && (
        <Button isPending={isFetchingNextPage} onPress={() => void fetchNextPage()}>
          {t('search.more')}
        </Button>
      )}
    </section>
  );
}

function Filters({ query }: { query: string }) {
  const { t } = useI18n();
  const params = new URLSearchParams(query);
  const [words, setWords] = useState(params.get('q') ?? '');
  const box = useRef<HTMLInputElement>(null);
  useKeys(SEARCH_KEYS, { find: () => box.current?.focus() });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    go(where(query, 'q', words.trim()));
  };
  return (
    <form className="rules-filters" role="search" onSubmit={submit}>
      <SearchBox
        label={t('rules.find')}
        value={words}
        onChange={setWords}
        onClear={() => go(where(query, 'q', ''))}
        inputRef={box}
        shortcut={SEARCH_KEYS.find}
      />
      <ChooseOne<string>
        label={t('rules.anyStage')}
        value={params.get('stage') ?? ANY}
        options={[
          { id: ANY, name: t('rules.anyStage') },
          ...STAGES.map((stage) => ({ id: stage, name: t(`rules.stage.${stage}`) })),
        ]}
        onChange={(stage) => go(where(query, 'stage', stage))}
        unset={ANY}
      />
      <ChooseOne<string>
        label={t('rules.anyLevel')}
        value={params.get('level') ?? ANY}
        options={[
          { id: ANY, name: t('rules.anyLevel') },
          ...LEVELS.map((level) => ({ id: level, name: t(`severity.${level}`) })),
        ]}
        onChange={(level) => go(where(query, 'level', level))}
        unset={ANY}
      />
      <ChooseOne<string>
        label={t('rules.order.title')}
        value={params.get('order') ?? 'title'}
        options={ORDERS.map((order) => ({ id: order, name: t(`rules.order.${order}`) }))}
        onChange={(order) => go(where(query, 'order', order === 'title' ? '' : order))}
        unset="title"
      />
    </form>
  );
}

/** Which set the detectors have, and what of the folders they do not. */
function Published() {
  const { t } = useI18n();
  const { data } = useQuery({
    queryKey: ['ruleset'],
    queryFn: ({ signal }) => getRuleset(signal),
    refetchInterval: 10_000,
  });
  if (!data) return null;
  return (
    <>
      {data.published && (
        <p className="quiet">
          {t('rules.published')} <Code>{data.published.version}</Code> · <When ms={data.published.at_ms} />
          {data.waiting > 0 && <> · {t('rules.waiting', { count: data.waiting })}</>}
        </p>
      )}
      {data.problems.length > 0 && (
        <div className="fault" role="alert">
          <div>
            <p>
              <strong>{t('rules.problems', { count: data.problems.length })}</strong>
            </p>
            <ul lang="en">
              {data.problems.slice(0, 5).map((problem) => (
                <li key={problem}>
                  <Code>{problem}</Code>
                </li>
              ))}
            </ul>
          </div>
        </div>
      )}
    </>
  );
}

function Rows({ rules }: { rules: RuleSummary[] }) {
  const { t } = useI18n();
  return (
    // A box that scrolls must be reachable by the keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="made rules-rows" tabIndex={0} role="region" aria-label={t('rules.rows')}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t('rules.rule')}</th>
            <th scope="col">{t('rules.level')}</th>
            <th scope="col">{t('rules.stage')}</th>
            <th scope="col">{t('rules.logsource')}</th>
            <th scope="col" className="number">
              {t('rules.fired', { days: STATS_DAYS })}
            </th>
            <th scope="col" className="number">
              {t('rules.wrong')}
            </th>
            <th scope="col">{t('rules.last')}</th>
          </tr>
        </thead>
        <tbody>
          {rules.map((rule) => (
            <Row key={rule.id} rule={rule} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ rule }: { rule: RuleSummary }) {
  const { t, language } = useI18n();
  const title = language === 'bn' && rule.title_bn !== '' ? rule.title_bn : rule.title;
  const { stats } = rule;
  return (
    <tr>
      <td>
        <Link to={`/rules/${encodeURIComponent(rule.id)}`}>
          <span lang={title === rule.title ? 'en' : 'bn'}>{title}</span>
        </Link>
        {rule.waits && <span className="badge">{t('rules.waits')}</span>}
        {rule.live !== null && rule.newest > rule.live && (
          <span className="badge">{t('rules.unshipped')}</span>
        )}
      </td>
      <td>
        <Level level={rule.level} />
      </td>
      <td>
        <StageName stage={rule.stage} agencies={rule.agencies} />
      </td>
      <td>
        <Code>{rule.logsource}</Code>
      </td>
      <td className="number">{t('rules.number', { count: stats.alerts })}</td>
      <td
        className="number"
        title={t('rules.wrongOf', { wrong: stats.false_positives, right: stats.true_positives })}
      >
        {stats.false_positive_ratio === null
          ? '–'
          : t('rules.percent', { share: Math.round(stats.false_positive_ratio * 100) })}
      </td>
      <td>{stats.last === null ? '–' : <When ms={stats.last} />}</td>
    </tr>
  );
}
