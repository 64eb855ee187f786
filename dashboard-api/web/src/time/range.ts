// Time ranges as they stand in the address bar: relative ("-24h") or exact, read from anything an analyst pastes.

import { toLatin } from '../i18n/digits';
import { clock, fromClock } from './zone';

/** `from` and `to` as written; an absent `to` is now. */
export interface TimeRange {
  from: string;
  to: string | null;
}

/** A range in milliseconds. */
export interface Span {
  from: number;
  to: number;
}

export const PRESETS = ['-15m', '-1h', '-4h', '-24h', '-7d', '-30d'] as const;

const UNIT_MS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const RELATIVE = /^(?:now)?-(\d{1,6})([smhdw])$/i;
const EPOCH = /^\d{10}(?:\d{3})?$/;
const LOCAL = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2}(?:[.,]\d{1,9})?)?)?$/;
const ZONED = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?)\s*(Z|[+-]\d{2}:?\d{2})$/i;

/** The moment a text means, or null: relative, epoch seconds or milliseconds, ISO with a zone, or Dhaka's clock. */
export function moment(text: string, now: number): number | null {
  const plain = toLatin(text).trim();
  if (/^now$/i.test(plain)) return now;
  const relative = RELATIVE.exec(plain);
  if (relative) return now - Number(relative[1]) * UNIT_MS[relative[2]!.toLowerCase()]!;
  if (EPOCH.test(plain)) return Number(plain) * (plain.length === 10 ? 1000 : 1);
  const zoned = ZONED.exec(plain);
  if (zoned) return real(Date.parse(`${zoned[1]}T${zoned[2]!.replace(',', '.')}${isoOffset(zoned[3]!)}`));
  const local = LOCAL.exec(plain);
  if (!local) return null;
  return real(fromClock(`${local[1]}T${local[2] ?? '00:00'}${(local[3] ?? ':00').replace(',', '.')}`));
}

function isoOffset(offset: string): string {
  if (/^z$/i.test(offset)) return 'Z';
  return offset.includes(':') ? offset : `${offset.slice(0, 3)}:${offset.slice(3)}`;
}

function real(ms: number): number | null {
  return Number.isNaN(ms) ? null : ms;
}

/** The range in milliseconds, or null when it cannot be read or runs backward. */
export function resolve(range: TimeRange, now: number): Span | null {
  const from = moment(range.from, now);
  const to = range.to === null ? now : moment(range.to, now);
  return from === null || to === null || from >= to ? null : { from, to };
}

/** A moment as written into a field: 2026-11-22 04:05:06, with the fraction only where there is one. */
export function written(ms: number): string {
  const { date, time } = clock(ms);
  const fraction = ms % 1000;
  return `${date} ${time}${fraction === 0 ? '' : `.${String(fraction).padStart(3, '0')}`}`;
}

/** An exact range, as a link that means the same tomorrow. */
export function exactRange({ from, to }: Span): TimeRange {
  return { from: written(from), to: written(to) };
}

/** The range a span either side of a moment. */
export function around(ms: number, spanMs: number): TimeRange {
  return exactRange({ from: ms - spanMs, to: ms + spanMs });
}
