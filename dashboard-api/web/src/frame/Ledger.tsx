// The strip that keeps the product's promise in sight: what was received is what was stored.

import { queryOptions, useQuery } from '@tanstack/react-query';
import { getLedger } from '../api/endpoints';
import type { Ledger as LedgerCounts } from '../api/types';
import { useI18n } from '../i18n/i18n';
import { useMe } from '../session/session';
import { Icon } from '../ui/Icon';
import { Link } from '../ui/Link';
import { useNow } from '../ui/now';
import { useAgo } from '../ui/When';

const POLL_MS = 5000;
/** The lag is that of the logs of the last ten minutes; without any there is none. */
const QUIET_MINUTES = 10;
/** Older figures than this are shown with their age. */
const STALE_MS = 60_000;

export const LEDGER = queryOptions({ queryKey: ['ledger'], queryFn: ({ signal }) => getLedger(signal) });

export function Ledger() {
  const { t } = useI18n();
  const { data, isError } = useQuery({ ...LEDGER, refetchInterval: POLL_MS });
  const broken = data !== undefined && !data.adds_up;
  return (
    <footer className="ledger" data-broken={broken || undefined} aria-label={t('ledger.label')}>
      {data ? (
        <Counts data={data} />
      ) : (
        <span className="quiet">{t(isError ? 'ledger.unknown' : 'ledger.loading')}</span>
      )}
    </footer>
  );
}

function Counts({ data }: { data: LedgerCounts }) {
  const { t, rich } = useI18n();
  const ago = useAgo();
  const mayRead = useMe().permissions.includes('read_dead_letters');
  const strong = (children: React.ReactNode[]) => <b>{children}</b>;
  const stale = useNow() - data.as_of > STALE_MS;
  return (
    <>
      <span className="ledger-verdict">
        <Icon name={data.adds_up ? 'check' : 'warning'} />
        {t(data.adds_up ? 'ledger.addsUp' : 'ledger.broken')}
      </span>
      <span className="ledger-sum">
        {rich('ledger.sum', {
          received: data.received,
          stored: data.stored,
          dead: data.dead_letters,
          expired: data.expired,
          flight: data.in_flight,
          b: strong,
          letters: (children) => (mayRead ? <Link to="/dead-letters">{children}</Link> : children),
        })}
      </span>
      <span className="ledger-lag">
        <Lag data={data} />
      </span>
      <span className="ledger-streams">
        {data.streams.silent === 0
          ? t('ledger.allHeard', { count: data.streams.heard })
          : t('ledger.silent', { count: data.streams.silent, all: data.streams.heard + data.streams.silent })}
      </span>
      {stale && <span className="ledger-stale">{t('ledger.asOf', { ago: ago(data.as_of) })}</span>}
    </>
  );
}

function Lag({ data: { lag_ms: ms, received } }: { data: LedgerCounts }) {
  const { t, number } = useI18n();
  if (ms === null) return received === 0 ? t('ledger.noLogs') : t('ledger.quiet', { minutes: QUIET_MINUTES });
  return <>{t('ledger.lag', { seconds: number(ms / 1000, ms < 10_000 ? 1 : 0) })}</>;
}
