// What a search with commands makes: a table. Each value of a field leads to the events that have it.

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { getTable } from '../api/endpoints';
import type { Table } from '../api/types';
import { useI18n, type I18n } from '../i18n/i18n';
import { address } from '../route/route';
import type { Span } from '../time/range';
import { Code } from '../ui/Code';
import { Copy } from '../ui/Copy';
import { Fault } from '../ui/Fault';
import { Link } from '../ui/Link';
import { Skeleton } from '../ui/Skeleton';
import { parted, test } from './commands';
import { searchParams, writeSearch, type SearchFilter } from './filter';

const ROWS = 1000;

interface Props {
  filter: SearchFilter;
  span: Span;
}

export function MadeTable({ filter, span }: Props) {
  const { t } = useI18n();
  const params = searchParams(filter, span);
  const { data, error, isPlaceholderData, refetch } = useQuery({
    queryKey: ['table', params],
    queryFn: ({ signal }) => getTable({ ...params, limit: ROWS }, signal),
    placeholderData: keepPreviousData,
    refetchOnWindowFocus: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const stale = isPlaceholderData || undefined;
  if (error && !data) return <Fault what={t('search.failed')} error={error} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton rows={12} />;
  if (data.rows.length === 0) {
    return (
      <div className="empty">
        <h2>{t('search.none')}</h2>
        <p>{t('search.noneNext')}</p>
      </div>
    );
  }
  return (
    // A box that scrolls must be reachable by the keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="results made" tabIndex={0} role="region" aria-label={t('search.made')} data-stale={stale}>
      <div className="made-head">
        <span className="quiet">
          {t(data.more ? 'search.madeMore' : 'search.madeRows', { count: data.rows.length })}
        </span>
        <Copy text={tabbed(data)} label={t('search.madeCopy')} />
      </div>
      <Rows data={data} filter={filter} />
    </div>
  );
}

function Rows({ data, filter }: { data: Table; filter: SearchFilter }) {
  const i18n = useI18n();
  return (
    <table>
      <thead>
        <tr>
          {data.columns.map((name) => (
            <th key={name} scope="col" data-number={name === 'count' || undefined}>
              <Head name={name} />
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {data.rows.map((row, index) => (
          // Rows of a table that has been made have no id, and never move.
          // oxlint-disable-next-line react/no-array-index-key
          <tr key={index}>
            {row.map((cell, at) => (
              <td key={data.columns[at]} data-number={data.columns[at] === 'count' || undefined}>
                <Cell name={data.columns[at] ?? ''} value={cell} filter={filter} i18n={i18n} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Head({ name }: { name: string }) {
  const { t } = useI18n();
  if (name === 'count') return t('column.count');
  if (name === 'time') return t('column.time');
  return <Code>{name}</Code>;
}

interface CellProps {
  name: string;
  value: string;
  filter: SearchFilter;
  i18n: I18n;
}

function Cell({ name, value, filter, i18n }: CellProps) {
  const { t, number, exact } = i18n;
  if (name === 'count') return number(Number(value));
  if (name === 'time') return <span className="when">{exact(Number(value))}</span>;
  const { events } = parted(filter.q);
  const q = [events.includes(' OR ') ? `(${events})` : events, test(name, value)].filter(Boolean).join(' ');
  return (
    <Link to={address('/search', writeSearch({ ...filter, q }))} title={t('keys.filterIn')}>
      {value === '' ? <span className="quiet">{t('search.noValue')}</span> : <Code>{value}</Code>}
    </Link>
  );
}

/** The table as spreadsheets take it from the clipboard. */
function tabbed({ columns, rows }: Table): string {
  const line = (cells: string[]) => cells.map((cell) => cell.replace(/[\t\r\n]+/g, ' ')).join('\t');
  return [columns, ...rows].map(line).join('\n');
}
