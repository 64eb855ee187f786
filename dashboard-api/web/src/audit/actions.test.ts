import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { REASONS } from '../letters/reasons';
import { ACTIONS } from './actions';

/** What stands at the right of the arms of the server's own lists. */
function named(file: string): string[] {
  const text = readFileSync(new URL(`../../../../${file}`, import.meta.url), 'utf8');
  return [...text.matchAll(/Self::\w+ => "([a-z_.]+)"/g)].map(([, name]) => name ?? '').toSorted();
}

test('every action of the log has words', () => {
  const actions = named('dashboard-api/src/audit.rs');
  expect(actions.length).toBeGreaterThan(40);
  expect(Object.keys(ACTIONS).toSorted()).toEqual(actions);
});

test('every code of a dead letter has words', () => {
  const codes = named('crates/model/src/dead_letter.rs');
  expect(codes.length).toBeGreaterThan(5);
  expect(Object.keys(REASONS).toSorted()).toEqual(codes);
});
