import { describe, expect, test } from 'vitest';
import { entityOf } from './entity';
import { filterPath, firstFolded, lines, momentOf, unfolded } from './tree';

const EVENT = {
  unmapped: { Image: 'C:\\x.exe' },
  raw_data: 'as collected',
  time: 1_795_329_945_239,
  message: 'hello',
  device: { hostname: 'web-07', ip: null },
  observables: [{ name: 'ip', value: '10.0.0.1' }],
  metadata: { uid: 'ab', labels: [] },
};

const paths = (shown: { path: string }[]) => shown.map(({ path }) => path);

describe('tree', () => {
  const all = lines(EVENT);

  test('what is looked for first comes first; the raw log is shown elsewhere', () => {
    expect(paths(all.filter(({ depth }) => depth === 0))).toEqual([
      'message',
      'time',
      'device',
      'metadata',
      'observables',
      'unmapped',
    ]);
  });

  test('every leaf is there, null and empty ones too', () => {
    expect(all.find(({ path }) => path === 'device.ip')?.value).toBe('null');
    expect(all.find(({ path }) => path === 'metadata.labels')).toMatchObject({
      value: null,
      entries: 0,
      isList: true,
    });
    expect(paths(all)).toContain('observables.0.value');
  });

  test('a folded branch hides everything below it, at any depth', () => {
    const shown = paths(unfolded(all, new Set(['observables', 'metadata'])));
    expect(shown).toContain('observables');
    expect(shown.filter((path) => path.startsWith('observables.'))).toEqual([]);
    expect(shown).toContain('device.hostname');
  });

  test('the pipeline’s own notes are folded at first', () => {
    expect([...firstFolded(all)].sort()).toEqual(['metadata', 'observables']);
  });

  test('an empty event has no lines', () => {
    expect(lines({})).toEqual([]);
  });

  test.each([
    ['observables.0.value', 'observables.value'],
    ['a.12', 'a'],
    ['device.hostname', 'device.hostname'],
    ['a.1b', 'a.1b'],
  ])('%s filters as %s', (path, expected) => {
    expect(filterPath(path)).toBe(expected);
  });

  test.each([
    ['time', '1795329945239', 1_795_329_945_239],
    ['logged_time', '1795329945239', 1_795_329_945_239],
    ['time', '12', null],
    ['uptime', '1795329945239', null],
    ['size', '1795329945239', null],
  ])('%s %s', (name, value, expected) => {
    expect(momentOf({ path: name, name, value, depth: 0, entries: 0, isList: false, parent: null })).toBe(
      expected,
    );
  });
});

describe('entities of an event', () => {
  test.each([
    ['src_endpoint.ip', '203.0.113.9', '/entities/ip%3A203.0.113.9'],
    ['device.hostname', 'web-07', '/entities/host%3Aweb-07'],
    ['actor.user.name', 'nadia', '/entities/user%3Anadia'],
    ['query.hostname', 'bad.example', '/entities/domain%3Abad.example'],
    ['process.file.hashes[0].value', 'ab12', '/entities/hash%3Aab12'],
    ['process.name', 'sshd', null],
    ['src_endpoint.ip', null, null],
    ['metadata.zip', 'x', null],
  ])('%s %s', (path, value, address) => {
    expect(entityOf(path, value)).toBe(address);
  });
});
