import { describe, expect, test } from 'vitest';
import type { AlertSummary } from '../api/types';
import { matchedPart, splitByTerms, splitByValues, type Piece } from './highlight';
import { undoing } from './undo';

/** Marked parts in brackets. */
const shown = (pieces: Piece[]) => pieces.map(({ text, isValue }) => (isValue ? `[${text}]` : text)).join('');

describe('splitByValues', () => {
  test.each([
    ['root on web-07', ['web-07', 'root'], '[root] on [web-07]'],
    ['web-07-এ root', ['web-07', 'root'], '[web-07]-এ [root]'],
    ['rootkit on web-07', ['root'], 'rootkit on web-07'],
    ['10.0.0.1 and 10.0.0.11', ['10.0.0.1'], '[10.0.0.1] and 10.0.0.11'],
    ['a.b.c', ['a+b', '.*'], 'a.b.c'],
    ['C:\\Temp\\x.exe ran', ['C:\\Temp\\x.exe'], '[C:\\Temp\\x.exe] ran'],
    // A longer value wins over one within it.
    ['/bin/bash -c', ['bash', '/bin/bash'], '[/bin/bash] -c'],
    ['id=1', ['1'], 'id=1'],
    ['1', ['1'], '[1]'],
    ['', ['x'], ''],
  ])('%j with %j', (text, values, expected) => {
    expect(shown(splitByValues(text, values))).toBe(expected);
  });

  test('a value is never taken as an expression', () => {
    const nasty = ['(', '[a-', 'a{2', '$^', '\\', 'x|y', '///'];
    for (const value of nasty) {
      const text = `before ${value} after`;
      expect(shown(splitByValues(text, [value])).replaceAll(/[[\]]/g, '')).toBe(
        text.replaceAll(/[[\]]/g, ''),
      );
    }
  });
});

describe('splitByTerms', () => {
  test.each([
    ['/usr/sbin/sshd -D', ['ssh'], '/usr/sbin/[ssh]d -D'],
    ['Failed PASSWORD', ['password'], 'Failed [PASSWORD]'],
    ['সংস্থা', ['সংস্থা'], '[সংস্থা]'],
    ['nothing here', ['absent'], 'nothing here'],
  ])('%j with %j', (text, terms, expected) => {
    expect(shown(splitByTerms(text, terms))).toBe(expected);
  });
});

describe('matchedPart', () => {
  test.each<[string, string | null, string, string]>([
    ['/bin/bash', 'endswith', '/bash', '/bin[/bash]'],
    ['/bash/bash', 'endswith', '/bash', '/bash[/bash]'],
    ['sqlmap/1.8', 'startswith', 'sqlmap/', '[sqlmap/]1.8'],
    ['powershell -ENC x', 'contains', ' -enc ', 'powershell[ -ENC ]x'],
    ['a needle b', 'contains', '*needle*', 'a [needle] b'],
    ['C:\\a\\b.exe', null, '*\\a\\?.exe', 'C:[\\a\\b.exe]'],
    ['4732', null, '4732', '[4732]'],
    ['GET /x?id=1 union select', 're', 'union\\s+select', 'GET /x?id=1 [union select]'],
    ['abc', 're', '(unclosed', '[abc]'],
    ['10.1.2.3', 'cidr', '10.0.0.0/8', '[10.1.2.3]'],
    ['elsewhere', 'contains', 'absent', '[elsewhere]'],
    ['x', 'contains', '', '[x]'],
    ['anything', null, '*', '[anything]'],
  ])('%j %s %j', (value, modifier, pattern, expected) => {
    expect(shown(matchedPart(value, modifier, pattern))).toBe(expected);
  });
});

describe('undoing', () => {
  const alert = (state: AlertSummary['state'], assignee: string | null = null) =>
    ({ state, assignee }) as AlertSummary;
  test.each([
    [alert('new'), alert('acknowledged'), { state: 'new' }],
    [alert('acknowledged'), alert('closed'), { state: 'acknowledged' }],
    [alert('new', null), alert('new', 'me'), { assignee: null }],
    [alert('new', 'other'), alert('new', 'me'), { assignee: 'other' }],
    // The reason it was closed for is not at hand.
    [alert('closed'), alert('in_progress'), {}],
    [alert('new'), alert('new'), {}],
  ])('%j after %j', (before, after, expected) => {
    expect(undoing(before, after)).toEqual(expected);
  });
});
