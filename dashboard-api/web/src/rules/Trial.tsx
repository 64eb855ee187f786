// The rule tried: on the lines beside it, and on what happened within the last hour.

import { useState, type ReactNode } from 'react';
import type { Matches, RuleText, Tested } from '../api/types';
import { useI18n } from '../i18n/i18n';
import { useMe } from '../session/session';
import { Button } from '../ui/Button';
import { Code } from '../ui/Code';
import { Fault } from '../ui/Fault';
import { Field } from '../ui/Field';
import { Icon } from '../ui/Icon';
import { When } from '../ui/When';
import { matchesOf, testRule } from './api';

interface Props {
  now: RuleText;
  onChange: (change: (before: RuleText) => RuleText) => void;
  mayWrite: boolean;
  rule: string | null;
}

/** What was asked last: nothing yet, under way, an answer, or a failure. */
type Asked<T> =
  { kind: 'idle' } | { kind: 'busy' } | { kind: 'done'; answer: T } | { kind: 'failed'; error: unknown };

function useAsked<T>(ask: () => Promise<T>): [Asked<T>, () => void] {
  const [asked, setAsked] = useState<Asked<T>>({ kind: 'idle' });
  const run = () => {
    setAsked({ kind: 'busy' });
    ask().then(
      (answer) => setAsked({ kind: 'done', answer }),
      (error: unknown) => setAsked({ kind: 'failed', error }),
    );
  };
  return [asked, run];
}

export function Trial({ now, onChange, mayWrite }: Props) {
  const { t } = useI18n();
  const { permissions } = useMe();
  const [tested, test] = useAsked<Tested>(() => testRule(now));
  const [matched, match] = useAsked<Matches>(() => matchesOf(now.text));
  return (
    <div className="trial">
      <section aria-label={t('rules.tests')}>
        <h2>{t('rules.tests')}</h2>
        <Field
          label={t('rules.matching')}
          help={t('rules.linesHelp')}
          rows={6}
          value={now.matching}
          onChange={(matching) => onChange((before) => ({ ...before, matching }))}
          isReadOnly={!mayWrite}
        />
        <Field
          label={t('rules.missing')}
          rows={4}
          value={now.missing}
          onChange={(missing) => onChange((before) => ({ ...before, missing }))}
          isReadOnly={!mayWrite}
        />
        {mayWrite && (
          <Button onPress={test} isPending={tested.kind === 'busy'}>
            {t('rules.test')}
          </Button>
        )}
        <Answer
          asked={tested}
          failed={t('rules.testFailed')}
          show={(answer) => <TestAnswer tested={answer} />}
        />
      </section>
      {permissions.includes('read_events') && (
        <section aria-label={t('rules.lastHour')}>
          <h2>{t('rules.lastHour')}</h2>
          <Button onPress={match} isPending={matched.kind === 'busy'}>
            {t('rules.ask')}
          </Button>
          <Answer
            asked={matched}
            failed={t('rules.matchFailed')}
            show={(answer) => <MatchAnswer matches={answer} />}
          />
        </section>
      )}
    </div>
  );
}

interface AnswerProps<T> {
  asked: Asked<T>;
  failed: string;
  show: (answer: T) => ReactNode;
}

function Answer<T>({ asked, failed, show }: AnswerProps<T>) {
  return (
    <div role="status">
      {asked.kind === 'done' && show(asked.answer)}
      {asked.kind === 'failed' && <Fault what={failed} error={asked.error} />}
    </div>
  );
}

function TestAnswer({ tested }: { tested: Tested }) {
  const { t } = useI18n();
  const failed = tested.samples.filter(({ passes }) => !passes);
  return (
    <>
      <p className={tested.passes ? 'good' : 'bad'}>
        <Icon name={tested.passes ? 'check' : 'warning'} />{' '}
        {tested.samples.length === 0
          ? t('rules.noLines')
          : t('rules.testedCount', { count: tested.samples.length, failed: failed.length })}
      </p>
      {!tested.whole && tested.samples.length > 0 && <p className="quiet">{t('rules.notWhole')}</p>}
      <ul className="trial-list" lang="en">
        {tested.errors.map((error) => (
          <li key={error}>
            <Code>{error}</Code>
          </li>
        ))}
        {failed.map((sample) => (
          <li key={`${sample.kind} ${sample.line}`}>
            {t(sample.kind === 'match' ? 'rules.mustFire' : 'rules.mustNotFire', { line: sample.line })}
            {sample.why.map((why) => (
              <Code key={why}>{why}</Code>
            ))}
          </li>
        ))}
      </ul>
    </>
  );
}

function MatchAnswer({ matches }: { matches: Matches }) {
  const { t } = useI18n();
  return (
    <>
      <p>{t('rules.matched', { alerts: matches.alerts, read: matches.read })}</p>
      {matches.truncated && <p className="quiet">{t('rules.truncated')}</p>}
      <ul className="trial-list">
        {matches.samples.map((sample) => (
          <li key={`${sample.time} ${sample.host} ${sample.message}`}>
            <When ms={sample.time} /> <Code>{sample.agency}</Code> <Code>{sample.host}</Code>{' '}
            <span lang="en">{sample.message}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
