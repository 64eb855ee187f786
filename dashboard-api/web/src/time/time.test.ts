import { describe, expect, test } from 'vitest';
import { age } from './age';
import { around, exactRange, moment, resolve, written } from './range';
import { banglaDate } from './bangla';
import { clock, exactTime, fromClock } from './zone';

/** 2026-11-22 12:00:00 in Dhaka. */
const NOON = Date.UTC(2026, 10, 22, 6, 0, 0);

describe('clock', () => {
  test.each([
    [NOON, '2026-11-22', '12:00:00', '+06:00'],
    [Date.UTC(2026, 10, 22, 18, 0, 0), '2026-11-23', '00:00:00', '+06:00'],
    [Date.UTC(2026, 11, 31, 17, 59, 59), '2026-12-31', '23:59:59', '+06:00'],
    // Bangladesh had summer time once, in 2009.
    [Date.UTC(2009, 7, 1, 0, 0, 0), '2009-08-01', '07:00:00', '+07:00'],
    [0, '1970-01-01', '06:00:00', '+06:00'],
  ])('%d is %s %s %s', (ms, date, time, offset) => {
    expect(clock(ms)).toEqual({ date, time, offset });
  });

  test.each(['2026-11-22T12:00:00', '2009-08-01T07:00:00', '1970-01-01T06:00:00', '2026-02-28T23:59:59.999'])(
    '%s reads back as it is written',
    (local) => {
      const ms = fromClock(local);
      expect(`${clock(ms).date}T${clock(ms).time}`).toBe(local.slice(0, 19));
    },
  );

  test('the exact time has its fraction and its offset', () => {
    expect(exactTime(NOON + 7)).toBe('12:00:00.007 +06:00');
  });
});

describe('the calendar of Bangladesh', () => {
  test.each([
    // As its revision of 2019 was announced: the days on which the nation's days fall.
    ['2020-02-21', 8, 11, 1426],
    ['2026-02-21', 8, 11, 1432],
    ['2026-03-26', 12, 12, 1432],
    ['2026-04-13', 30, 12, 1432],
    ['2026-04-14', 1, 1, 1433],
    ['2026-05-08', 25, 1, 1433],
    ['2026-05-25', 11, 2, 1433],
    ['2026-12-16', 1, 9, 1433],
    // The first day that it changed, and the day after.
    ['2019-10-16', 31, 6, 1426],
    ['2019-10-17', 1, 7, 1426],
    // Falgun of a leap year has one day more, and the new year does not move.
    ['2024-03-13', 29, 11, 1430],
    ['2024-03-14', 30, 11, 1430],
    ['2024-03-15', 1, 12, 1430],
    ['2024-04-14', 1, 1, 1431],
    // As it was before.
    ['2019-02-21', 9, 11, 1425],
    ['2018-10-16', 1, 7, 1425],
    ['2016-03-13', 30, 11, 1422],
    ['2016-04-14', 1, 1, 1423],
  ])('%s is %d of month %d, %d', (date, day, month, year) => {
    expect(banglaDate(date)).toEqual({ day, month, year });
  });

  test('every day follows the one before it', () => {
    let before = banglaDate('2010-04-14');
    for (let at = Date.UTC(2010, 3, 15); at < Date.UTC(2040, 3, 15); at += 86_400_000) {
      const { day, month, year } = banglaDate(new Date(at).toISOString().slice(0, 10));
      const next =
        day === before.day + 1
          ? [before.month, before.year]
          : [(before.month % 12) + 1, before.year + (before.month === 12 ? 1 : 0)];
      expect([month, year]).toEqual(next);
      expect(day === before.day + 1 || day === 1).toBe(true);
      before = { day, month, year };
    }
  });
});

describe('age', () => {
  test.each([
    [0, 'seconds', 0],
    [59_999, 'seconds', 59],
    [60_000, 'minutes', 1],
    [3_599_999, 'minutes', 59],
    [3_600_000, 'hours', 1],
    [47 * 3_600_000, 'hours', 47],
    [48 * 3_600_000, 'days', 2],
    // A source's clock may run ahead.
    [-5000, 'seconds', 0],
  ])('%d ms is %s %d', (ms, unit, count) => {
    expect(age(NOON - ms, NOON)).toEqual({ unit, count });
  });
});

describe('moment', () => {
  test.each([
    ['now', NOON],
    ['-15m', NOON - 900_000],
    ['now-2h', NOON - 7_200_000],
    ['-7d', NOON - 7 * 86_400_000],
    ['-৩০m', NOON - 1_800_000],
    ['2026-11-22 12:00', NOON],
    ['২০২৬-১১-২২ ১২:০০', NOON],
    ['2026-11-22T12:00:00', NOON],
    ['2026-11-22 12:00:00.250', NOON + 250],
    ['2026-11-22 12:00:00,250', NOON + 250],
    ['2026-11-22T06:00:00Z', NOON],
    ['2026-11-22T06:00:00.250Z', NOON + 250],
    ['2026-11-22 12:00:00 +06:00', NOON],
    ['2026-11-22T12:00:00+0600', NOON],
    ['2026-11-22', NOON - 12 * 3_600_000],
    [String(NOON), NOON],
    [String(NOON / 1000), NOON],
    ['  2026-11-22 12:00  ', NOON],
    ['', null],
    ['yesterday', null],
    ['2026-13-45', null],
    ['2026-11-22 25:00', null],
    ['22/11/2026', null],
    ['12345', null],
    ['-15x', null],
    ['-9999999999999h', null],
  ])('%j', (text, expected) => {
    expect(moment(text, NOON)).toBe(expected);
  });
});

describe('range', () => {
  test.each([
    [
      { from: '-1h', to: null },
      { from: NOON - 3_600_000, to: NOON },
    ],
    [
      { from: '2026-11-22 11:00', to: '2026-11-22 11:30' },
      { from: NOON - 3_600_000, to: NOON - 1_800_000 },
    ],
    // A range that runs backward is refused, never turned round.
    [{ from: '2026-11-22 11:30', to: '2026-11-22 11:00' }, null],
    [{ from: 'soon', to: null }, null],
  ])('%j', (range, expected) => {
    expect(resolve(range, NOON)).toEqual(expected);
  });

  test.each([NOON, NOON + 1, NOON + 999, 1])('%d reads back as it is written', (ms) => {
    expect(moment(written(ms), 0)).toBe(ms);
  });

  test('an exact range means the same at any later time', () => {
    const span = { from: NOON - 5, to: NOON };
    expect(resolve(exactRange(span), NOON + 1e9)).toEqual(span);
    expect(resolve(around(NOON, 60_000), 0)).toEqual({ from: NOON - 60_000, to: NOON + 60_000 });
  });
});
