// One event of the search: a line, and below it, when opened, the whole of it.

import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { getEvent } from '../api/endpoints';
import type { EventSummary } from '../api/types';
import { EventTree } from '../event/EventTree';
import { RawLog } from '../event/RawLog';
import { splitByTerms } from '../alert/highlight';
import { Pieces } from '../alert/Pieces';
import { useI18n } from '../i18n/i18n';
import { Code } from '../ui/Code';
import { Fault } from '../ui/Fault';
import { Skeleton } from '../ui/Skeleton';
import { When } from '../ui/When';
import type { SearchFilter } from './filter';
import { terms } from './terms';

interface Props {
  event: EventSummary;
  index: number;
  isActive: boolean;
  isOpen: boolean;
  filter: SearchFilter;
  onFilter: (filter: SearchFilter) => void;
  onFocus: () => void;
  onToggle: () => void;
}

export function ResultRow({ event, index, isActive, isOpen, filter, onFilter, onFocus, onToggle }: Props) {
  const { t } = useI18n();
  const found = useMemo(() => terms(filter.q), [filter.q]);
  const text = event.message || event.gist || event.raw;
  return (
    <>
      <button
        type="button"
        className="result-line result-grid"
        data-result={index}
        aria-expanded={isOpen}
        tabIndex={isActive ? 0 : -1}
        onFocus={onFocus}
        onClick={onToggle}
      >
        <When ms={event.time} />
        <Code title={t('column.source')}>{event.source}</Code>
        <Code title={t('column.agency')}>{event.agency}</Code>
        <Code title={event.host}>{event.host}</Code>
        {event.cells.map((cell, at) => (
          <Code key={filter.columns[at]} title={`${filter.columns[at]}: ${cell}`}>
            {cell}
          </Code>
        ))}
        <span className="result-text" lang="en" dir="auto" title={text}>
          <Pieces pieces={splitByTerms(text, found)} />
        </span>
      </button>
      {isOpen && <Opened event={event} filter={filter} onFilter={onFilter} found={found} />}
    </>
  );
}

type OpenedProps = Pick<Props, 'event' | 'filter' | 'onFilter'> & { found: string[] };

function Opened({ event, filter, onFilter, found }: OpenedProps) {
  const { t } = useI18n();
  const { data, error, refetch } = useQuery({
    queryKey: ['event', event.uid],
    queryFn: ({ signal }) => getEvent(event.uid, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <div className="result-open">
      <div className="result-filters">
        <FilterButton
          label={t('column.host')}
          value={event.host}
          onPress={() => onFilter({ ...filter, host: event.host })}
        />
        <FilterButton
          label={t('column.source')}
          value={event.source}
          onPress={() => onFilter({ ...filter, source: event.source })}
        />
        <FilterButton
          label={t('column.agency')}
          value={event.agency}
          onPress={() => onFilter({ ...filter, agency: event.agency })}
        />
        <FilterButton
          label={t('column.class')}
          value={event.class_name}
          onPress={() => onFilter({ ...filter, classUid: event.class_uid })}
        />
      </div>
      {error && <Fault what={t('search.eventFailed')} error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Skeleton rows={6} />}
      {data && (
        <>
          <RawLog raw={data.raw} marked={found} split={splitByTerms} />
          <EventTree event={data.event} base={filter} marked={found} />
        </>
      )}
    </div>
  );
}

function FilterButton({ label, value, onPress }: { label: string; value: string; onPress: () => void }) {
  const { t } = useI18n();
  return (
    <button type="button" className="chip chip-button" title={t('keys.filterIn')} onClick={onPress}>
      <span className="quiet">{label}</span> <Code>{value}</Code>
    </button>
  );
}
