// What happened, in one sentence of each language, with its values as links.

import { Fragment } from 'react';
import type { AlertDetail } from '../api/types';
import { useI18n, type Language } from '../i18n/i18n';
import { OPEN, writeFilter } from '../queue/filter';
import { address, entityAddress } from '../route/route';
import { EMPTY, writeSearch } from '../search/filter';
import { around } from '../time/range';
import { Code } from '../ui/Code';
import { Due } from '../ui/Due';
import { Link } from '../ui/Link';
import { Age, Exact } from '../ui/When';
import { splitByValues } from './highlight';

/** A link from an alert searches this far either side of it. */
export const AROUND_MS = 3_600_000;

export function Summary({ alert }: { alert: AlertDetail }) {
  const { t, language } = useI18n();
  const other: Language = language === 'bn' ? 'en' : 'bn';
  return (
    <section className="summary">
      <h3 className="hidden">{t('alert.summary')}</h3>
      <p className="summary-first" lang={language}>
        <Sentence alert={alert} text={alert.summary[language]} />
      </p>
      <p className="summary-second" lang={other}>
        <Sentence alert={alert} text={alert.summary[other]} />
      </p>
      <Facts alert={alert} />
    </section>
  );
}

function Sentence({ alert, text }: { alert: AlertDetail; text: string }) {
  const links = searches(alert);
  return splitByValues(text, [...links.keys()]).map(({ text: piece, isValue }, index) => (
    <Fragment key={index}>
      {isValue ? (
        <Link to={links.get(piece) ?? '/search'}>
          <Code>{piece}</Code>
        </Link>
      ) : (
        piece
      )}
    </Fragment>
  ));
}

/** Where each value of the sentence leads: the events that have it, around the alert. */
function searches(alert: AlertDetail): Map<string, string> {
  const base = { ...EMPTY, range: around(alert.time, AROUND_MS) };
  const links = new Map<string, string>();
  const add = (value: string | null, filter: typeof base) =>
    value && links.set(value, address('/search', writeSearch(filter)));
  add(alert.src_ip, { ...base, q: alert.src_ip ?? '' });
  add(alert.user, { ...base, q: alert.user ?? '', host: alert.host });
  add(alert.host, { ...base, host: alert.host });
  return links;
}

function Facts({ alert }: { alert: AlertDetail }) {
  const { t, number } = useI18n();
  const value = (text: string | null, kind?: 'host' | 'user' | 'ip') => {
    const to = text && kind ? entityAddress(kind, text) : undefined;
    return to ? (
      <Link to={to}>
        <Code>{text}</Code>
      </Link>
    ) : (
      <Code>{text}</Code>
    );
  };
  return (
    <dl className="facts">
      <Fact label={t('fact.time')} wide>
        <Exact ms={alert.time} />{' '}
        <span className="quiet">
          (<Age ms={alert.time} />)
        </span>
      </Fact>
      <Fact label={t('column.host')}>{value(alert.host, 'host')}</Fact>
      <Fact label={t('column.agency')}>{value(alert.agency)}</Fact>
      {alert.user && <Fact label={t('fact.user')}>{value(alert.user, 'user')}</Fact>}
      {alert.src_ip && <Fact label={t('fact.source')}>{value(alert.src_ip, 'ip')}</Fact>}
      <Fact label={t('column.count')}>{number(alert.event_count)}</Fact>
      {alert.last > alert.time && (
        <Fact label={t('fact.last')}>
          <Exact ms={alert.last} />
        </Fact>
      )}
      {alert.due !== null && (
        <Fact label={t('column.due')}>
          <Due ms={alert.due} />
        </Fact>
      )}
      <Fact label={t('risk.label')}>
        <span title={t('risk.title', { score: alert.risk_score })}>{number(alert.risk_score)}</span>
      </Fact>
      {alert.group_id && (
        <Fact label={t('fact.group')} wide>
          <Link to={address('/alerts', writeFilter({ ...OPEN, state: [], group: alert.group_id }))}>
            {t('group.show')}
          </Link>
        </Fact>
      )}
      {alert.attack.length > 0 && (
        <Fact label={t('fact.attack')} wide>
          <span className="tags">
            {alert.attack.map(({ tactic, technique, name }) => (
              <span key={`${tactic} ${technique}`} className="tag" title={name ?? undefined}>
                {tactic && <span lang="en">{tactic}</span>} {technique && <Code>{technique}</Code>}
              </span>
            ))}
          </span>
        </Fact>
      )}
    </dl>
  );
}

function Fact({ label, wide, children }: { label: string; wide?: boolean; children: React.ReactNode }) {
  return (
    <div className={wide ? 'fact-wide' : undefined}>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}
