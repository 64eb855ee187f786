// Everything that is known of a host, a user, an address, a hash or a domain.

import './entity.css';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { titleIn } from '../alert/title';
import { useI18n } from '../i18n/i18n';
import type { PageProps } from '../pages';
import { address, entityAddress } from '../route/route';
import { EMPTY, quoted, writeSearch } from '../search/filter';
import { AlertState } from '../ui/AlertState';
import { Code } from '../ui/Code';
import { Copy } from '../ui/Copy';
import { Fault } from '../ui/Fault';
import { Link } from '../ui/Link';
import { Severity } from '../ui/Severity';
import { Skeleton } from '../ui/Skeleton';
import { Exact, useAgo, When } from '../ui/When';
import {
  getDays,
  getEntity,
  getEntityAlerts,
  getEntityEvents,
  getRelated,
  KINDS,
  type Kind,
  type Profile,
} from './api';
import { Days } from './Days';

const DAY_MS = 86_400_000;
const DAYS = 30;
/** Events and what is related are read from this time. */
const RECENT_MS = 7 * DAY_MS;
const ROWS = 20;
const RISK_MAX = 100;

/** An entity stands in the address as its kind, a colon and its value. */
export function EntityPage({ id }: PageProps) {
  const { t } = useI18n();
  const colon = id?.indexOf(':') ?? -1;
  const kind = KINDS.find((each) => each === id?.slice(0, colon));
  const value = id?.slice(colon + 1);
  useEffect(() => {
    document.title = t('entity.page', { value: value ?? '', product: t('common.product') });
  }, [t, value]);
  if (!kind || !value) {
    return (
      <section className="entity">
        <div className="empty">
          <h1>{t('entity.which')}</h1>
          <p>{t('entity.whichHelp')}</p>
        </div>
      </section>
    );
  }
  return <Entity key={id} kind={kind} value={value} />;
}

function Entity({ kind, value }: { kind: Kind; value: string }) {
  const { t } = useI18n();
  const { data, error, refetch } = useQuery({
    queryKey: ['entity', kind, value],
    queryFn: ({ signal }) => getEntity(kind, value, signal),
  });
  return (
    <section className="entity" aria-label={value}>
      <header className="entity-head">
        <h1>
          <span className="quiet">{t(`entity.kind.${kind}`)}</span> <Code>{data?.value ?? value}</Code>
          <Copy text={data?.value ?? value} label={t('entity.copy')} />
        </h1>
        <Link
          to={address(
            '/search',
            writeSearch({ ...EMPTY, q: quoted(value), range: { from: '-7d', to: null } }),
          )}
        >
          {t('entity.search')}
        </Link>
      </header>
      {error && <Fault what={t('entity.failed')} error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Skeleton rows={10} />}
      {data && <Known profile={data} />}
    </section>
  );
}

function Known({ profile }: { profile: Profile }) {
  const { t, number } = useI18n();
  const ago = useAgo();
  const { kind, value } = profile;
  return (
    <>
      <dl className="facts entity-facts">
        <Fact label={t('entity.risk')}>
          <strong className="entity-risk">{number(profile.risk)}</strong>{' '}
          <span className="quiet">{t('entity.riskHelp', { most: RISK_MAX })}</span>
        </Fact>
        <Fact label={t('entity.alerts')}>{number(profile.alerts.total)}</Fact>
        <Fact label={t('entity.events')}>{number(profile.events)}</Fact>
        {profile.first !== null && profile.last !== null ? (
          <>
            <Fact label={t('entity.first')}>
              <Exact ms={profile.first} /> <span className="quiet">{ago(profile.first)}</span>
            </Fact>
            <Fact label={t('entity.last')}>
              <Exact ms={profile.last} /> <span className="quiet">{ago(profile.last)}</span>
            </Fact>
          </>
        ) : (
          <Fact label={t('entity.first')}>{t('entity.never')}</Fact>
        )}
      </dl>
      <Roles profile={profile} />
      <OverTime kind={kind} value={value} />
      <div className="entity-columns">
        <Alerts kind={kind} value={value} />
        <RelatedTo kind={kind} value={value} />
      </div>
      <Events kind={kind} value={value} />
    </>
  );
}

function Fact({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Roles({ profile }: { profile: Profile }) {
  const { t, number } = useI18n();
  if (profile.seen.length === 0) return null;
  return (
    <section>
      <h2>{t('entity.seenBy')}</h2>
      <table className="entity-table">
        <thead>
          <tr>
            <th scope="col">{t('entity.agency')}</th>
            <th scope="col">{t('entity.role')}</th>
            <th scope="col">{t('entity.events')}</th>
            <th scope="col">{t('entity.first')}</th>
            <th scope="col">{t('entity.last')}</th>
          </tr>
        </thead>
        <tbody>
          {profile.seen.map((seen) => (
            <tr key={`${seen.agency} ${seen.role}`}>
              <td>
                <Code>{seen.agency}</Code>
              </td>
              <td>{t(`entity.role.${seen.role}`)}</td>
              <td className="number">{number(seen.events)}</td>
              <td>
                <When ms={seen.first} />
              </td>
              <td>
                <When ms={seen.last} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface Props {
  kind: Kind;
  value: string;
}

/** The last so many milliseconds, reckoned once, so that a redraw asks nothing anew. */
function useLast(ms: number): { from: number; to: number } {
  const [to] = useState(() => Date.now());
  return { from: to - ms, to };
}

function OverTime({ kind, value }: Props) {
  const { t } = useI18n();
  const range = useLast(DAYS * DAY_MS);
  const { data, error, refetch } = useQuery({
    queryKey: ['entity', kind, value, 'days'],
    queryFn: ({ signal }) => getDays(kind, value, range, signal),
  });
  return (
    <section>
      {error && <Fault what={t('entity.failed')} error={error} onRetry={() => void refetch()} />}
      {data && <Days days={data.items} />}
      {data?.truncated && <p className="quiet">{t('entity.truncated')}</p>}
    </section>
  );
}

function Alerts({ kind, value }: Props) {
  const { t, language } = useI18n();
  const { data, error, refetch } = useQuery({
    queryKey: ['entity', kind, value, 'alerts'],
    queryFn: ({ signal }) => getEntityAlerts(kind, value, { limit: ROWS }, signal),
  });
  return (
    <section>
      <h2>{t('entity.alertsTitle')}</h2>
      {error && <Fault what={t('entity.failed')} error={error} onRetry={() => void refetch()} />}
      {data && data.items.length === 0 && <p className="quiet">{t('entity.noAlerts')}</p>}
      <ul className="entity-list">
        {data?.items.map((alert) => (
          <li key={alert.id}>
            <Severity id={alert.severity_id} />
            <Link to={`/alerts/${encodeURIComponent(alert.id)}?state=any`}>{titleIn(language, alert)}</Link>
            <AlertState state={alert.state} verdict={alert.verdict} />
            <When ms={alert.time} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function RelatedTo({ kind, value }: Props) {
  const { t, number } = useI18n();
  const range = useLast(RECENT_MS);
  const { data, error, refetch } = useQuery({
    queryKey: ['entity', kind, value, 'related'],
    queryFn: ({ signal }) => getRelated(kind, value, range, signal),
  });
  return (
    <section>
      <h2>{t('entity.related')}</h2>
      {error && <Fault what={t('entity.failed')} error={error} onRetry={() => void refetch()} />}
      {data && data.items.length === 0 && <p className="quiet">{t('entity.noRelated')}</p>}
      <ul className="entity-list">
        {data?.items.map((each) => (
          <li key={`${each.kind} ${each.role} ${each.value}`}>
            <span className="quiet">{t(`entity.role.${each.role}`)}</span>
            <Link to={entityAddress(each.kind, each.value)}>
              <Code>{each.value}</Code>
            </Link>
            <span className="number">{number(each.events)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Events({ kind, value }: Props) {
  const { t } = useI18n();
  const range = useLast(RECENT_MS);
  const { data, error, refetch } = useQuery({
    queryKey: ['entity', kind, value, 'events'],
    queryFn: ({ signal }) => getEntityEvents(kind, value, { ...range, limit: ROWS }, signal),
  });
  return (
    <section>
      <h2>{t('entity.timeline')}</h2>
      {error && <Fault what={t('entity.failed')} error={error} onRetry={() => void refetch()} />}
      {data && data.items.length === 0 && <p className="quiet">{t('entity.noEvents')}</p>}
      <ol className="entity-events">
        {data?.items.map((event) => (
          <li key={event.uid}>
            <When ms={event.time} />
            <Code>{event.host}</Code>
            <Code>{event.source}</Code>
            <span dir="ltr" translate="no" lang="en">
              {event.message || event.gist || event.raw}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
