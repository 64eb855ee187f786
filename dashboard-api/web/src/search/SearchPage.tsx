// Searches the events: a time range, a text, and what it finds. The address bar holds the whole search.

import { useEffect, useMemo, useRef, useState, type FormEvent } from 'react';
import { useI18n } from '../i18n/i18n';
import { SEARCH_KEYS } from '../keys/map';
import { useKeys } from '../keys/useKeys';
import { address, go, usePlace } from '../route/route';
import { useMe } from '../session/session';
import { exactRange, resolve, type Span } from '../time/range';
import { Button } from '../ui/Button';
import { Chip } from '../ui/Chip';
import { ChooseOne } from '../ui/Choice';
import { SearchBox } from '../ui/SearchBox';
import { readSearch, writeSearch, type SearchFilter } from './filter';
import { Histogram } from './Histogram';
import { RangeChoice } from './RangeChoice';
import { Results } from './Results';

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
  const box = useRef<HTMLInputElement>(null);
  const run = (next: SearchFilter) => {
    setRunAt(Date.now());
    go(address('/search', writeSearch(next)));
  };
  useKeys(SEARCH_KEYS, { find: () => box.current?.focus(), refresh: () => setRunAt(Date.now()) });
  return (
    <section className="search" aria-label={t('nav.search')}>
      <h1 className="hidden">{t('nav.search')}</h1>
      <SearchForm filter={filter} onRun={run} boxRef={box} />
      {span ? (
        <Found filter={filter} span={span} onRun={run} />
      ) : (
        <p className="fault" role="alert">
          {t('range.unreadable')}
        </p>
      )}
    </section>
  );
}

interface FoundProps {
  filter: SearchFilter;
  span: Span;
  onRun: (filter: SearchFilter) => void;
}

function Found({ filter, span, onRun }: FoundProps) {
  return (
    <>
      <Histogram
        filter={filter}
        span={span}
        onZoom={(zoom) => onRun({ ...filter, range: exactRange(zoom) })}
      />
      <Results filter={filter} span={span} onFilter={onRun} />
    </>
  );
}

interface FormProps {
  filter: SearchFilter;
  onRun: (filter: SearchFilter) => void;
  boxRef: React.RefObject<HTMLInputElement | null>;
}

const ANY = 'any';

function SearchForm({ filter, onRun, boxRef }: FormProps) {
  const { t } = useI18n();
  const { agencies } = useMe();
  const [q, setQ] = useState(filter.q);
  useEffect(() => setQ(filter.q), [filter.q]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onRun({ ...filter, q });
  };
  const own = agencies.filter((agency) => agency !== '*');
  if (filter.agency && !own.includes(filter.agency)) own.push(filter.agency);
  return (
    <div className="search-form" role="search">
      <form className="search-line" onSubmit={submit}>
        <SearchBox
          label={t('search.box')}
          value={q}
          onChange={setQ}
          onClear={() => onRun({ ...filter, q: '' })}
          inputRef={boxRef}
          shortcut={SEARCH_KEYS.find.shown}
        />
        <RangeChoice range={filter.range} onChange={(range) => onRun({ ...filter, q, range })} />
        <Button kind="primary" type="submit">
          {t('search.run')}
        </Button>
      </form>
      <div className="search-filters">
        {own.length > 1 && (
          <ChooseOne
            label={t('column.agency')}
            value={filter.agency ?? ANY}
            options={[
              { id: ANY, name: t('filter.anyAgency') },
              ...own.sort().map((id) => ({ id, name: id })),
            ]}
            onChange={(agency) => onRun({ ...filter, q, agency: agency === ANY ? null : agency })}
            unset={ANY}
          />
        )}
        {own.length === 1 && filter.agency && (
          <Chip
            label={t('column.agency')}
            value={filter.agency}
            onRemove={() => onRun({ ...filter, agency: null })}
          />
        )}
        {filter.host && (
          <Chip
            label={t('column.host')}
            value={filter.host}
            onRemove={() => onRun({ ...filter, host: null })}
          />
        )}
        {filter.source && (
          <Chip
            label={t('column.source')}
            value={filter.source}
            onRemove={() => onRun({ ...filter, source: null })}
          />
        )}
        {filter.classUid !== null && (
          <Chip
            label={t('column.class')}
            value={String(filter.classUid)}
            onRemove={() => onRun({ ...filter, classUid: null })}
          />
        )}
        <span className="quiet search-help">{t('search.help')}</span>
      </div>
    </div>
  );
}
