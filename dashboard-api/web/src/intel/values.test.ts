import { expect, test } from 'vitest';
import { values } from './values';

test('indicators are taken as they are pasted', () => {
  expect(values(' evil[.]example\n203.0.113.9;\tevil[.]example\r\n')).toEqual([
    'evil[.]example',
    '203.0.113.9',
  ]);
  expect(values('')).toEqual([]);
  // A URL may hold commas.
  expect(values('http://a.example/x,y')).toEqual(['http://a.example/x,y']);
});
