// How the desk is doing: how fast alerts are taken and closed, who does what, which rules are noise.

import './measures.css';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { titleIn } from '../alert/title';
import { useI18n, type I18n } from '../i18n/i18n';
import { OPEN, writeFilter } from '../queue/filter';
import { address, go, usePlace } from '../route/route';
import { ChooseOne } from '../ui/Choice';
import { Code } from '../ui/Code';
import { Fault } from '../ui/Fault';
import { Link } from '../ui/Link';
import { Skeleton } from '../ui/Skeleton';
import { getMeasures, type Load, type Measures, type Pace, type RuleNoise } from './api';
import { PaceChart } from './PaceChart';

const DAY_MS = 86_400_000;
const RANGES = ['7', '30', '90', '365'] as const;
type Days = (typeof RANGES)[number];

export function MeasuresPage() {
  const { t } = useI18n();
  const { query } = usePlace();
  const asked = new URLSearchParams(query).get('days');
  const days: Days = RANGES.find((each) => each === asked) ?? '30';
  const [to] = useState(() => Date.now());
  const range = useMemo(() => ({ from: to - Number(days) * DAY_MS, to }), [days, to]);
  useEffect(() => {
    document.title = t('measures.page', { product: t('common.product') });
  }, [t]);
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ['measures', days],
    queryFn: ({ signal }) => getMeasures(range, signal),
    placeholderData: keepPreviousData,
  });
  return (
    <section className="measures" aria-label={t('measures.title')}>
      <header className="measures-head">
        <h1>{t('measures.title')}</h1>
        <ChooseOne
          label={t('measures.range')}
          value={days}
          unset={'' as Days}
          options={RANGES.map((id) => ({ id, name: t('measures.days', { count: Number(id) }) }))}
          onChange={(next) => go(address('/measures', next === '30' ? '' : `days=${next}`))}
        />
      </header>
      <p className="quiet">{t('measures.what')}</p>
      {error && <Fault what={t('measures.failed')} error={error} onRetry={() => void refetch()} />}
      {isPending && <Skeleton rows={10} />}
      {data && <Figures data={data} />}
    </section>
  );
}

/** "4 m", "2.5 h", "3 d": short enough for a table. */
export function lengthText(ms: number, { t, number }: I18n): string {
  if (ms < 60_000) return t('measures.seconds', { count: number(ms / 1000) });
  if (ms < 3_600_000) return t('measures.minutes', { count: number(ms / 60_000) });
  if (ms < 2 * DAY_MS) return t('measures.hours', { count: number(ms / 3_600_000, 1) });
  return t('measures.lengthDays', { count: number(ms / DAY_MS, 1) });
}

function Figures({ data }: { data: Measures }) {
  const { t } = useI18n();
  if (data.agencies.length === 0 && data.analysts.length === 0) {
    return (
      <div className="empty">
        <h2>{t('measures.none')}</h2>
      </div>
    );
  }
  return (
    <>
      <section>
        <PaceChart days={data.days} />
      </section>
      <section>
        <h2>{t('measures.agencies')}</h2>
        <PaceTable rows={data.agencies} />
      </section>
      <section>
        <h2>{t('measures.analysts')}</h2>
        <Analysts rows={data.analysts} />
      </section>
      <section>
        <h2>{t('measures.rules')}</h2>
        <p className="quiet">{t('measures.ratioHelp', { count: data.sample_min })}</p>
        <Rules rows={data.rules} />
      </section>
    </>
  );
}

function PaceTable({ rows }: { rows: Pace[] }) {
  const i18n = useI18n();
  const { t, number } = i18n;
  const length = (span: Pace['closed'], name: 'median_ms' | 'p90_ms') =>
    span.alerts === 0 ? '–' : lengthText(span[name], i18n);
  return (
    <div className="measures-scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">{t('measures.agency')}</th>
            <th scope="col">{t('measures.alerts')}</th>
            <th scope="col">{t('measures.mtta')}</th>
            <th scope="col">{t('measures.p90')}</th>
            <th scope="col">{t('measures.mttr')}</th>
            <th scope="col">{t('measures.p90')}</th>
            <th scope="col">{t('measures.stillOpen')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.agency}>
              <th scope="row">
                <Code>{row.agency}</Code>
              </th>
              <td>{number(row.alerts)}</td>
              <td>{length(row.acknowledged, 'median_ms')}</td>
              <td>{length(row.acknowledged, 'p90_ms')}</td>
              <td>{length(row.closed, 'median_ms')}</td>
              <td>{length(row.closed, 'p90_ms')}</td>
              <td>{number(row.alerts - row.closed.alerts)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Analysts({ rows }: { rows: Load[] }) {
  const { t, number } = useI18n();
  if (rows.length === 0) return <p className="quiet">{t('measures.nobody')}</p>;
  const most = Math.max(...rows.map(({ steps }) => steps));
  return (
    <div className="measures-scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">{t('measures.analyst')}</th>
            <th scope="col">{t('measures.alerts')}</th>
            <th scope="col">{t('measures.closed')}</th>
            <th scope="col">{t('measures.comments')}</th>
            <th scope="col">{t('measures.steps')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.user}>
              <th scope="row">{row.user}</th>
              <td>{number(row.alerts)}</td>
              <td>{number(row.closed)}</td>
              <td>{number(row.comments)}</td>
              <td>
                {number(row.steps)} <meter aria-hidden="true" min={0} max={most} value={row.steps} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Rules({ rows }: { rows: RuleNoise[] }) {
  const { t, number, language } = useI18n();
  return (
    <div className="measures-scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">{t('measures.rule')}</th>
            <th scope="col">{t('measures.alerts')}</th>
            <th scope="col">{t('measures.events')}</th>
            <th scope="col">{t('verdict.true_positive')}</th>
            <th scope="col">{t('verdict.false_positive')}</th>
            <th scope="col">{t('verdict.benign')}</th>
            <th scope="col">{t('measures.ratio')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.rule_id}>
              <th scope="row">
                <Link to={address('/alerts', writeFilter({ ...OPEN, state: [], rule: row.rule_id }))}>
                  {titleIn(language, row) || row.rule_id}
                </Link>
              </th>
              <td>{number(row.alerts)}</td>
              <td>{number(row.events)}</td>
              <td>{number(row.true_positives)}</td>
              <td>{number(row.false_positives)}</td>
              <td>{number(row.benign)}</td>
              <td>
                {row.false_positive_ratio === null
                  ? '–'
                  : t('measures.percent', { count: number(row.false_positive_ratio * 100) })}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
