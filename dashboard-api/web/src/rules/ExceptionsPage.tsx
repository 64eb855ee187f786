// Exceptions: what is left out of which rules, by whom, until when; and a new one with what it would have hidden.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Problem } from '../api/client';
import type { Preview, RuleSummary } from '../api/types';
import { titleIn } from '../alert/title';
import { useI18n } from '../i18n/i18n';
import type { PageProps } from '../pages';
import { go, usePlace } from '../route/route';
import { useMe } from '../session/session';
import { Button } from '../ui/Button';
import { Code } from '../ui/Code';
import { Fault, faultText } from '../ui/Fault';
import { Field } from '../ui/Field';
import { Link } from '../ui/Link';
import { useNow } from '../ui/now';
import { Skeleton } from '../ui/Skeleton';
import { When } from '../ui/When';
import { createRule, getRule, getRules, previewException } from './api';
import { draftException, logsourceOf } from './exception';
import { StageName } from './Pieces';
import '../styles/rules.css';

/** An exception that ends within this time is to be decided about. */
const SOON_MS = 14 * 24 * 3_600_000;

export function ExceptionsPage({ id }: PageProps) {
  return id === 'new' ? <NewException /> : <ExceptionList />;
}

function ExceptionList() {
  const { t } = useI18n();
  const { permissions } = useMe();
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ['rules', 'exceptions'],
    queryFn: ({ signal }) => getRules({ kind: 'exception', order: 'expires', limit: 500 }, signal),
  });
  useEffect(() => {
    document.title = t('rules.exceptions.page', { product: t('common.product') });
  }, [t]);
  return (
    <section className="rules" aria-label={t('rules.exceptions')}>
      <header className="rules-head">
        <h1>{t('rules.exceptions')}</h1>
        {permissions.includes('manage_exceptions') && (
          <Button kind="primary" onPress={() => go('/exceptions/new')}>
            {t('rules.exceptions.new')}
          </Button>
        )}
      </header>
      <p className="quiet">{t('rules.exceptions.what')}</p>
      {error && <Fault what={t('rules.failed')} error={error} onRetry={() => void refetch()} />}
      {isPending && <Skeleton rows={6} />}
      {data && data.items.length === 0 && (
        <div className="empty">
          <h2>{t('rules.exceptions.none')}</h2>
        </div>
      )}
      {data && data.items.length > 0 && <Rows items={data.items} />}
    </section>
  );
}

function Rows({ items }: { items: RuleSummary[] }) {
  const { t, language } = useI18n();
  return (
    // A box that scrolls must be reachable by the keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="made rules-rows" tabIndex={0} role="region" aria-label={t('rules.rows')}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t('rules.exception')}</th>
            <th scope="col">{t('rules.stage')}</th>
            <th scope="col">{t('rules.exceptions.rules')}</th>
            <th scope="col">{t('rules.agencies')}</th>
            <th scope="col">{t('rules.exceptions.owner')}</th>
            <th scope="col">{t('rules.exceptions.ticket')}</th>
            <th scope="col">{t('rules.exceptions.ends')}</th>
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <tr key={item.id}>
              <td>
                <Link to={`/rules/${encodeURIComponent(item.id)}`}>{item.title}</Link>
                {item.waits && <span className="badge">{t('rules.waits')}</span>}
              </td>
              <td>
                <StageName stage={item.stage} agencies={[]} />
              </td>
              <td>
                <ul>
                  {item.exception?.rules.map((rule) => (
                    <li key={rule.name}>
                      {rule.id === null ? (
                        <Code>{rule.name}</Code>
                      ) : (
                        <Link to={`/rules/${encodeURIComponent(rule.id)}`}>{titleIn(language, rule)}</Link>
                      )}
                    </li>
                  ))}
                </ul>
                {item.exception?.rules.length === 0 && t('rules.exceptions.anyRule')}
              </td>
              <td>
                {item.exception?.agencies.length ? (
                  <Code>{item.exception.agencies.join(', ')}</Code>
                ) : (
                  t('rules.exceptions.allAgencies')
                )}
              </td>
              <td>{item.exception?.owner}</td>
              <td>{item.exception?.ticket && <Code>{item.exception.ticket}</Code>}</td>
              <td>
                <Ends at={item.exception?.expires ?? null} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Ends({ at }: { at: number | null }) {
  const { t } = useI18n();
  const now = useNow();
  if (at === null) return <>{t('rules.exceptions.never')}</>;
  const left = at - now;
  return (
    <>
      <When ms={at} />
      {left < SOON_MS && (
        <span className="badge">{t(left < 0 ? 'rules.exceptions.over' : 'rules.exceptions.soon')}</span>
      )}
    </>
  );
}

/** From an alert the address brings its rule, agency and what matched; the rule says its log source. */
function NewException() {
  const { query } = usePlace();
  const rule = new URLSearchParams(query).get('rule');
  const { data, isLoading } = useQuery({
    queryKey: ['rule', rule],
    queryFn: ({ signal }) => getRule(rule ?? '', signal),
    enabled: rule !== null,
    retry: false,
  });
  if (isLoading) return <Skeleton rows={12} />;
  return <ExceptionForm query={query} logsource={data ? logsourceOf(data.content.text) : []} />;
}

function ExceptionForm({ query, logsource }: { query: string; logsource: string[] }) {
  const i18n = useI18n();
  const { t } = i18n;
  const { user } = useMe();
  const cache = useQueryClient();
  const [text, setText] = useState(() =>
    draftException(new URLSearchParams(query), {
      id: crypto.randomUUID(),
      owner: user,
      now: Date.now(),
      logsource,
    }),
  );
  const [note, setNote] = useState('');
  const [preview, setPreview] = useState<Preview | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    document.title = t('rules.exceptions.page', { product: t('common.product') });
  }, [t]);
  const said = (error: unknown) =>
    setFault(
      error instanceof Problem && error.code === 'rule_invalid'
        ? t('rules.fault.invalid', { why: error.message })
        : faultText(error, i18n),
    );
  const look = async () => {
    setBusy(true);
    setFault(null);
    await previewException(text).then(setPreview, said);
    setBusy(false);
  };
  const keep = async () => {
    setBusy(true);
    setFault(null);
    await createRule({ text, matching: '', missing: '', note }).then((made) => {
      void cache.invalidateQueries({ queryKey: ['rules'] });
      go(`/rules/${encodeURIComponent(made.id)}`);
    }, said);
    setBusy(false);
  };
  return (
    <section className="rules" aria-label={t('rules.exceptions.new')}>
      <Link to="/exceptions">{t('rules.exceptions')}</Link>
      <h1>{t('rules.exceptions.new')}</h1>
      <div className="exception-form">
        <Field
          label={t('rules.exceptions.text')}
          help={t('rules.exceptions.help')}
          rows={18}
          value={text}
          onChange={(next) => {
            setText(next);
            setPreview(null);
          }}
        />
        <Field label={t('rules.why')} value={note} onChange={setNote} maxLength={4000} />
        <div className="form-actions">
          <Button isPending={busy} onPress={() => void look()}>
            {t('rules.exceptions.preview')}
          </Button>
          <Button kind="primary" isPending={busy} onPress={() => void keep()}>
            {t('rules.saveNew')}
          </Button>
        </div>
        {fault && (
          <p className="field-error" role="alert">
            {fault}
          </p>
        )}
        <div role="status">{preview && <Hidden preview={preview} />}</div>
      </div>
    </section>
  );
}

function Hidden({ preview }: { preview: Preview }) {
  const { t } = useI18n();
  return (
    <>
      <p className={preview.true_positives > 0 ? 'bad' : undefined}>
        {t('rules.exceptions.hidden', {
          hidden: preview.hidden,
          looked: preview.looked,
          partly: preview.partly,
          attacks: preview.true_positives,
        })}
      </p>
      <ul className="trial-list">
        {preview.items.map((item) => (
          <li key={item.id}>
            <span>
              <When ms={item.created} /> <Code>{item.agency}</Code> <Code>{item.host}</Code>{' '}
              <Link to={`/alerts/${encodeURIComponent(item.id)}?state=any`}>
                <span lang="en">{item.title}</span>
              </Link>{' '}
              {item.verdict && <span className="badge">{t(`verdict.${item.verdict}`)}</span>}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
