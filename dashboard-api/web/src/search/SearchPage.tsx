// Searches the events: a time range, a text, and what it finds. The address bar holds the whole search.

import { useEffect, useMemo, useRef, useState, type FormEvent } from 'react';
import type { EventSummary } from '../api/types';
import { useI18n } from '../i18n/i18n';
import { SEARCH_KEYS } from '../keys/map';
import { useKeys } from '../keys/useKeys';
import { address, go, usePlace } from '../route/route';
import { useMe } from '../session/session';
import { exactRange, resolve, type Span } from '../time/range';
import { Button } from '../ui/Button';
import { Chip } from '../ui/Chip';
import { ChooseOne } from '../ui/Choice';
import { readSearch, writeSearch, type SearchFilter } from './filter';
import { parted } from './commands';
import { Fields } from './Fields';
import { Histogram } from './Histogram';
import { MadeTable } from './MadeTable';
import { Meaning } from './Meaning';
import { QueryBox } from './QueryBox';
import { RangeChoice } from './RangeChoice';
import { Results, TailResults } from './Results';
import { Saved } from './Saved';
import { TailHead } from './TailHead';
import { useEvents } from './useEvents';
import { useTail } from './useTail';

export function SearchPage() {
  const { t } = useI18n();
  const { query } = usePlace();
  const filter = useMemo(() => readSearch(query), [query]);
  const [runAt, setRunAt] = useState(() => Date.now());
  // "The last hour" is reckoned when the search is run, so that the next page belongs to the same hour.
  const span = useMemo(() => resolve(filter.range, runAt), [filter.range, runAt]);
  useEffect(() => setRunAt(Date.now()), [query]);
  useEffect(() => {
    document.title = t('search.title', { product: t('common.product') });
  }, [t]);
  const makes = parted(filter.q).commands !== '';
  const found = useEvents(filter, makes || filter.live ? null : span);
  const tail = useTail(filter, filter.live);
  const box = useRef<HTMLInputElement>(null);
  const run = (next: SearchFilter) => {
    setRunAt(Date.now());
    go(address('/search', writeSearch(next)));
  };
  useKeys(SEARCH_KEYS, {
    find: () => box.current?.focus(),
    refresh: () => setRunAt(Date.now()),
    tail: () => run({ ...filter, live: !filter.live }),
  });
  return (
    <section className="search" aria-label={t('nav.search')}>
      <h1 className="hidden">{t('nav.search')}</h1>
      <SearchForm filter={filter} span={span} onRun={run} boxRef={box} rows={found.rows} />
      {filter.live ? (
        <>
          <TailHead tail={tail} />
          <div className="search-body">
            {span && <Fields filter={filter} span={span} onFilter={run} />}
            <TailResults tail={tail} filter={filter} onFilter={run} />
          </div>
        </>
      ) : span ? (
        <>
          <Histogram
            filter={filter}
            span={span}
            onZoom={(zoom) => run({ ...filter, range: exactRange(zoom) })}
          />
          {makes ? (
            <MadeTable filter={filter} span={span} />
          ) : (
            <div className="search-body">
              <Fields filter={filter} span={span} onFilter={run} />
              <Results found={found} filter={filter} onFilter={run} />
            </div>
          )}
        </>
      ) : (
        <p className="fault" role="alert">
          {t('range.unreadable')}
        </p>
      )}
    </section>
  );
}

interface FormProps {
  filter: SearchFilter;
  span: Span | null;
  onRun: (filter: SearchFilter) => void;
  boxRef: React.RefObject<HTMLInputElement | null>;
  /** What has been found: its agencies and sources can be chosen. */
  rows: EventSummary[];
}

const ANY = 'any';

function SearchForm({ filter, span, onRun, boxRef, rows }: FormProps) {
  const { t } = useI18n();
  const [q, setQ] = useState(filter.q);
  useEffect(() => setQ(filter.q), [filter.q]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onRun({ ...filter, q });
  };
  return (
    <div className="search-form" role="search">
      <form className="search-line" onSubmit={submit}>
        <QueryBox
          value={q}
          span={span}
          onChange={setQ}
          onClear={() => onRun({ ...filter, q: '' })}
          inputRef={boxRef}
        />
        {!filter.live && (
          <RangeChoice range={filter.range} onChange={(range) => onRun({ ...filter, q, range })} />
        )}
        <Button kind="primary" type="submit">
          {t('search.run')}
        </Button>
        <Button
          onPress={() => onRun({ ...filter, q, live: !filter.live })}
          shortcut={SEARCH_KEYS.tail}
          kind={filter.live ? 'danger' : 'plain'}
        >
          {t(filter.live ? 'tail.stop' : 'tail.start')}
        </Button>
      </form>
      <div className="search-filters">
        <AgencyChoice filter={filter} rows={rows} onRun={(next) => onRun({ ...next, q })} />
        <SourceChoice filter={filter} rows={rows} onRun={(next) => onRun({ ...next, q })} />
        {filter.host && (
          <Chip
            label={t('column.host')}
            value={filter.host}
            onRemove={() => onRun({ ...filter, host: null })}
          />
        )}
        {filter.classUid !== null && (
          <Chip
            label={t('column.class')}
            value={String(filter.classUid)}
            onRemove={() => onRun({ ...filter, classUid: null })}
          />
        )}
        <Saved filter={filter} span={filter.live ? null : span} onRun={onRun} />
      </div>
      <Meaning q={q} span={span} />
    </div>
  );
}

type ChoiceProps = Omit<FormProps, 'boxRef' | 'span'>;

function AgencyChoice({ filter, rows, onRun }: ChoiceProps) {
  const { t } = useI18n();
  const { agencies } = useMe();
  const own = agencies.filter((agency) => agency !== '*');
  const names = new Set([
    ...own,
    ...rows.map(({ agency }) => agency),
    ...(filter.agency ? [filter.agency] : []),
  ]);
  if (names.size < 2 && filter.agency === null) return null;
  return (
    <ChooseOne
      label={t('column.agency')}
      value={filter.agency ?? ANY}
      options={[
        { id: ANY, name: t('filter.anyAgency') },
        ...[...names].toSorted().map((id) => ({ id, name: id })),
      ]}
      onChange={(agency) => onRun({ ...filter, agency: agency === ANY ? null : agency })}
      unset={ANY}
    />
  );
}

/** The sources that the normalizer knows by name; others show once they have been found. */
const SOURCES = [
  'apache',
  'auditd',
  'cron',
  'json',
  'nginx',
  'pam',
  'sshd',
  'sudo',
  'suricata',
  'syslog',
  'windows',
];

function SourceChoice({ filter, rows, onRun }: ChoiceProps) {
  const { t } = useI18n();
  const names = new Set([
    ...SOURCES,
    ...rows.map(({ source }) => source),
    ...(filter.source ? [filter.source] : []),
  ]);
  return (
    <ChooseOne
      label={t('column.source')}
      value={filter.source ?? ANY}
      options={[
        { id: ANY, name: t('filter.anySource') },
        ...[...names].toSorted().map((id) => ({ id, name: id })),
      ]}
      onChange={(source) => onRun({ ...filter, source: source === ANY ? null : source })}
      unset={ANY}
    />
  );
}
