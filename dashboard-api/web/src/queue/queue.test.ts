import { describe, expect, test } from 'vitest';
import type { AlertSummary } from '../api/types';
import {
  filterParams,
  isNarrowed,
  listParams,
  OPEN,
  readFilter,
  writeFilter,
  type AlertFilter,
} from './filter';
import { mergeHead } from './merge';
import { toggled } from './selection';

const NOW = Date.UTC(2026, 10, 22, 6);

describe('filter', () => {
  test.each<[string, Partial<AlertFilter>]>([
    ['', {}],
    ['state=new', { state: ['new'] }],
    ['state=new,closed', { state: ['new', 'closed'] }],
    ['state=any', { state: [] }],
    ['severity=4', { severityMin: 4 }],
    ['agency=mof&host=web-07', { agency: 'mof', host: 'web-07' }],
    ['assignee=me', { assignee: 'me' }],
    ['q=%E0%A6%B2%E0%A6%97+10.0.0.1', { q: 'লগ 10.0.0.1' }],
    ['from=-24h', { from: '-24h' }],
    ['group=0a&order=risk&grouped=yes', { group: '0a', order: 'risk', grouped: true }],
    ['from=2026-11-22+10%3A00&to=2026-11-22+11%3A00', { from: '2026-11-22 10:00', to: '2026-11-22 11:00' }],
  ])('%j reads and writes back', (query, change) => {
    const filter = { ...OPEN, ...change };
    expect(readFilter(query)).toEqual(filter);
    expect(readFilter(writeFilter(filter))).toEqual(filter);
    expect(writeFilter(readFilter(query))).toBe(query);
  });

  test.each([
    ['state=bogus', OPEN],
    ['severity=99', OPEN],
    ['severity=1.5', OPEN],
    ['agency=', OPEN],
    ['unknown=1', OPEN],
    ['state=closed,new', { ...OPEN, state: ['new', 'closed'] }],
    [
      'state=new,acknowledged,in_progress,closed',
      { ...OPEN, state: ['new', 'acknowledged', 'in_progress', 'closed'] },
    ],
  ])('%j is read as far as it can be', (query, expected) => {
    expect(readFilter(query)).toEqual(expected);
  });

  test('every state at once is written as any', () => {
    expect(writeFilter({ ...OPEN, state: ['new', 'acknowledged', 'in_progress', 'closed'] })).toBe(
      'state=any',
    );
  });

  test('the API is asked in its own words', () => {
    const filter: AlertFilter = { ...OPEN, severityMin: 4, q: 'পোর্ট ৪৪৪৪', from: '-1h' };
    expect(filterParams(filter, NOW)).toMatchObject({
      state: 'new,acknowledged,in_progress',
      severity_min: 4,
      q: 'পোর্ট 4444',
      from: NOW - 3_600_000,
      to: null,
    });
    expect(filterParams({ ...OPEN, state: [] }, NOW).state).toBeNull();
    expect(listParams({ ...OPEN, order: 'risk', grouped: true }, NOW)).toMatchObject({
      order: 'risk',
      grouped: 'true',
    });
  });

  test('states alone do not narrow', () => {
    expect(isNarrowed({ ...OPEN, state: ['closed'] })).toBe(false);
    expect(isNarrowed({ ...OPEN, q: 'x' })).toBe(true);
  });
});

describe('mergeHead', () => {
  const row = (id: string, version = 1) => ({ id, version }) as AlertSummary;
  const ids = (rows: AlertSummary[]) => rows.map(({ id }) => id).join('');
  const rows = [row('c'), row('b'), row('a')];

  test.each([
    ['nothing known yet', undefined, 'cba', 0, ''],
    ['nothing new', { items: rows, next_cursor: null }, 'cba', 0, ''],
    ['two new ones wait', { items: [row('e'), row('d'), row('c')], next_cursor: 'x' }, 'cba', 2, ''],
    ['one left the view', { items: [row('c'), row('a')], next_cursor: null }, 'cba', 0, 'b'],
    ['what is below the newest page is not judged', { items: [row('c')], next_cursor: 'x' }, 'cba', 0, ''],
    [
      'the last one left, and the page is whole',
      { items: [row('c'), row('b')], next_cursor: null },
      'cba',
      0,
      'a',
    ],
    ['a page of strangers judges nobody', { items: [row('z')], next_cursor: 'x' }, 'cba', 1, ''],
    ['an empty whole', { items: [], next_cursor: null }, 'cba', 0, 'cba'],
  ])('%s', (_, head, shown, waiting, gone) => {
    const merged = mergeHead(rows, head);
    expect(ids(merged.rows)).toBe(shown);
    expect(merged.waiting).toBe(waiting);
    expect([...merged.gone].join('')).toBe(gone);
  });

  test('a newer version takes the place of the row, an older one does not', () => {
    const head = { items: [row('c', 5), row('b', 0)], next_cursor: 'x' };
    expect(mergeHead(rows, head).rows.map(({ version }) => version)).toEqual([5, 1, 1]);
  });
});

test('selection keeps only what is selected', () => {
  expect(toggled({}, ['a', 'b'], true)).toEqual({ a: true, b: true });
  expect(toggled({ a: true, b: true }, ['a'], false)).toEqual({ b: true });
  expect(toggled({ a: true }, ['a'], true)).toEqual({ a: true });
});
