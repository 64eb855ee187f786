// The fleet: whether the counts add up, who is heard, who is silent, what is missing, and what became no event.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { getLedger } from '../api/endpoints';
import type { CollectorRow, ReasonRow, ReplayCounts } from '../api/types';
import { useI18n, type Key } from '../i18n/i18n';
import { Reason } from '../letters/Reason';
import { useMe } from '../session/session';
import { Button } from '../ui/Button';
import { Code } from '../ui/Code';
import { Dialog } from '../ui/Dialog';
import { Fault } from '../ui/Fault';
import { Link } from '../ui/Link';
import { Skeleton } from '../ui/Skeleton';
import { When } from '../ui/When';
import { getCollectors, getReasons, getStreams, replayAndWait } from './api';
import '../styles/rules.css';

/** How often the fleet is looked at. */
const LOOK_MS = 10_000;

export function FleetPage() {
  const { t } = useI18n();
  useEffect(() => {
    document.title = t('fleet.page', { product: t('common.product') });
  }, [t]);
  return (
    <section className="rules fleet" aria-label={t('fleet.title')}>
      <h1>{t('fleet.title')}</h1>
      <Counts />
      <Collectors />
      <Letters />
    </section>
  );
}

function Counts() {
  const { t } = useI18n();
  const { data } = useQuery({
    queryKey: ['ledger'],
    queryFn: ({ signal }) => getLedger(signal),
    refetchInterval: LOOK_MS,
  });
  if (!data) return null;
  return (
    <section aria-label={t('fleet.ledger')}>
      <h2>{t('fleet.ledger')}</h2>
      <p className={data.adds_up ? undefined : 'bad'}>
        {t('fleet.counts', {
          received: data.received,
          stored: data.stored,
          letters: data.dead_letters,
          flight: data.in_flight,
        })}{' '}
        {t(data.adds_up ? 'fleet.addsUp' : 'fleet.doesNot')}
      </p>
      <p className="quiet">
        {t('fleet.streams', { heard: data.streams.heard, silent: data.streams.silent })}
      </p>
    </section>
  );
}

const STATES: Record<CollectorRow['state'], { key: Key; sign: string }> = {
  alive: { key: 'fleet.state.alive', sign: '●' },
  late: { key: 'fleet.state.late', sign: '◑' },
  silent: { key: 'fleet.state.silent', sign: '○' },
  stopped: { key: 'fleet.state.stopped', sign: '–' },
};

/** Who needs somebody comes first. */
const ORDER: readonly CollectorRow['state'][] = ['silent', 'late', 'alive', 'stopped'];

function Collectors() {
  const { t } = useI18n();
  const [open, setOpen] = useState<CollectorRow | null>(null);
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ['collectors'],
    queryFn: ({ signal }) => getCollectors(signal),
    refetchInterval: LOOK_MS,
  });
  const rows = data?.items.toSorted((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state)) ?? [];
  return (
    <section aria-label={t('fleet.collectors')}>
      <h2>{t('fleet.collectors')}</h2>
      {error && <Fault what={t('fleet.failed')} error={error} onRetry={() => void refetch()} />}
      {isPending && <Skeleton rows={4} />}
      {data && rows.length === 0 && <p className="quiet">{t('fleet.none')}</p>}
      {rows.length > 0 && (
        // A box that scrolls must be reachable by the keyboard.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        <div className="made rules-rows" tabIndex={0} role="region" aria-label={t('fleet.rows')}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t('column.host')}</th>
                <th scope="col">{t('fleet.state')}</th>
                <th scope="col">{t('column.agency')}</th>
                <th scope="col">{t('fleet.seen')}</th>
                <th scope="col" className="number">
                  {t('fleet.streamCount')}
                </th>
                <th scope="col" className="number">
                  {t('fleet.waiting')}
                </th>
                <th scope="col" className="number">
                  {t('fleet.lost')}
                </th>
                <th scope="col" className="number">
                  {t('fleet.missing')}
                </th>
                <th scope="col">{t('fleet.version')}</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={`${row.agency} ${row.id}`}>
                  <td>
                    <button
                      type="button"
                      className="link"
                      aria-label={t('fleet.streamsOf', { name: row.host ?? row.id })}
                      onClick={() => setOpen(row)}
                    >
                      <Code>{row.host ?? row.id}</Code>
                    </button>
                  </td>
                  <td className={row.state === 'silent' ? 'bad' : undefined}>
                    <span aria-hidden="true">{STATES[row.state].sign}</span> {t(STATES[row.state].key)}
                  </td>
                  <td>
                    <Code>{row.agency}</Code>
                  </td>
                  <td>{row.last_seen === null ? '–' : <When ms={row.last_seen} />}</td>
                  <td className="number">{t('fleet.number', { count: row.streams })}</td>
                  <td className="number">{t('fleet.number', { count: row.spool_records })}</td>
                  <td className={row.lost > 0 ? 'number bad' : 'number'}>
                    {t('fleet.number', { count: row.lost })}
                  </td>
                  <td className={row.missing > 0 ? 'number bad' : 'number'}>
                    {t('fleet.number', { count: row.missing })}
                  </td>
                  <td>{row.version && <Code>{row.version}</Code>}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {open && <Streams collector={open} onClose={() => setOpen(null)} />}
    </section>
  );
}

function Streams({ collector, onClose }: { collector: CollectorRow; onClose: () => void }) {
  const { t } = useI18n();
  const { data, error } = useQuery({
    queryKey: ['collector-streams', collector.id],
    queryFn: ({ signal }) => getStreams(collector.id, signal),
  });
  const own = data?.items.filter(({ agency }) => agency === collector.agency) ?? [];
  return (
    <Dialog title={collector.host ?? collector.id} onClose={onClose} wide>
      {error && <Fault what={t('fleet.failed')} error={error} />}
      {!data && !error && <Skeleton rows={4} />}
      {data && own.length === 0 && <p className="quiet">{t('fleet.noStreams')}</p>}
      {data && own.length > 0 && (
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        <div className="made rules-rows" tabIndex={0} role="region" aria-label={t('fleet.streamCount')}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t('fleet.stream')}</th>
                <th scope="col">{t('fleet.moved')}</th>
                <th scope="col" className="number">
                  {t('fleet.waitingBytes')}
                </th>
                <th scope="col" className="number">
                  {t('fleet.missing')}
                </th>
              </tr>
            </thead>
            <tbody>
              {own.map((stream) => (
                <tr key={stream.stream}>
                  <td>
                    <Code>{stream.stream}</Code>
                  </td>
                  <td>{stream.last_moved ? <When ms={stream.last_moved} /> : '–'}</td>
                  <td className="number">{t('fleet.number', { count: stream.waiting_bytes })}</td>
                  <td className="number">{t('fleet.number', { count: stream.missing })}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Dialog>
  );
}

function Letters() {
  const { t } = useI18n();
  const { permissions } = useMe();
  const [open, setOpen] = useState<ReasonRow | null>(null);
  const may = permissions.includes('read_dead_letters');
  const { data, error, refetch } = useQuery({
    queryKey: ['letter-reasons'],
    queryFn: ({ signal }) => getReasons(signal),
    enabled: may,
    refetchInterval: LOOK_MS,
  });
  if (!may) return null;
  return (
    <section aria-label={t('fleet.letters')}>
      <h2>{t('fleet.letters')}</h2>
      {error && <Fault what={t('fleet.failed')} error={error} onRetry={() => void refetch()} />}
      {data && data.items.length === 0 && <p className="quiet">{t('fleet.noLetters')}</p>}
      {data && data.items.length > 0 && (
        <>
          <table className="made-plain">
            <thead>
              <tr>
                <th scope="col">{t('fleet.code')}</th>
                <th scope="col">{t('column.agency')}</th>
                <th scope="col" className="number">
                  {t('fleet.howMany')}
                </th>
                <th scope="col">{t('fleet.lastLetter')}</th>
                <th scope="col">{t('fleet.example')}</th>
                <th scope="col">
                  <span className="hidden">{t('fleet.replay')}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {data.items.map((row) => (
                <tr key={`${row.agency} ${row.code}`}>
                  <td>
                    <Reason code={row.code} />
                  </td>
                  <td>
                    <Code>{row.agency}</Code>
                  </td>
                  <td className="number">{t('fleet.number', { count: row.letters })}</td>
                  <td>
                    <When ms={row.last} />
                  </td>
                  <td className="quiet" lang="en">
                    {row.reason}
                  </td>
                  <td>
                    {permissions.includes('manage_collectors') && row.agency !== '' && (
                      <Button kind="quiet" onPress={() => setOpen(row)}>
                        {t('fleet.replay')}
                      </Button>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          <p>
            <Link to="/dead-letters">{t('fleet.allLetters')}</Link>
          </p>
        </>
      )}
      {open && <Replay row={open} onClose={() => setOpen(null)} />}
    </section>
  );
}

/** First what would be sent; then, if that is wanted, sending it. */
function Replay({ row, onClose }: { row: ReasonRow; onClose: () => void }) {
  const { t } = useI18n();
  const cache = useQueryClient();
  const [sent, setSent] = useState<ReplayCounts | null>(null);
  const [fault, setFault] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const { data, error } = useQuery({
    queryKey: ['replay', row.agency, row.code],
    queryFn: () => replayAndWait({ agency: row.agency, code: row.code, dry_run: true }),
    gcTime: 0,
    retry: false,
  });
  const send = async () => {
    setBusy(true);
    await replayAndWait({ agency: row.agency, code: row.code, dry_run: false }).then(setSent, setFault);
    setBusy(false);
    void cache.invalidateQueries({ queryKey: ['letter-reasons'] });
  };
  return (
    <Dialog title={t('fleet.replay')} onClose={onClose}>
      <div className="form">
        <p>{t('fleet.replayWhat')}</p>
        {error && <Fault what={t('fleet.replayFailed')} error={error} />}
        {!data && !error && <Skeleton rows={2} />}
        {data && !sent && <p>{t('fleet.wouldSend', { again: data.again, found: data.found })}</p>}
        {sent && <p role="status">{t('fleet.sent', { sent: sent.sent, gone: sent.gone })}</p>}
        {fault !== null && <Fault what={t('fleet.replayFailed')} error={fault} />}
        <div className="form-actions">
          <Button onPress={onClose}>{t('common.close')}</Button>
          {!sent && (
            <Button
              kind="primary"
              isPending={busy}
              isDisabled={!data || data.again === 0}
              onPress={() => void send()}
            >
              {t('fleet.send')}
            </Button>
          )}
        </div>
      </div>
    </Dialog>
  );
}
