import { describe, expect, it } from 'vitest';
import { diff, hunks } from './diff';

const told = (before: string, after: string) =>
  diff(before, after).map(({ kind, text }) => `${{ same: ' ', gone: '-', new: '+' }[kind]}${text}`);

describe('differences of two versions', () => {
  it('are told by lines, common ones kept', () => {
    expect(told('a\nb\nc', 'a\nx\nc')).toEqual([' a', '-b', '+x', ' c']);
    expect(told('a\nb', 'a\nb')).toEqual([' a', ' b']);
    expect(told('', 'a')).toEqual(['-', '+a']);
    expect(told('a\nb\nc\nd', 'b\nc\nd\ne')).toEqual(['-a', ' b', ' c', ' d', '+e']);
  });

  it('leave out what is far from any change', () => {
    const before = Array.from({ length: 20 }, (_, index) => `line ${index}`).join('\n');
    const shown = hunks(diff(before, before.replace('line 10', 'other')), 1);
    expect(shown.map((line) => line?.text ?? '…')).toEqual([
      '…',
      'line 9',
      'line 10',
      'other',
      'line 11',
      '…',
    ]);
    expect(hunks(diff(before, before))).toEqual([null]);
  });
});
