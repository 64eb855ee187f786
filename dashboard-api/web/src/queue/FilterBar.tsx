// What narrows the queue. It is the address bar's query, in words.

import { useEffect, useState, type FormEvent, type RefObject } from 'react';
import { STATES, type AlertSummary } from '../api/types';
import { QUEUE_KEYS } from '../keys/map';
import { useI18n, type I18n } from '../i18n/i18n';
import { useMe } from '../session/session';
import { PRESETS } from '../time/range';
import { lastText } from '../time/text';
import { StateIcon } from '../ui/AlertState';
import { Button } from '../ui/Button';
import { Chip } from '../ui/Chip';
import { ChooseOne, ChooseSome } from '../ui/Choice';
import { SearchBox } from '../ui/SearchBox';
import { Severity, severityKey } from '../ui/Severity';
import { isNarrowed, OPEN, type AlertFilter } from './filter';
import { SaveView } from './SaveView';

const ANY = 'any';
const SEVERITIES = [5, 4, 3, 2] as const;

interface Props {
  filter: AlertFilter;
  onChange: (filter: AlertFilter) => void;
  rows: AlertSummary[];
  searchRef: RefObject<HTMLInputElement | null>;
}

export function FilterBar({ filter, onChange, rows, searchRef }: Props) {
  const i18n = useI18n();
  const { t } = i18n;
  const change = (part: Partial<AlertFilter>) => onChange({ ...filter, ...part });
  return (
    <div className="filters" role="search" aria-label={t('filter.label')}>
      <QueueSearch value={filter.q ?? ''} onSearch={(q) => change({ q: q || null })} inputRef={searchRef} />
      <ChooseSome
        label={t('column.state')}
        summary={statesText(filter, i18n)}
        values={filter.state}
        options={STATES.map((state) => ({
          id: state,
          name: t(`state.${state}`),
          shown: <StateOption state={state} />,
        }))}
        onChange={(state) => change({ state })}
        active={filter.state.length > 0}
      />
      <ChooseOne
        label={t('column.severity')}
        value={String(filter.severityMin ?? ANY)}
        options={[
          { id: ANY, name: t('filter.anySeverity') },
          ...SEVERITIES.map((id) => {
            const key = id === 5 ? 'filter.severityOnly' : 'filter.severityMin';
            return {
              id: String(id),
              name: t(key, { severity: t(severityKey(id)) }),
              shown: i18n.rich(key, { severity: <Severity key={id} id={id} /> }),
            };
          }),
        ]}
        onChange={(id) => change({ severityMin: id === ANY ? null : Number(id) })}
        unset={ANY}
      />
      <AgencyChoice filter={filter} rows={rows} onChange={change} />
      <ChooseOne
        label={t('filter.time')}
        value={filter.from ?? ANY}
        options={[
          { id: ANY, name: t('filter.anyTime') },
          ...PRESETS.map((preset) => ({ id: preset, name: lastText(preset, t) })),
          ...customRange(filter),
        ]}
        onChange={(from) => change({ from: from === ANY ? null : from, to: null })}
        unset={ANY}
      />
      <ChooseOne
        label={t('filter.order')}
        value={filter.order}
        options={[
          { id: 'arrival', name: t('filter.newestFirst') },
          { id: 'risk', name: t('filter.riskFirst') },
        ]}
        onChange={(order) => change({ order: order === 'risk' ? 'risk' : 'arrival' })}
        unset="arrival"
      />
      <ChooseOne
        label={t('filter.rows')}
        value={filter.grouped ? 'grouped' : 'single'}
        options={[
          { id: 'single', name: t('filter.single') },
          { id: 'grouped', name: t('filter.grouped') },
        ]}
        onChange={(rows) => change({ grouped: rows === 'grouped' })}
        unset="single"
      />
      {(['host', 'rule', 'group', 'assignee'] as const).map(
        (name) =>
          filter[name] && (
            <Chip
              key={name}
              label={t(`filter.${name}`)}
              value={filter[name]}
              onRemove={() => change({ [name]: null })}
            />
          ),
      )}
      {filter.late && (
        <Chip label={t('queue.late')} value={t('filter.late')} onRemove={() => change({ late: false })} />
      )}
      {isNarrowed(filter) && (
        <Button kind="quiet" onPress={() => onChange(cleared(filter))}>
          {t('filter.clear')}
        </Button>
      )}
      <SaveView filter={filter} />
    </div>
  );
}

/** Nothing narrows the list any more; states and order stay. */
function cleared({ state, order, grouped }: AlertFilter): AlertFilter {
  return { ...OPEN, state, order, grouped };
}

function StateOption({ state }: { state: (typeof STATES)[number] }) {
  const { t } = useI18n();
  return (
    <span className="state">
      <StateIcon state={state} />
      <span>{t(`state.${state}`)}</span>
    </span>
  );
}

/** A range that is none of the presets stands in the list as it is. */
function customRange({ from, to }: AlertFilter): { id: string; name: string }[] {
  if (from === null || (PRESETS as readonly string[]).includes(from)) return [];
  return [{ id: from, name: to === null ? from : `${from} – ${to}` }];
}

function statesText({ state }: AlertFilter, { t }: I18n): string {
  if (state.length === 0 || state.length === STATES.length) return t('filter.anyState');
  if (state.length === OPEN.state.length && OPEN.state.every((each) => state.includes(each)))
    return t('view.open');
  return state.map((each) => t(`state.${each}`)).join(', ');
}

interface AgencyProps {
  filter: AlertFilter;
  rows: AlertSummary[];
  onChange: (part: Partial<AlertFilter>) => void;
}

/** The agencies the reader may see; for who sees all of them, those that have alerts here. */
function AgencyChoice({ filter, rows, onChange }: AgencyProps) {
  const { t } = useI18n();
  const { agencies } = useMe();
  const own = agencies.filter((agency) => agency !== '*');
  const names = new Set([...own, ...(agencies.includes('*') ? rows.map(({ agency }) => agency) : [])]);
  if (filter.agency) names.add(filter.agency);
  if (names.size < 2 && !filter.agency) return null;
  return (
    <ChooseOne
      label={t('column.agency')}
      value={filter.agency ?? ANY}
      options={[
        { id: ANY, name: t('filter.anyAgency') },
        ...[...names].sort().map((agency) => ({ id: agency, name: agency })),
      ]}
      onChange={(agency) => onChange({ agency: agency === ANY ? null : agency })}
      unset={ANY}
    />
  );
}

interface SearchProps {
  value: string;
  onSearch: (text: string) => void;
  inputRef: RefObject<HTMLInputElement | null>;
}

function QueueSearch({ value, onSearch, inputRef }: SearchProps) {
  const { t } = useI18n();
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSearch(text.trim());
  };
  return (
    <form className="filter-search" onSubmit={submit}>
      <SearchBox
        label={t('filter.search')}
        value={text}
        onChange={setText}
        onClear={() => onSearch('')}
        inputRef={inputRef}
        shortcut={QUEUE_KEYS.find}
      />
    </form>
  );
}
