// The evidence: each event as it was collected, and as it was understood.

import { useMemo, useState } from 'react';
import type { AlertDetail } from '../api/types';
import { EventTree } from '../event/EventTree';
import { RawLog } from '../event/RawLog';
import { useI18n } from '../i18n/i18n';
import { EMPTY } from '../search/filter';
import { around } from '../time/range';
import { AROUND_MS } from './Summary';

export function Evidence({ alert }: { alert: AlertDetail }) {
  const { t } = useI18n();
  const [index, setIndex] = useState(0);
  const event = alert.events[index];
  const raw = alert.raw[index];
  const marked = useMemo(() => alert.matched.map(({ value }) => value), [alert.matched]);
  const base = useMemo(() => ({ ...EMPTY, range: around(alert.time, AROUND_MS) }), [alert.time]);
  return (
    <section>
      <h3>{t('evidence.title')}</h3>
      {alert.events.length > 1 && (
        <EventChoice count={alert.events.length} of={alert.event_count} index={index} onChange={setIndex} />
      )}
      {raw !== undefined && <RawLog raw={raw} marked={marked} />}
      {event ? (
        <EventTree key={index} event={event} base={base} marked={marked} />
      ) : (
        <p className="quiet">{t('evidence.none')}</p>
      )}
    </section>
  );
}

interface ChoiceProps {
  count: number;
  /** How many events the alert stands for; not all of them travel with it. */
  of: number;
  index: number;
  onChange: (index: number) => void;
}

function EventChoice({ count, of, index, onChange }: ChoiceProps) {
  const { t, number } = useI18n();
  return (
    <div className="event-choice" role="group" aria-label={t('evidence.choose')}>
      <span className="quiet">{t('evidence.shown', { count, of })}</span>
      <span className="switch">
        {Array.from({ length: count }, (_, each) => (
          <button key={each} type="button" aria-pressed={each === index} onClick={() => onChange(each)}>
            {number(each + 1)}
          </button>
        ))}
      </span>
    </div>
  );
}
