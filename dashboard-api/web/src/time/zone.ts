// Clock times as written in Dhaka, whatever the browser's own zone.

export const ZONE = 'Asia/Dhaka';

const PARTS = new Intl.DateTimeFormat('en-GB', {
  timeZone: ZONE,
  hourCycle: 'h23',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});

export interface Clock {
  /** 2026-11-22 */
  date: string;
  /** 04:05:06 */
  time: string;
  /** +06:00 */
  offset: string;
}

export function clock(ms: number): Clock {
  const part = Object.fromEntries(PARTS.formatToParts(ms).map(({ type, value }) => [type, value]));
  const date = `${part.year}-${part.month}-${part.day}`;
  const time = `${part.hour}:${part.minute}:${part.second}`;
  return { date, time, offset: offsetText(offsetMinutes(ms, date, time)) };
}

function offsetMinutes(ms: number, date: string, time: string): number {
  const asUtc = Date.parse(`${date}T${time}Z`);
  return Math.round((asUtc - Math.floor(ms / 1000) * 1000) / 60_000);
}

function offsetText(minutes: number): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/** The moment at which Dhaka's clocks show this: `2026-11-22T04:05:06` or with a fraction. */
export function fromClock(local: string): number {
  const guess = Date.parse(`${local}Z`);
  if (Number.isNaN(guess)) return Number.NaN;
  const { date, time } = clock(guess);
  const first = guess - offsetMinutes(guess, date, time) * 60_000;
  // The offset may have changed between the guess and the moment (it did in 2009).
  const again = clock(first);
  return guess - offsetMinutes(first, again.date, again.time) * 60_000;
}

/** The time of day with its fraction and offset: 04:05:06.789 +06:00 */
export function exactTime(ms: number): string {
  const { time, offset } = clock(ms);
  return `${time}.${String(((ms % 1000) + 1000) % 1000).padStart(3, '0')} ${offset}`;
}
