// Which values the fields of the found events have, and how often; each can be filtered in or out.

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useI18n } from '../i18n/i18n';
import type { Span } from '../time/range';
import { Code } from '../ui/Code';
import { Fault } from '../ui/Fault';
import { Icon } from '../ui/Icon';
import { getFieldValues } from './api';
import { test } from './commands';
import { AddColumn } from './Columns';
import { withColumn, withoutColumn, withTerm, type SearchFilter } from './filter';

/** The fields that tell events apart fastest. */
const FIELDS = [
  'host',
  'user',
  'src_ip',
  'dst_ip',
  'source',
  'process',
  'class',
  'severity',
  'agency',
] as const;

interface Props {
  filter: SearchFilter;
  span: Span;
  onFilter: (filter: SearchFilter) => void;
}

export function Fields(props: Props) {
  const { t } = useI18n();
  const [open, setOpen] = useState<string | null>(null);
  return (
    <aside className="fields" aria-label={t('search.fields')}>
      <h2>{t('search.fields')}</h2>
      <ul>
        {FIELDS.map((field) => (
          <li key={field}>
            <button
              type="button"
              className="fields-name"
              aria-expanded={open === field}
              onClick={() => setOpen(open === field ? null : field)}
            >
              <Icon name={open === field ? 'down' : 'right'} /> <Code>{field}</Code>
            </button>
            <ColumnToggle name={field} {...props} />
            {open === field && <Values field={field} {...props} />}
          </li>
        ))}
      </ul>
      <AddColumn filter={props.filter} onFilter={props.onFilter} />
    </aside>
  );
}

/** Fields that every row shows anyhow. */
const ALWAYS = new Set(['agency', 'host', 'source']);

function ColumnToggle({ name, filter, onFilter }: Pick<Props, 'filter' | 'onFilter'> & { name: string }) {
  const { t } = useI18n();
  if (ALWAYS.has(name)) return null;
  const on = filter.columns.includes(name);
  const label = t(on ? 'columns.remove' : 'columns.of', { name });
  return (
    <button
      type="button"
      className="fields-column"
      aria-pressed={on}
      aria-label={label}
      title={label}
      onClick={() => onFilter(on ? withoutColumn(filter, name) : withColumn(filter, name))}
    >
      <Icon name="columns" />
    </button>
  );
}

function Values({ field, filter, span, onFilter }: Props & { field: string }) {
  const { t, number } = useI18n();
  const q = narrowed(filter);
  const { data, error, refetch } = useQuery({
    queryKey: ['field', field, q, span],
    queryFn: ({ signal }) => getFieldValues(field, { ...span, q: q || null }, signal),
    placeholderData: keepPreviousData,
  });
  if (error) return <Fault what={t('search.valuesFailed')} error={error} onRetry={() => void refetch()} />;
  if (data && data.items.length === 0) return <p className="quiet">{t('search.noValues')}</p>;
  const most = data?.items[0]?.count ?? 1;
  const add = (term: string) => onFilter({ ...filter, q: withTerm(filter.q, term) });
  return (
    <ol className="fields-values">
      {data?.items.map(({ value, count }) => (
        <li key={value}>
          <span className="fields-value">
            {value === '' ? (
              <span className="quiet">{t('search.noSuchField')}</span>
            ) : (
              <Code title={value}>{value}</Code>
            )}
          </span>
          <span className="quiet">{number(count)}</span>
          <button
            type="button"
            aria-label={t('search.only', { value: value || field })}
            onClick={() => add(test(field, value))}
          >
            <Icon name="plus" />
          </button>
          <button
            type="button"
            aria-label={t('search.without', { value: value || field })}
            onClick={() => add(`NOT ${test(field, value)}`)}
          >
            <Icon name="minus" />
          </button>
          <meter aria-hidden="true" min={0} max={most} value={count} />
        </li>
      ))}
      {data?.more && <li className="quiet">{t('search.moreValues')}</li>}
    </ol>
  );
}

/** The whole filter as one search: the values are those of the events on the page. */
function narrowed({ q, agency, host, source, classUid }: SearchFilter): string {
  const terms = [
    q.trim() && `(${q.trim()})`,
    agency && test('agency', agency),
    host && test('host', host),
    source && test('source', source),
    classUid !== null && test('class', String(classUid)),
  ];
  return terms.filter(Boolean).join(' ');
}
