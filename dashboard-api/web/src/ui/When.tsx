// Moments: the age in lists, the exact time wherever it is asked for.

import { useI18n } from '../i18n/i18n';
import { age } from '../time/age';
import { useNow } from './now';

/** "4m", with the exact time and its offset as the title. */
export function Age({ ms }: { ms: number }) {
  const { t, exact } = useI18n();
  const { unit, count } = age(ms, useNow());
  return (
    <time dateTime={new Date(ms).toISOString()} title={exact(ms)}>
      {t(`age.${unit}`, { count })}
    </time>
  );
}

/** "4 minutes ago", for sentences. */
export function useAgo(): (ms: number) => string {
  const { t } = useI18n();
  const now = useNow();
  return (ms) => {
    const { unit, count } = age(ms, now);
    return t(`ago.${unit}`, { count });
  };
}

/** The time of day, with the date when it is another day, and the rest as the title. */
export function When({ ms }: { ms: number }) {
  const { exact, when } = useI18n();
  const now = useNow();
  return (
    <time className="when" dateTime={new Date(ms).toISOString()} title={exact(ms)}>
      {when(ms, now)}
    </time>
  );
}

/** The whole time, written out. */
export function Exact({ ms }: { ms: number }) {
  const { exact } = useI18n();
  return (
    <time className="when" dateTime={new Date(ms).toISOString()}>
      {exact(ms)}
    </time>
  );
}
