// How long ago, in the largest whole unit.

export type AgeUnit = 'seconds' | 'minutes' | 'hours' | 'days';

export interface Age {
  unit: AgeUnit;
  count: number;
}

export function age(ms: number, now: number): Age {
  // A source's clock may run ahead of ours; the future is shown as now.
  const seconds = Math.max(0, Math.floor((now - ms) / 1000));
  if (seconds < 60) return { unit: 'seconds', count: seconds };
  if (seconds < 3600) return { unit: 'minutes', count: Math.floor(seconds / 60) };
  if (seconds < 48 * 3600) return { unit: 'hours', count: Math.floor(seconds / 3600) };
  return { unit: 'days', count: Math.floor(seconds / 86_400) };
}
