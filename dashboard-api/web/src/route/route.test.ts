import { expect, test } from 'vitest';
import { address, alertAddress, pageOf } from './route';

test.each([
  ['/alerts', { name: 'queue', id: null }],
  ['/alerts/', { name: 'queue', id: null }],
  ['/alerts/ab12', { name: 'queue', id: 'ab12' }],
  ['/alerts/a%2Fb', { name: 'queue', id: 'a/b' }],
  ['/alerts/%E0%A4%A', { name: 'queue', id: null }],
  ['/alerts/a/b', null],
  ['/search', { name: 'search', id: null }],
  ['/dead-letters', { name: 'letters', id: null }],
  ['/audit', { name: 'audit', id: null }],
  ['/', null],
  ['/nonsense', null],
])('%s', (path, page) => {
  expect(pageOf(path)).toEqual(page);
});

test('an address has a question mark only when something follows', () => {
  expect(address('/search', '')).toBe('/search');
  expect(alertAddress('a/b', 'state=new')).toBe('/alerts/a%2Fb?state=new');
});
