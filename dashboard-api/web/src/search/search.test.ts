import { describe, expect, test } from 'vitest';
import { EMPTY, excluding, including, quoted, readSearch, searchParams, writeSearch } from './filter';
import { parted, test as fieldTest } from './commands';
import { terms } from './terms';

describe('search', () => {
  test.each([
    ['', EMPTY],
    ['q=root', { ...EMPTY, q: 'root' }],
    ['q=%22failed+password%22+-cron', { ...EMPTY, q: '"failed password" -cron' }],
    ['from=-7d', { ...EMPTY, range: { from: '-7d', to: null } }],
    [
      'from=2026-11-22+10%3A00%3A00&to=2026-11-22+11%3A00%3A00&host=web-07',
      { ...EMPTY, range: { from: '2026-11-22 10:00:00', to: '2026-11-22 11:00:00' }, host: 'web-07' },
    ],
    ['columns=user,src_ip&live=yes', { ...EMPTY, columns: ['user', 'src_ip'], live: true }],
    ['agency=mof&source=sshd&class=3002', { ...EMPTY, agency: 'mof', source: 'sshd', classUid: 3002 }],
  ])('%j reads and writes back', (query, filter) => {
    expect(readSearch(query)).toEqual(filter);
    expect(writeSearch(filter)).toBe(query);
  });

  test.each(['class=x', 'class=-1', 'q=%20%20', 'agency=', 'columns=,', 'live=no'])(
    '%j is nothing',
    (query) => {
      expect(readSearch(query)).toEqual(EMPTY);
    },
  );

  test('the API is asked in its own words', () => {
    expect(searchParams({ ...EMPTY, q: '১০.০.০.১', classUid: 3002 }, { from: 1, to: 2 })).toEqual({
      from: 1,
      to: 2,
      q: '10.0.0.1',
      agency: null,
      host: null,
      source: null,
      class_uid: 3002,
    });
  });
});

describe('filters from a value', () => {
  test.each([
    ['device.hostname', 'web-07', { ...EMPTY, host: 'web-07' }],
    ['metadata.tenant_uid', 'mof', { ...EMPTY, agency: 'mof' }],
    ['metadata.log_source', 'sshd', { ...EMPTY, source: 'sshd' }],
    ['class_uid', '3002', { ...EMPTY, classUid: 3002 }],
    ['src_endpoint.ip', '203.0.113.7', { ...EMPTY, q: '203.0.113.7' }],
    ['process.cmd_line', 'sh -c "id"', { ...EMPTY, q: '"sh -c  id"' }],
  ])('%s %s goes in', (path, value, expected) => {
    expect(including(EMPTY, path, value)).toEqual(expected);
  });

  test('goes in once, and out with a minus', () => {
    const once = including(EMPTY, 'user.name', 'root');
    expect(including(once, 'user.name', 'root')).toEqual(once);
    expect(excluding(once, 'C:\\Temp\\x y.exe').q).toBe('root -"C:\\Temp\\x y.exe"');
  });

  test.each([
    ['root', 'root'],
    ['10.0.0.1', '10.0.0.1'],
    ['fe80::1', 'fe80::1'],
    ['user@mof.gov.bd', 'user@mof.gov.bd'],
    ['-x', '"-x"'],
    ['two words', '"two words"'],
    ['say "hi"', '"say  hi"'],
  ])('%s is quoted as %s', (value, expected) => {
    expect(quoted(value)).toBe(expected);
  });
});

test.each([
  ['', []],
  ['root', ['root']],
  ['"failed password" -cron root', ['failed password', 'root']],
  ['-"session opened"', []],
  ['১০', ['10']],
])('terms of %j', (q, expected) => {
  expect(terms(q)).toEqual(expected);
});

describe('commands', () => {
  test.each([
    ['user:root', 'user:root', ''],
    ['user:root | count by host', 'user:root', '| count by host'],
    ['"a | b" | head 3', '"a | b"', '| head 3'],
    ['message:/a|b/i x', 'message:/a|b/i x', ''],
    ['message:/a\\/|b/ | count', 'message:/a\\/|b/', '| count'],
    ['/var/log | count', '/var/log', '| count'],
    ['"a\\" | b', '"a\\" | b', ''],
    ['| count', '', '| count'],
  ])('%s', (q, events, commands) => {
    expect(parted(q)).toEqual({ events, commands });
  });

  test.each([
    ['host', 'web-01', 'host=web-01'],
    ['user', '', 'missing(user)'],
    ['command', 'C:\\a "b"', 'command="C:\\\\a \\"b\\""'],
    ['src_ip', '2001:db8::1', 'src_ip="2001:db8::1"'],
  ])('%s of %s', (field, value, expected) => {
    expect(fieldTest(field, value)).toBe(expected);
  });
});
