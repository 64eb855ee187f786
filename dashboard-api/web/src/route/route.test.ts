import { expect, test } from 'vitest';
import { address, alertAddress, pageOf } from './route';

test.each([
  ['/', { name: 'queue', alert: null }],
  ['/alerts', { name: 'queue', alert: null }],
  ['/alerts/ab12', { name: 'queue', alert: 'ab12' }],
  ['/alerts/a%2Fb', { name: 'queue', alert: 'a/b' }],
  ['/alerts/%E0%A4%A', { name: 'queue', alert: null }],
  ['/alerts/a/b', { name: 'queue', alert: null }],
  ['/search', { name: 'search' }],
  ['/dead-letters', { name: 'letters' }],
  ['/audit', { name: 'audit' }],
  ['/nonsense', { name: 'queue', alert: null }],
])('%s', (path, page) => {
  expect(pageOf(path)).toEqual(page);
});

test('an address has a question mark only when something follows', () => {
  expect(address('/search', '')).toBe('/search');
  expect(alertAddress('a/b', 'state=new')).toBe('/alerts/a%2Fb?state=new');
});
