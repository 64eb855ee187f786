// Lengths of time as people write them: 15m, 4h, 3d.

import { toLatin } from '../i18n/digits';
import { useI18n } from '../i18n/i18n';

/** The severities with their OCSF number, the most severe first. */
export const SEVERITIES = [
  { id: 5, name: 'critical' },
  { id: 4, name: 'high' },
  { id: 3, name: 'medium' },
  { id: 2, name: 'low' },
  { id: 1, name: 'informational' },
] as const;

const UNITS = { m: 1, h: 60, d: 24 * 60 } as const;
const MINUTES_MAX = 92 * 24 * 60;

/** Minutes, or null where it may wait; undefined where it is no length. */
export function readMinutes(text: string): number | null | undefined {
  const plain = toLatin(text).trim().toLowerCase();
  if (plain === '' || plain === '-' || plain === '–') return null;
  const [, count = '', unit = ''] = /^(\d{1,6})\s*([mhd])$/.exec(plain) ?? [];
  const minutes = Number(count) * (UNITS[unit as keyof typeof UNITS] ?? 0);
  return minutes >= 1 && minutes <= MINUTES_MAX ? minutes : undefined;
}

/** The shortest text that reads back as these minutes. */
export function writeMinutes(minutes: number | null): string {
  if (minutes === null) return '';
  if (minutes % UNITS.d === 0) return `${minutes / UNITS.d}d`;
  return minutes % UNITS.h === 0 ? `${minutes / UNITS.h}h` : `${minutes}m`;
}

/** The same in the reader's words. */
export function useMinutes(): (minutes: number | null) => string {
  const { t } = useI18n();
  return (minutes) => {
    const text = writeMinutes(minutes);
    if (text === '') return t('governance.mayWait');
    const units = { m: 'minutes', h: 'hours', d: 'days' } as const;
    const unit = units[text.slice(-1) as keyof typeof units];
    return t(`age.${unit}`, { count: Number(text.slice(0, -1)) });
  };
}
