// The SLA clock: how long until the next step is due, or for how long it is late.

import { useI18n } from '../i18n/i18n';
import { age } from '../time/age';
import { Icon } from './Icon';
import { useNow } from './now';

export function Due({ ms }: { ms: number | null }) {
  const { t, exact } = useI18n();
  const now = useNow();
  if (ms === null) return null;
  const isLate = ms <= now;
  const { unit, count } = isLate ? age(ms, now) : age(now, ms);
  const length = t(`age.${unit}`, { count });
  const title = t(isLate ? 'due.lateSince' : 'due.at', { time: exact(ms) });
  return (
    <time dateTime={new Date(ms).toISOString()} title={title} className="due" data-late={isLate || undefined}>
      {isLate && <Icon name="warning" />}
      {t(isLate ? 'due.late' : 'due.in', { length })}
    </time>
  );
}
