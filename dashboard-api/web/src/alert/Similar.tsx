// Alerts like this one, and what they turned out to be.

import { useQuery } from '@tanstack/react-query';
import { getSimilar } from '../api/endpoints';
import { VERDICTS, type AlertDetail } from '../api/types';
import { useI18n } from '../i18n/i18n';
import { AlertState } from '../ui/AlertState';
import { Code } from '../ui/Code';
import { Fault } from '../ui/Fault';
import { Link } from '../ui/Link';
import { When } from '../ui/When';

/** How many are shown before being asked for the rest: those with most in common. */
const SHOWN = 6;

export function Similar({ alert }: { alert: AlertDetail }) {
  const { t, number } = useI18n();
  const { data, error, refetch } = useQuery({
    queryKey: ['alert', alert.id, 'similar'],
    queryFn: ({ signal }) => getSimilar(alert.id, signal),
    staleTime: 60_000,
  });
  return (
    <section>
      <h3>{t('similar.title')}</h3>
      {error && <Fault what={t('similar.failed')} error={error} onRetry={() => void refetch()} />}
      {data && data.total === 0 && <p className="quiet">{t('similar.none')}</p>}
      {data && data.total > 0 && (
        <>
          <p>
            {t('similar.total', { count: data.total })}{' '}
            {VERDICTS.filter((verdict) => data.verdicts[verdict]).map((verdict) => (
              <span key={verdict} className="tag">
                {t(`verdict.${verdict}`)} <strong>{number(data.verdicts[verdict]!)}</strong>
              </span>
            ))}
          </p>
          <ol className="similar">
            {data.items.slice(0, SHOWN).map((other) => (
              <li key={other.id}>
                <When ms={other.time} />
                <Link to={`/alerts/${encodeURIComponent(other.id)}?state=any`}>
                  <Code>{other.host || other.id.slice(0, 12)}</Code>
                </Link>
                <AlertState state={other.state} verdict={other.verdict} />
                {other.shares.length > 0 && (
                  <span className="quiet">
                    {other.shares.map((each) => t(`similar.shares.${each}`)).join(', ')}
                  </span>
                )}
                {other.reason && <q>{other.reason}</q>}
              </li>
            ))}
          </ol>
        </>
      )}
    </section>
  );
}
