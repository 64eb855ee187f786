// The list of cases, with its filter in the address.

import { useInfiniteQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useI18n } from '../i18n/i18n';
import { address, go, usePlace } from '../route/route';
import { useMe } from '../session/session';
import { Button } from '../ui/Button';
import { ChooseOne, ChooseSome } from '../ui/Choice';
import { Code } from '../ui/Code';
import { Fault } from '../ui/Fault';
import { Link } from '../ui/Link';
import { Severity } from '../ui/Severity';
import { Skeleton } from '../ui/Skeleton';
import { Age } from '../ui/When';
import { CASE_STATES, getCases, type CaseState, type CaseSummary } from './api';
import { OpenCaseDialog } from './OpenCaseDialog';
import { CaseStateSign, TlpSign } from './signs';

const PAGE_ROWS = 50;
const POLL_MS = 30_000;
const OPEN: readonly CaseState[] = ['open', 'in_progress'];

interface Filter {
  state: CaseState[];
  assignee: 'any' | 'me' | 'none';
  q: string;
}

function readFilter(query: string): Filter {
  const params = new URLSearchParams(query);
  const asked = params.get('state')?.split(',') ?? OPEN;
  const assignee = params.get('assignee');
  return {
    state: CASE_STATES.filter((state) => asked.includes(state)),
    assignee: assignee === 'me' || assignee === 'none' ? assignee : 'any',
    q: params.get('q') ?? '',
  };
}

function writeFilter({ state, assignee, q }: Filter): string {
  const params = new URLSearchParams();
  if (state.join() !== OPEN.join()) params.set('state', state.length > 0 ? state.join() : CASE_STATES.join());
  if (assignee !== 'any') params.set('assignee', assignee);
  if (q.trim() !== '') params.set('q', q.trim());
  return params.toString().replaceAll('%2C', ',');
}

export function CaseList() {
  const { t } = useI18n();
  const { query } = usePlace();
  const filter = readFilter(query);
  useEffect(() => {
    document.title = t('cases.page', { product: t('common.product') });
  }, [t]);
  const { data, error, isPending, hasNextPage, isFetchingNextPage, fetchNextPage, refetch } =
    useInfiniteQuery({
      queryKey: ['cases', writeFilter(filter)],
      queryFn: ({ pageParam, signal }) =>
        getCases(
          {
            state: filter.state.length === CASE_STATES.length ? null : filter.state.join(),
            assignee: filter.assignee === 'any' ? null : filter.assignee,
            q: filter.q || null,
            limit: PAGE_ROWS,
            cursor: pageParam,
          },
          signal,
        ),
      initialPageParam: null as string | null,
      getNextPageParam: (page) => page.next_cursor,
      refetchInterval: POLL_MS,
    });
  const cases = data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section className="cases" aria-label={t('cases.title')}>
      <Head filter={filter} />
      {error && <Fault what={t('cases.failed')} error={error} onRetry={() => void refetch()} />}
      {isPending && <Skeleton rows={8} />}
      {data && cases.length === 0 && (
        <div className="empty">
          <h2>{t('cases.none')}</h2>
          <p>{t('cases.noneHelp')}</p>
        </div>
      )}
      {cases.length > 0 && <Rows cases={cases} />}
      {hasNextPage && (
        <Button isPending={isFetchingNextPage} onPress={() => void fetchNextPage()}>
          {t('cases.more')}
        </Button>
      )}
    </section>
  );
}

function Head({ filter }: { filter: Filter }) {
  const { t } = useI18n();
  const { permissions } = useMe();
  const [q, setQ] = useState(filter.q);
  const [opening, setOpening] = useState(false);
  const set = (next: Partial<Filter>) => go(address('/cases', writeFilter({ ...filter, q, ...next })));
  return (
    <header className="cases-head">
      <h1>{t('cases.title')}</h1>
      <form
        className="cases-filter"
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          set({});
        }}
      >
        <input
          className="input"
          type="search"
          aria-label={t('cases.find')}
          placeholder={t('cases.find')}
          value={q}
          onChange={(event) => setQ(event.target.value)}
        />
        <ChooseSome
          label={t('cases.state')}
          summary={
            filter.state.length === 0 || filter.state.length === CASE_STATES.length
              ? t('cases.anyState')
              : filter.state.map((state) => t(`cases.state.${state}`)).join(', ')
          }
          values={filter.state}
          options={CASE_STATES.map((id) => ({ id, name: t(`cases.state.${id}`) }))}
          onChange={(state) => set({ state })}
          active={filter.state.join() !== OPEN.join()}
        />
        <ChooseOne
          label={t('cases.assignee')}
          value={filter.assignee}
          unset="any"
          options={(['any', 'me', 'none'] as const).map((id) => ({ id, name: t(`cases.assignee.${id}`) }))}
          onChange={(assignee) => set({ assignee })}
        />
      </form>
      {permissions.includes('manage_cases') && (
        <Button kind="primary" icon="plus" onPress={() => setOpening(true)}>
          {t('cases.open')}
        </Button>
      )}
      {opening && <OpenCaseDialog alerts={[]} onClose={() => setOpening(false)} />}
    </header>
  );
}

function Rows({ cases }: { cases: CaseSummary[] }) {
  const { t, number } = useI18n();
  return (
    <div className="cases-scroll">
      <table className="cases-rows">
        <caption className="hidden">{t('cases.title')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('cases.severity')}</th>
            <th scope="col">{t('cases.what')}</th>
            <th scope="col">{t('cases.state')}</th>
            <th scope="col">{t('cases.alerts')}</th>
            <th scope="col">{t('cases.tasks')}</th>
            <th scope="col">{t('cases.assignee')}</th>
            <th scope="col">{t('cases.updated')}</th>
          </tr>
        </thead>
        <tbody>
          {cases.map((each) => (
            <tr key={each.id}>
              <td>
                <Severity id={each.severity_id} />
              </td>
              <td className="cases-what">
                <Link to={`/cases/${encodeURIComponent(each.id)}`}>{each.title}</Link>{' '}
                <span className="quiet">
                  <Code>{each.id}</Code> <TlpSign tlp={each.tlp} />
                </span>
              </td>
              <td>
                <CaseStateSign state={each.state} />
              </td>
              <td className="cases-number">{number(each.alerts)}</td>
              <td className="cases-number">
                {each.tasks === 0 ? '–' : t('cases.tasksOf', { open: each.tasks_open, all: each.tasks })}
              </td>
              <td>{each.assignee ?? <span className="quiet">{t('cases.nobody')}</span>}</td>
              <td>
                <Age ms={each.updated} /> <span className="quiet">{each.updated_by}</span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
