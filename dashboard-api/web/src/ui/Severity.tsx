// Severity as a shape, a word and a colour, so that none of them is needed alone.

import { useI18n, type Key } from '../i18n/i18n';

export type SeverityName = 'critical' | 'high' | 'medium' | 'low' | 'informational';

/** OCSF severity_id to our five words: 6 (fatal) counts as critical, unknown as informational. */
export function severityName(id: number): SeverityName {
  if (id >= 5 && id <= 6) return 'critical';
  if (id === 4) return 'high';
  if (id === 3) return 'medium';
  if (id === 2) return 'low';
  return 'informational';
}

const SHAPES: Record<SeverityName, string> = {
  critical: 'M6 .5 11.5 6 6 11.5 .5 6z',
  high: 'M6 1 11.5 11H.5z',
  medium: 'M1.5 1.5h9v9h-9z',
  low: 'M6 1.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9z',
  informational: 'M6 1.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9z',
};

export const severityKey = (id: number): Key => `severity.${severityName(id)}`;

export function Severity({ id }: { id: number }) {
  const { t } = useI18n();
  const name = severityName(id);
  return (
    <span className={`severity severity-${name}`}>
      <svg viewBox="0 0 12 12" aria-hidden="true" focusable="false">
        <path d={SHAPES[name]} />
      </svg>
      <span className="severity-word">{t(severityKey(id))}</span>
    </span>
  );
}
