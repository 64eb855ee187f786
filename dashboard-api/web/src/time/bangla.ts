// The calendar of Bangladesh, as the Bangla Academy revised it: months of fixed length, the day from midnight.

export interface BanglaDate {
  day: number;
  /** 1 (Boishakh) to 12 (Choitro). */
  month: number;
  /** Bangabda. */
  year: number;
}

const DAY_MS = 86_400_000;
const FALGUN = 11;
/** The first year in which Ashwin has 31 days and Falgun 29 (from 16 October 2019). */
const REVISED = 1426;
/** Boishakh of 1 Bangabda lies in the April of this year. */
const EPOCH_YEAR = 593;

/** The date of a Gregorian day that is written 2026-11-22. */
export function banglaDate(date: string): BanglaDate {
  const at = Date.parse(date);
  const gregorian = new Date(at).getUTCFullYear();
  // The year begins on 14 April, in leap years too.
  const isBefore = at < Date.UTC(gregorian, 3, 14);
  const began = isBefore ? gregorian - 1 : gregorian;
  const year = began - EPOCH_YEAR;
  let day = (at - Date.UTC(began, 3, 14)) / DAY_MS + 1;
  let month = 1;
  for (let days = length(month, year); day > days; days = length(month, year)) {
    day -= days;
    month += 1;
  }
  return { day, month, year };
}

function length(month: number, year: number): number {
  const revised = year >= REVISED;
  if (month === FALGUN) return (revised ? 29 : 30) + (isLeap(year + EPOCH_YEAR + 1) ? 1 : 0);
  return month <= (revised ? 6 : 5) ? 31 : 30;
}

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}
